"""Lines of `metrics.jsonl` to columns of numbers, many lines at a time.

Plain lines, of known keys and finite numbers, become one table without a look at each. Those that are not are grouped
by their keys and converted together. Whatever is out of the ordinary there (a NaN, a list, a word, a negative step)
sends its lines, one by one, through the codec, so that all ways take the same lines for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from seqsetvae.logs.buckets import Trail
from seqsetvae.logs.tailer import Chunk
from seqsetvae.stream.codec import MAX_STEP, MAX_TIME, RESERVED, BadLine, decode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.stream.resume import Resume, is_superseded
from seqsetvae.strict_json import decode
from tui.chart.scale import Floats
from tui.close_up.log_index import Reach, Stretch
from tui.follow.rows import RowReader

Ints = npt.NDArray[np.int64]

_SMALL = 64
"""Lines of which one that is not plain has all of them read the slow way; more are halved first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorRecord:
    """One list of one line."""

    name: str
    place: int
    t: float
    step: int
    values: Floats


@dataclass(kw_only=True, slots=True)
class Batch:
    """What a chunk of lines held.

    `scalars` maps a metric to its points in the order of the log, `stretch` tells where in the log they stand.
    """

    scalars: dict[str, tuple[Trail, Floats]] = field(default_factory=dict)
    vectors: list[VectorRecord] = field(default_factory=list)
    times: Floats = field(default_factory=lambda: np.empty(0))
    lines: int = 0
    bad_lines: int = 0
    ignored_values: int = 0
    superseded: int = 0
    last_t: float | None = None
    last_step: int = 0
    last_epoch: float | None = None
    stretch: Stretch = field(default_factory=lambda: Stretch(start=0, end=0))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """Rows: their places in the chunk, when they were written, and `[metrics, rows]`.

    In a table with `holes`, NaN stands for a metric that the line lacks.
    """

    index: Ints
    trail: Trail
    names: tuple[str, ...]
    values: Floats
    holes: bool = False


def decode_chunk(chunk: Chunk, resumes: Sequence[Resume] = (), rows: RowReader | None = None) -> Batch:
    """The numbers in a chunk of whole lines; points that a resumption made void are counted and left out.

    `rows` is what reads plain lines; keep one for a file, so that its keys are learnt once.
    """
    rows = RowReader() if rows is None else rows
    batch = Batch(bad_lines=chunk.long_lines)
    values = rows.read(chunk.data)
    table = None if values is None else _plain_table(rows.keys, values, np.arange(values.shape[1]))
    if table is not None:
        batch.lines = len(table.index)
        tables = [table]
    else:
        lines = chunk.lines
        batch.lines = len(lines)
        tables = _sorted_out(lines, batch, rows)
    batch.vectors.sort(key=lambda vector: vector.place)
    if resumes:
        offsets = chunk.offset + np.cumsum([0, *(len(line) + 1 for line in chunk.lines)])
        tables = [_without_superseded(table, offsets, resumes, batch) for table in tables]
        batch.vectors = [
            vector
            for vector in batch.vectors
            if not is_superseded(resumes, step=vector.step, t=vector.t, offset=int(offsets[vector.place]))
        ]
    _gather(tables, batch)
    batch.stretch = Stretch(start=chunk.offset, end=chunk.next_offset, reach=_reach(tables))
    return batch


def _sorted_out(lines: list[bytes], batch: Batch, rows: RowReader) -> list[_Table]:
    """Tables from lines of which some are not plain: those that show it are taken out, the others are halved."""
    plain: list[int] = []
    odd: list[int] = []
    for place, line in enumerate(lines):
        (odd if b"[" in line or b':"' in line else plain).append(place)
    tables = _closely(lines, odd, batch, rows) if odd else []
    waiting = [plain] if plain else []
    while waiting:
        places = waiting.pop()
        values = rows.read(b"\n".join([lines[place] for place in places]) + b"\n")
        table = _plain_table(rows.keys, values, np.array(places)) if values is not None else None
        if table is not None:
            tables.append(table)
        elif len(places) <= _SMALL:
            tables.extend(_closely(lines, places, batch, rows))
        else:
            middle = len(places) // 2
            waiting += [places[middle:], places[:middle]]
    return tables


