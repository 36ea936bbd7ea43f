"""When the lines of a stretch of `metrics.jsonl` were written, at which steps, and where each line ends."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt

from seqsetvae.stream.codec import BadLine, decode_metrics
from tui.chart.scale import Floats

Ints = npt.NDArray[np.int64]


class _Head(msgspec.Struct, gc=False):
    t: float
    step: float


_HEADS = msgspec.json.Decoder(_Head)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heads:
    """The records of whole lines, in the order of the log: unix seconds, steps, and the byte after each line.

    All have the shape `[records]`; `end` counts from the first byte of the stretch. Lines that are no record are
    left out.
    """

    t: Floats
    step: Floats
    end: Ints


def heads_of(data: bytes) -> Heads:
    """The heads of whole lines; what else a line holds is passed over, in a third of the time of reading it."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
    try:
        found = _HEADS.decode_lines(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _one_by_one(data, ends)
    t = np.fromiter((head.t for head in found), dtype=np.float64, count=len(found))
    step = np.fromiter((head.step for head in found), dtype=np.float64, count=len(found))
    # A blank line is passed over there, and a step is any number; what is not plain gets a closer look.
    if len(found) != len(ends) or (step < 0).any() or (step != np.floor(step)).any():
        return _one_by_one(data, ends)
    return Heads(t=t, step=step, end=ends)


def _one_by_one(data: bytes, ends: Ints) -> Heads:
    kept: list[tuple[float, float, int]] = []
    for line, end in zip(data.split(b"\n"), ends.tolist(), strict=False):
        try:
            record = decode_metrics(line)
        except BadLine:
            continue
        kept.append((record.t, float(record.step), end))
    t, step, end_of = zip(*kept, strict=True) if kept else ((), (), ())
    return Heads(t=np.array(t, dtype=np.float64), step=np.array(step, dtype=np.float64), end=np.array(end_of, np.int64))
