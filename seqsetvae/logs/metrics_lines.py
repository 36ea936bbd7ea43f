"""Lines of `metrics.jsonl` to columns of numbers, many lines at a time.

Plain lines, of known keys and finite numbers, become one table together. Those that are not are grouped
by their keys and converted together. Whatever is out of the ordinary there (a NaN, a list, a word, a negative step)
sends its lines, one by one, through the codec, so that all ways read the same lines alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.block import BAD_LINES, Block, Column, Lines, VectorColumn
from seqsetvae.logs.plain_rows import RowReader
from seqsetvae.logs.trail import NO_TRAIL, Floats, Ints, Trail
from seqsetvae.stream.codec import MAX_STEP, MAX_TIME, RESERVED, BadLine, decode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.strict_json import decode

_SMALL = 64
"""Lines of which one that is not plain has all of them read the slow way; more are halved first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Table:
    """Rows: their places in the block, where they lie, and `[metrics, rows]`.

    In a table with `holes`, NaN stands for a metric that the line lacks.
    """

    order: Ints
    trail: Trail
    names: tuple[str, ...]
    values: Floats
    holes: bool = False


class LineDecoder:
    """Decodes the lines of one file; learns their keys as it goes.

    Args:
        rows: what reads plain lines, if it knows some keys already.
    """

    def __init__(self, rows: RowReader | None = None) -> None:
        self._rows = rows or RowReader()

    def decode(self, data: bytes, offset: int = 0, *, containing: bytes = b"") -> Block:
        """The numbers in whole lines that begin at byte `offset` of the file; lines without `containing` are left out.

        Of the block, only what comes from the lines is filled in.
        """
        ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")) + 1
        decoding = _BlockDecoding(self._rows)
        if containing:
            wanted = [place for place, line in enumerate(data.split(b"\n")) if containing in line]
            tables = decoding.sorted_out(data, ends, wanted)
        else:
            tables = decoding.all_lines(data, ends)
        tables = [table for table in tables if len(table.order)]
        trail, order = _joined(tables)
        return Block(
            columns=_columns(tables),
            vectors=decoding.vector_columns(),
            lines=Lines(
                count=len(ends), trail=trail, order=order, starts=offset + np.concatenate([np.zeros(1, np.int64), ends])
            ),
            ignored=decoding.ignored,
            damaged={BAD_LINES: decoding.bad} if decoding.bad else {},
        )


class _BlockDecoding:
    """The lines of one block on their way."""

    def __init__(self, rows: RowReader) -> None:
        self._rows = rows
        self._vectors: list[tuple[int, str, MetricsRecord, Floats]] = []
        self.bad = 0
        self.ignored = 0

    def all_lines(self, data: bytes, ends: Ints) -> list[_Table]:
        """Tables from whole lines, which end at `ends`."""
        values = self._rows.read(data, ends)
        table = None if values is None else _plain_table(self._rows.keys, values, np.arange(len(ends)))
        if table is not None:
            return [table]
        return self.sorted_out(data, ends, range(len(ends)))

    def sorted_out(self, data: bytes, ends: Ints, places: Sequence[int]) -> list[_Table]:
        """Tables from lines of which some are not plain: those that show it are read apart, the others are halved."""
        lines, marked = data.split(b"\n"), _with_lists_or_words(data, ends)
        plain = [place for place in places if place not in marked]
        odd = [place for place in places if place in marked]
        tables = self._closely(lines, odd) if odd else []
        waiting = [plain] if plain else []
        while waiting:
            places = waiting.pop()
            values = self._rows.read(b"\n".join([lines[place] for place in places]) + b"\n")
            table = _plain_table(self._rows.keys, values, np.array(places)) if values is not None else None
            if table is not None:
                tables.append(table)
            elif len(places) <= _SMALL:
                tables.extend(self._closely(lines, places))
            else:
                middle = len(places) // 2
                waiting += [places[middle:], places[:middle]]
        return tables

    def vector_columns(self) -> dict[str, VectorColumn]:
        """The lists, by metric, in the order of the log."""
        found: dict[str, list[tuple[int, str, MetricsRecord, Floats]]] = {}
        for vector in sorted(self._vectors, key=lambda vector: vector[0]):
            found.setdefault(vector[1], []).append(vector)
        return {
            name: VectorColumn(
                trail=_trail_of_records([record for _, _, record, _ in vectors]),
                rows=tuple(values for *_, values in vectors),
                order=np.array([place for place, *_ in vectors]),
            )
            for name, vectors in found.items()
        }

    def _closely(self, lines: list[bytes], places: Sequence[int]) -> list[_Table]:
        """Tables from the lines at these places, through a parser of any JSON; their keys are learnt."""
        tables: list[_Table] = []
        for keys, values, group in self._grouped(lines, places):
            has_bools = any(type(value) is bool for value in values)  # numpy would take them for numbers
            table = None if has_bools else _table(keys, values, group)
            if table is not None:
                tables.append(table)
                self._rows.learn(keys)
            else:
                tables.extend(self._one_by_one(lines, group))
        return tables

    def _grouped(
        self, lines: list[bytes], places: Sequence[int]
    ) -> list[tuple[tuple[str, ...], list[object], list[int]]]:
        """Parsed lines by their keys: the keys, the values of all rows one after the other, and the lines' places."""
        groups: dict[tuple[str, ...], tuple[list[object], list[int]]] = {}
        for place in places:
            try:
                body = decode(lines[place])
            except ValueError:
                self.bad += 1
                continue
            if type(body) is not dict:
                self.bad += 1
                continue
            keys = tuple(body)
            group = groups.get(keys)
            if group is None:
                group = groups[keys] = ([], [])
            group[0].extend(body.values())
            group[1].append(place)
        return [(keys, values, group) for keys, (values, group) in groups.items()]

    def _one_by_one(self, lines: list[bytes], places: list[int]) -> list[_Table]:
        """Tables from lines that the codec decides on; neighbours with the same metrics share one."""
        groups: dict[tuple[str, ...], tuple[list[MetricsRecord], list[list[float]], list[int]]] = {}
        for place in places:
            try:
                record = decode_metrics(lines[place])
            except BadLine:
                self.bad += 1
                continue
            self.ignored += len(record.ignored)
            scalars = {name: value for name, value in record.values.items() if isinstance(value, float)}
            for name, value in record.values.items():
                if not isinstance(value, float):
                    self._vectors.append((place, name, record, np.array(value)))
            records, rows, group = groups.setdefault(tuple(scalars), ([], [], []))
            records.append(record)
            rows.append(list(scalars.values()))
            group.append(place)
        return [
            _Table(
                order=np.array(group),
                trail=_trail_of_records(records),
                names=names,
                values=np.array(rows).reshape(len(rows), len(names)).T,
            )
            for names, (records, rows, group) in groups.items()
        ]