def _plain_table(keys: tuple[str, ...], values: Floats, index: Ints) -> _Table | None:
    """A table with holes, from numbers of the shape `[keys, lines]`; None when a step is none."""
    trail = trail_of(keys, values)
    if trail is None:
        return None
    kept = [place for place, key in enumerate(keys) if key not in RESERVED]
    return _Table(
        index=index,
        trail=trail,
        names=tuple(keys[place] for place in kept),
        values=values[kept],
        holes=True,
    )


def _closely(lines: list[bytes], places: Sequence[int], batch: Batch, rows: RowReader) -> list[_Table]:
    """Tables from the lines at these places, through a parser that takes any JSON; `rows` learns their keys."""
    tables: list[_Table] = []
    for keys, values, index in _grouped(lines, places, batch):
        has_bools = any(type(value) is bool for value in values)  # numpy would take them for numbers
        table = None if has_bools else _table(keys, values, index)
        if table is not None:
            tables.append(table)
            rows.learn(keys)
        else:
            tables.extend(_one_by_one(lines, index, batch))
    return tables


def _grouped(
    lines: list[bytes], places: Sequence[int], batch: Batch
) -> list[tuple[tuple[str, ...], list[object], list[int]]]:
    """Parsed lines by their keys: the keys, the values of all rows one after the other, and the lines' places."""
    groups: dict[tuple[str, ...], tuple[list[object], list[int]]] = {}
    parse = decode
    for place in places:
        try:
            body = parse(lines[place])
        except ValueError:
            batch.bad_lines += 1
            continue
        if type(body) is not dict:
            batch.bad_lines += 1
            continue
        keys = tuple(body)
        group = groups.get(keys)
        if group is None:
            group = groups[keys] = ([], [])
        group[0].extend(body.values())
        group[1].append(place)
    return [(keys, values, index) for keys, (values, index) in groups.items()]


def _table(keys: tuple[str, ...], values: list[object], index: list[int]) -> _Table | None:
    """The values as an array, or None when they need a closer look."""
    if "t" not in keys or "step" not in keys:
        return None
    try:
        flat = np.array(values)
    except (ValueError, OverflowError):  # lists among the numbers, or whole numbers beyond all bounds
        return None
    if flat.dtype.kind not in "fi" or flat.ndim != 1:
        return None
    array = flat.astype(np.float64, copy=False).reshape(len(index), len(keys))
    trail = trail_of(keys, array.T)
    if trail is None:
        return None
    kept = [place for place, key in enumerate(keys) if key not in RESERVED]
    return _Table(
        index=np.array(index),
        trail=trail,
        names=tuple(keys[place] for place in kept),
        values=array.T[kept],
    )


def trail_of(keys: tuple[str, ...], values: Floats) -> Trail | None:
    """Where the lines lie, from numbers of the shape `[keys, lines]`; None when the codec refuses one of them."""
    t, steps = values[keys.index("t")], values[keys.index("step")]
    if not ((steps >= 0) & (steps <= MAX_STEP) & (steps == np.floor(steps)) & (np.abs(t) <= MAX_TIME)).all():
        return None
    if "epoch" not in keys:
        return Trail(t=t, step=steps, epoch=np.full(len(t), np.nan))
    epoch = values[keys.index("epoch")]
    return None if (np.abs(epoch) > MAX_TIME).any() else Trail(t=t, step=steps, epoch=epoch)


