"""Rows of a table, as arrays: what a part of a log holds of the chosen columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqsetvae.stream.records import MetricsRecord, Value
from tui.chart.scale import Floats
from tui.export.log_rows import LogRows, PlainRows
from tui.follow.columns import Ints

HEAD = ("step", "epoch", "t")
"""The first columns: optimizer step, fractional epoch (empty where unknown), unix seconds."""

_BESIDE = len(HEAD) - 1
"""Columns of cells before the first metric."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A metric, or one number of a metric that is a list; `label` is its unique, printable name."""

    metric: str
    place: int | None
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """Rows of a table, in the order of the log.

    Attributes:
        steps: Shape `[rows]`.
        cells: Epoch, time and metrics, shape `[rows, 2 + columns]`; they may be any float.
        empty: Which cells are empty, in the same shape; those hold NaN.
    """

    steps: Ints
    cells: Floats
    empty: npt.NDArray[np.bool_]


def block_of(rows: LogRows, columns: Sequence[Column]) -> Block:
    """The lines that hold a metric of the columns, a row each."""
    plain = rows.plain_places
    places = np.concatenate([plain, np.array([place for place, _ in rows.records], dtype=np.int64)])
    order = np.argsort(places)
    steps = np.zeros(len(places), dtype=np.int64)
    cells = np.full((len(places), _BESIDE + len(columns)), np.nan)
    if rows.plain is not None:
        _put_plain(rows.plain, columns, steps[: len(plain)], cells[: len(plain)])
    empty = np.isnan(cells)
    kept = ~empty[:, _BESIDE:].all(axis=1)
    wanted = {column.metric for column in columns}
    for row, (_, record) in enumerate(rows.records, start=len(plain)):
        kept[row] = not wanted.isdisjoint(record.values)
        if kept[row]:
            _put_record(record, columns, cells[row], empty[row])
            steps[row] = record.step
    order = order[kept[order]]
    return Block(steps=steps[order], cells=cells[order], empty=empty[order])


def _put_plain(plain: PlainRows, columns: Sequence[Column], steps: Ints, cells: Floats) -> None:
    steps[:] = plain.trail.step
    cells[:, 0], cells[:, 1] = plain.trail.epoch, plain.trail.t
    source = {key: place for place, key in enumerate(plain.keys)}
    for target, column in enumerate(columns, start=_BESIDE):
        if column.place is None and column.metric in source:
            cells[:, target] = plain.values[source[column.metric]]


def _put_record(record: MetricsRecord, columns: Sequence[Column], cells: Floats, empty: npt.NDArray[np.bool_]) -> None:
    found = [record.epoch, record.t, *(_cell(record.values.get(column.metric), column.place) for column in columns)]
    cells[:] = [np.nan if value is None else value for value in found]
    empty[:] = [value is None for value in found]


def _cell(value: Value | None, place: int | None) -> float | None:
    if value is None or isinstance(value, float):
        return value if place is None else None
    return value[place] if place is not None and place < len(value) else None
