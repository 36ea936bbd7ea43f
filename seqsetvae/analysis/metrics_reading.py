"""Some thousand lines of a log as columns: plain lines many at a time, all others one by one through the codec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from seqsetvae.analysis.names import canonical
from seqsetvae.analysis.plain_lines import PlainLines
from seqsetvae.collapse.observation import PREFIX
from seqsetvae.logs.trail import Floats, Trail
from seqsetvae.stream.codec import MAX_STEP, MAX_TIME, BadLine, decode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.stream.resume import Resume
from seqsetvae.strict_json import decode

Ints = npt.NDArray[np.int64]

#: A line with this goes to the detector as it is.
_CHECK = f'"{PREFIX}kl"'.encode()
_REQUIRED = frozenset({"t", "step"})


@dataclass(slots=True)
class Block:
    """What some lines hold; places are those of lines in the block, and of bad lines there is nothing.

    Attributes:
        trail: Step, epoch (NaN where unknown) and unix second of each line, `[3, lines]`; NaN for a bad one.
        columns: For each metric that figures know, its places and values, in parts.
        records: Lines that were read one by one, by place.
        bad_lines: How many were no record.
    """

    trail: Floats
    columns: dict[str, list[tuple[Ints, Floats]]] = field(default_factory=dict)
    records: dict[int, MetricsRecord] = field(default_factory=dict)
    bad_lines: int = 0

    def points(self, name: str) -> tuple[Trail, Floats]:
        """Return where a metric's points lie, and their values, in the order of the log."""
        parts = self.columns[name]
        places, values = parts[0] if len(parts) == 1 else tuple(map(np.concatenate, zip(*parts, strict=True)))
        if len(parts) > 1:
            order = np.argsort(places, kind="stable")
            places, values = places[order], values[order]
        step, epoch, t = self.trail[:, places]
        return Trail(t=t, step=step, epoch=epoch), values


def block_of_lines(lines: Sequence[bytes], plain: PlainLines) -> Block:
    """Return what lines of `metrics.jsonl` hold, each with its newline; `plain` learns their keys."""
    block = Block(trail=np.full((3, len(lines)), np.nan))
    usual: list[int] = []
    odd: list[int] = []
    for place, line in enumerate(lines):
        (odd if b"[" in line or _CHECK in line else usual).append(place)
    table = plain.read([lines[place] for place in usual]) if usual else None
    if table is None or not _add_table(block, plain.names, table, np.array(usual)):
        odd += _add_groups(block, lines, usual, plain)
    _add_one_by_one(block, lines, sorted(odd))
    return block


def drop_superseded(block: Block, offsets: Ints, resumes: Sequence[Resume]) -> None:
    """Take out the points that a resumption made void; `offsets` are the lines' bytes in the file, `[lines]`."""
    step, _, t = block.trail
    void = np.zeros(len(step), dtype=np.bool_)
    for resume in resumes:
        before = t < resume.t if resume.metrics_bytes is None else offsets < resume.metrics_bytes
        void |= (step > resume.step) & before
    if not void.any():
        return
    block.records = {place: record for place, record in block.records.items() if not void[place]}
    for name, parts in block.columns.items():
        block.columns[name] = [(places[~void[places]], values[~void[places]]) for places, values in parts]


def _add_groups(block: Block, lines: Sequence[bytes], usual: Sequence[int], plain: PlainLines) -> list[int]:
    """Add lines by their keys; return the places of those that need a closer look."""
    odd: list[int] = []
    groups: dict[tuple[str, ...], tuple[list[object], list[int]]] = {}
    for place in usual:
        try:
            body = decode(lines[place])
        except ValueError:
            body = None
        if type(body) is not dict or any(type(value) is bool for value in body.values()):
            odd.append(place)  # numpy would take bools for numbers
            continue
        values, places = groups.setdefault(tuple(body), ([], []))
        values.extend(body.values())
        places.append(place)
    for keys, (values, places) in groups.items():
        table = _numbers(values, len(keys)) if _REQUIRED.issubset(keys) else None
        if table is not None and _add_table(block, keys, table, np.array(places)):
            plain.learn(keys)
        else:
            odd += places
    return odd


def _numbers(values: list[object], keys: int) -> Floats | None:
    """Return the values as a table, `[keys, lines]`, or None where not all are numbers."""
    try:
        numbers = np.array(values)
    except (ValueError, OverflowError):  # objects among the numbers, or whole numbers beyond all bounds
        return None
    if numbers.dtype.kind not in "fi" or numbers.ndim != 1:
        return None
    return numbers.astype(np.float64, copy=False).reshape(-1, keys).T


def _add_table(block: Block, keys: Sequence[str], table: Floats, index: Ints) -> bool:
    """Add lines, `[keys, lines]`; NaN is a number that a line lacks. False where a step or a time may be none."""
    rows = dict(zip(keys, table, strict=True))
    step, t, epoch = rows["step"], rows["t"], rows.get("epoch", np.full(len(index), np.nan))
    sound = (step >= 0) & (step <= MAX_STEP) & (step == np.floor(step)) & (np.abs(t) <= MAX_TIME)
    if not sound.all() or bool((np.abs(epoch) > MAX_TIME).any()):
        return False
    block.trail[:, index] = step, epoch, t
    for key, values in rows.items():
        if canonical(key) is None:
            continue
        there = values == values
        part = (index, values) if there.all() else (index[there], values[there])
        if len(part[0]):
            block.columns.setdefault(key, []).append(part)
    return True


def _add_one_by_one(block: Block, lines: Sequence[bytes], places: Iterable[int]) -> None:
    found: list[tuple[int, MetricsRecord]] = []
    for place in places:
        try:
            found.append((place, decode_metrics(lines[place])))
        except BadLine:
            block.bad_lines += 1
    _add_records(block, found)


def _add_records(block: Block, records: Iterable[tuple[int, MetricsRecord]]) -> None:
    points: dict[str, tuple[list[int], list[float]]] = {}
    for place, record in records:
        block.records[place] = record
        block.trail[:, place] = record.step, np.nan if record.epoch is None else record.epoch, record.t
        for name, value in record.values.items():
            if type(value) is float and canonical(name) is not None:
                places, values = points.setdefault(name, ([], []))
                places.append(place)
                values.append(value)
    for name, (places, values) in points.items():
        block.columns.setdefault(name, []).append((np.array(places), np.array(values)))