def _one_by_one(lines: list[bytes], index: list[int], batch: Batch) -> list[_Table]:
    """Tables from lines that the codec decides on; neighbours with the same metrics share one."""
    groups: dict[tuple[str, ...], tuple[list[MetricsRecord], list[list[float]], list[int]]] = {}
    for place in index:
        try:
            record = decode_metrics(lines[place])
        except BadLine:
            batch.bad_lines += 1
            continue
        batch.ignored_values += len(record.ignored)
        scalars = {name: value for name, value in record.values.items() if isinstance(value, float)}
        for name, value in record.values.items():
            if not isinstance(value, float):
                batch.vectors.append(
                    VectorRecord(name=name, place=place, t=record.t, step=record.step, values=np.array(value))
                )
        records, rows, places = groups.setdefault(tuple(scalars), ([], [], []))
        records.append(record)
        rows.append(list(scalars.values()))
        places.append(place)
    return [_record_table(names, *group) for names, group in groups.items()]


def _record_table(
    names: tuple[str, ...], records: list[MetricsRecord], rows: list[list[float]], places: list[int]
) -> _Table:
    return _Table(
        index=np.array(places),
        trail=Trail(
            t=np.array([record.t for record in records]),
            step=np.array([float(record.step) for record in records]),
            epoch=np.array([np.nan if record.epoch is None else record.epoch for record in records]),
        ),
        names=names,
        values=np.array(rows).reshape(len(rows), len(names)).T,
    )


def _without_superseded(table: _Table, offsets: Ints, resumes: Sequence[Resume], batch: Batch) -> _Table:
    void = superseded(table.trail, offsets[table.index], resumes)
    if not void.any():
        return table
    batch.superseded += int(void.sum())
    kept = ~void
    return replace(table, index=table.index[kept], trail=table.trail.take(kept), values=table.values[:, kept])


def superseded(trail: Trail, offsets: Ints, resumes: Sequence[Resume]) -> npt.NDArray[np.bool_]:
    """Which points a resumption made void; `offsets` are their lines' in the file."""
    void = np.zeros(len(trail), dtype=np.bool_)
    for resume in resumes:
        before = trail.t < resume.t if resume.metrics_bytes is None else offsets < resume.metrics_bytes
        void |= (trail.step > resume.step) & before
    return void


def _gather(tables: list[_Table], batch: Batch) -> None:
    """Put the columns of all tables together, metric by metric, in the order of the log."""
    tables = [table for table in tables if len(table.index)]
    if not tables:
        return
    owners: dict[str, list[tuple[_Table, int]]] = {}
    for table in tables:
        for column, name in enumerate(table.names):
            owners.setdefault(name, []).append((table, column))
    for name, parts in owners.items():
        trail, values = _column(parts)
        if len(values):
            batch.scalars[name] = trail, values
    newest = max(tables, key=lambda table: int(table.index[-1]))
    batch.last_t, batch.last_step = float(newest.trail.t[-1]), int(newest.trail.step[-1])
    order = np.argsort(np.concatenate([table.index for table in tables]))
    batch.times = np.concatenate([table.trail.t for table in tables])[order]
    epochs = np.concatenate([table.trail.epoch for table in tables])[order]
    known = np.flatnonzero(np.isfinite(epochs))
    batch.last_epoch = float(epochs[known[-1]]) if len(known) else None


def _reach(tables: list[_Table]) -> Reach:
    reach = Reach()
    for table in tables:
        reach = reach.joined(Reach.of(table.trail))
    return reach


def _column(parts: list[tuple[_Table, int]]) -> tuple[Trail, Floats]:
    """One metric's points, in the order of the log."""
    points = [_points(table, column) for table, column in parts]
    if len(points) == 1:
        return points[0][1:]
    order = np.argsort(np.concatenate([index for index, _, _ in points]), kind="stable")
    trail = Trail(
        t=np.concatenate([trail.t for _, trail, _ in points]),
        step=np.concatenate([trail.step for _, trail, _ in points]),
        epoch=np.concatenate([trail.epoch for _, trail, _ in points]),
    )
    return trail.take(order), np.concatenate([values for _, _, values in points])[order]


def _points(table: _Table, column: int) -> tuple[Ints, Trail, Floats]:
    values = table.values[column]
    if table.holes:
        there = values == values
        if not there.all():
            return table.index[there], table.trail.take(there), values[there]
    return table.index, table.trail, values
