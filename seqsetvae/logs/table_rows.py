"""Rows of a table, as arrays: what a part of a log holds of the chosen columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.block import NO_LINES, Block
from seqsetvae.logs.trail import Flags, Floats, Ints

HEAD = ("step", "epoch", "t")
"""The first columns: optimizer step, fractional epoch (empty where unknown), unix seconds."""

_BESIDE = len(HEAD) - 1
"""Columns of cells before the first metric."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableColumn:
    """A metric, or one number of a metric that is a list; `label` is its unique, printable name."""

    metric: str
    place: int | None
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRows:
    """Rows of a table, in the order of the log.

    Attributes:
        steps: Shape `[rows]`.
        cells: Epoch, time and metrics, shape `[rows, 2 + columns]`; they may be any float.
        empty: Which cells are empty, in the same shape; those hold NaN.
    """

    steps: Ints
    cells: Floats
    empty: Flags


def rows_of(block: Block, columns: Sequence[TableColumn], most: int) -> Iterator[TableRows]:
    """The lines that hold a metric of the columns, a row each, at most so many rows at a time."""
    lines = block.lines or NO_LINES
    wanted = {column.metric for column in columns}
    held = [column.order for name, column in block.columns.items() if name in wanted]
    held += [column.order for name, column in block.vectors.items() if name in wanted]
    kept = np.unique(np.concatenate(held)) if held else np.empty(0, np.int64)
    places = np.searchsorted(lines.order, kept)
    for start in range(0, len(kept), most):
        part, at = kept[start : start + most], places[start : start + most]
        cells = np.full((len(part), _BESIDE + len(columns)), np.nan)
        empty = np.ones(cells.shape, dtype=np.bool_)
        cells[:, 0], cells[:, 1] = lines.trail.epoch[at], lines.trail.t[at]
        empty[:, 0], empty[:, 1] = np.isnan(cells[:, 0]), False
        _put_numbers(block, columns, part, cells[:, _BESIDE:], empty[:, _BESIDE:])
        _put_lists(block, columns, part, cells[:, _BESIDE:], empty[:, _BESIDE:])
        yield TableRows(steps=lines.trail.step[at].astype(np.int64), cells=cells, empty=empty)


def _put_numbers(block: Block, columns: Sequence[TableColumn], kept: Ints, cells: Floats, empty: Flags) -> None:
    for target, column in enumerate(columns):
        source = block.columns.get(column.metric) if column.place is None else None
        if source is not None:
            part = _part_of(source.order, kept)
            rows = np.searchsorted(kept, source.order[part])
            cells[rows, target] = source.values[part]
            empty[rows, target] = False


def _put_lists(block: Block, columns: Sequence[TableColumn], kept: Ints, cells: Floats, empty: Flags) -> None:
    for metric in dict.fromkeys(column.metric for column in columns if column.place is not None):
        source = block.vectors.get(metric)
        if source is None:
            continue
        targets = [target for target, column in enumerate(columns) if column.metric == metric]
        sources = np.array([columns[target].place for target in targets], np.int64)
        part = _part_of(source.order, kept)
        rows = np.searchsorted(kept, source.order[part]).tolist()
        for row, values in zip(rows, source.rows[part], strict=True):
            there = sources < len(values)
            cells[row, np.array(targets)[there]] = values[sources[there]]
            empty[row, np.array(targets)[there]] = False


def _part_of(order: Ints, kept: Ints) -> slice:
    """The points of a column that stand in neighbouring rows; all of the column's lines are among the rows."""
    return slice(int(np.searchsorted(order, kept[0])), int(np.searchsorted(order, kept[-1], side="right")))