def _with_lists_or_words(data: bytes, ends: Ints) -> frozenset[int]:
    """The lines, which end at `ends`, that hold the beginning of a list or of a word."""
    text = np.frombuffer(data, dtype=np.uint8)
    colons = np.flatnonzero(text[:-1] == ord(":"))
    words = colons[text[colons + 1] == ord('"')]
    marks = np.concatenate([np.flatnonzero(text == ord("[")), words])
    return frozenset(np.searchsorted(ends, marks, side="right").tolist())


def _plain_table(keys: tuple[str, ...], values: Floats, order: Ints) -> _Table | None:
    """A table with holes, from numbers of the shape `[keys, lines]`; None when a step is none."""
    trail = _trail_of(keys, values)
    if trail is None:
        return None
    kept = [place for place, key in enumerate(keys) if key not in RESERVED]
    names = tuple(keys[place] for place in kept)
    return _Table(order=order, trail=trail, names=names, values=values[kept], holes=True)


def _table(keys: tuple[str, ...], values: list[object], places: list[int]) -> _Table | None:
    """The values as an array, or None when the codec must decide."""
    if "t" not in keys or "step" not in keys:
        return None
    try:
        flat = np.array(values)
    except (ValueError, OverflowError):  # lists among the numbers, or whole numbers beyond all bounds
        return None
    if flat.dtype.kind not in "fi" or flat.ndim != 1:
        return None
    array = flat.astype(np.float64, copy=False).reshape(len(places), len(keys))
    trail = _trail_of(keys, array.T)
    if trail is None:
        return None
    kept = [place for place, key in enumerate(keys) if key not in RESERVED]
    return _Table(order=np.array(places), trail=trail, names=tuple(keys[place] for place in kept), values=array.T[kept])


def _trail_of(keys: tuple[str, ...], values: Floats) -> Trail | None:
    """Where the lines lie, from numbers of the shape `[keys, lines]`; None when the codec refuses one of them."""
    t, steps = values[keys.index("t")], values[keys.index("step")]
    if not ((steps >= 0) & (steps <= MAX_STEP) & (steps == np.floor(steps)) & (np.abs(t) <= MAX_TIME)).all():
        return None
    if "epoch" not in keys:
        return Trail(t=t, step=steps, epoch=np.full(len(t), np.nan))
    epoch = values[keys.index("epoch")]
    return None if (np.abs(epoch) > MAX_TIME).any() else Trail(t=t, step=steps, epoch=epoch)


def _trail_of_records(records: list[MetricsRecord]) -> Trail:
    return Trail(
        t=np.array([record.t for record in records]),
        step=np.array([float(record.step) for record in records]),
        epoch=np.array([np.nan if record.epoch is None else record.epoch for record in records]),
    )


def _joined(tables: list[_Table]) -> tuple[Trail, Ints]:
    """Where the lines of all tables lie, and their numbers, in the order of the log."""
    if not tables:
        return NO_TRAIL, np.empty(0, np.int64)
    if len(tables) == 1:
        return tables[0].trail, tables[0].order
    return _in_order([(table.trail, table.order) for table in tables])[:2]


def _in_order(parts: list[tuple[Trail, Ints]]) -> tuple[Trail, Ints, Ints]:
    """Parts put together in the order of the log: trail, line numbers, and where each came from."""
    lines = np.concatenate([order for _, order in parts])
    order = np.argsort(lines, kind="stable")
    trail = Trail(
        t=np.concatenate([trail.t for trail, _ in parts])[order],
        step=np.concatenate([trail.step for trail, _ in parts])[order],
        epoch=np.concatenate([trail.epoch for trail, _ in parts])[order],
    )
    return trail, lines[order], order


def _columns(tables: list[_Table]) -> dict[str, Column]:
    """The columns of all tables together, metric by metric, in the order of the log."""
    owners: dict[str, list[Column]] = {}
    for table in tables:
        for place, name in enumerate(table.names):
            column = _column(table, place)
            if len(column.values):
                owners.setdefault(name, []).append(column)
    return {name: parts[0] if len(parts) == 1 else _together(parts) for name, parts in owners.items()}


def _column(table: _Table, place: int) -> Column:
    values = table.values[place]
    if table.holes:
        there = values == values
        if not there.all():
            return Column(trail=table.trail.take(there), values=values[there], order=table.order[there])
    return Column(trail=table.trail, values=values, order=table.order)


def _together(parts: list[Column]) -> Column:
    trail, lines, order = _in_order([(part.trail, part.order) for part in parts])
    return Column(trail=trail, values=np.concatenate([part.values for part in parts])[order], order=lines)
