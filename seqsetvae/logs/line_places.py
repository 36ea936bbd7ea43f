"""Where the lines of `metrics.jsonl` lie, without their metrics: in a third of the time of reading them."""

from __future__ import annotations

import msgspec
import numpy as np

from seqsetvae.logs.block import Block, Lines
from seqsetvae.logs.trail import Floats, Ints, Trail
from seqsetvae.stream.codec import BadLine, decode_metrics


class _Place(msgspec.Struct, gc=False):
    t: float
    step: float


class PlaceDecoder:
    """Decodes time and step of each line; what else a line holds is passed over."""

    def __init__(self) -> None:
        self._places = msgspec.json.Decoder(_Place)

    def decode(self, data: bytes, offset: int = 0, *, containing: bytes = b"") -> Block:
        """The lines that begin at byte `offset` of the file; see `LineDecoder`. Their metrics are left out."""
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
        found = None if containing else self._plain(data, len(ends))
        t, step, order = _one_by_one(data, containing) if found is None else (*found, np.arange(len(ends)))
        trail = Trail(t=t, step=step, epoch=np.full(len(t), np.nan))
        starts = offset + np.concatenate([np.zeros(1, np.int64), ends])
        return Block(lines=Lines(count=len(ends), trail=trail, order=order, starts=starts))

    def _plain(self, data: bytes, count: int) -> tuple[Floats, Floats] | None:
        """Times and steps of so many lines; None where one of them has to be read closely."""
        try:
            found = self._places.decode_lines(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        t = np.fromiter((place.t for place in found), dtype=np.float64, count=len(found))
        step = np.fromiter((place.step for place in found), dtype=np.float64, count=len(found))
        # A blank line is passed over there, and a step is any number.
        plain = len(found) == count and bool(((step >= 0) & (step == np.floor(step))).all())
        return (t, step) if plain else None


def _one_by_one(data: bytes, containing: bytes) -> tuple[Floats, Floats, Ints]:
    """Times, steps and numbers of the lines that are records."""
    kept: list[tuple[float, int, int]] = []
    for place, line in enumerate(data.split(b"\n")[:-1]):
        if containing not in line:
            continue
        try:
            record = decode_metrics(line)
        except BadLine:
            continue
        kept.append((record.t, record.step, place))
    t, step, order = zip(*kept, strict=True) if kept else ((), (), ())
    return np.array(t, np.float64), np.array(step, np.float64), np.array(order, np.int64)
