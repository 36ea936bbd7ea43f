"""Points to lines: what was logged together is one line, as in a log of this package."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from seqsetvae.logs.block import Block, Column, Lines
from seqsetvae.logs.trail import Trail
from seqsetvae.stream.codec import MAX_TIME
from seqsetvae.stream.records import MetricsRecord, Value

NEAR = 1.0
"""Seconds within which points of one step make one line, with the time of the first: one call logs them in less."""

_MOST = 4096
"""Values of one line at most; readers pass over lines of more than 2 MiB."""

_Point = tuple[str, float, float, float, float]
"""Metric, unix seconds, step, epoch and value."""


class LineMerger:
    """Puts points of one step that come one after the other into lines. The last line stays open until the next block.

    Blocks of a log that has lines are left as they are.
    """

    def __init__(self) -> None:
        self._open: list[_Point] = []

    def feed(self, block: Block) -> Block:
        """The block, with the lines that are whole now in the place of its points."""
        if block.lines is not None:
            return block
        points = [*self._open, *_in_order(block)]
        rows = _rows_of(points)
        whole = rows.index(rows[-1]) if rows else 0
        self._open = points[whole:]
        return _with_lines(block, points[:whole], rows[:whole])

    def rest(self) -> Block:
        """The line that is still open, if there is one."""
        points, self._open = self._open, []
        return _with_lines(Block(), points, [0] * len(points))


def records_of(block: Block) -> Iterator[MetricsRecord]:
    """The lines of a block that has lines, those with values."""
    if block.lines is None:
        return
    values: dict[int, dict[str, Value]] = {}
    for name, column in block.columns.items():
        for line, value in zip(column.order.tolist(), column.values.tolist(), strict=True):
            values.setdefault(line, {})[name] = value
    for name, vectors in block.vectors.items():
        for line, row in zip(vectors.order.tolist(), vectors.rows, strict=True):
            values.setdefault(line, {})[name] = tuple(row.tolist())
    trail = block.lines.trail
    places = np.searchsorted(block.lines.order, np.array(sorted(values), np.int64)).tolist()
    for place, line in zip(places, sorted(values), strict=True):
        epoch = float(trail.epoch[place])
        yield MetricsRecord(
            t=float(trail.t[place]),
            step=int(trail.step[place]),
            epoch=epoch if abs(epoch) <= MAX_TIME else None,
            values=values[line],
        )


def _in_order(block: Block) -> Iterable[_Point]:
    """The points of a block, in the order of the log."""
    columns = tuple(block.columns.values())
    if not columns:
        return ()
    names = tuple(block.columns)
    order = np.argsort(np.concatenate([column.order for column in columns]), kind="stable")
    owners = np.repeat(np.arange(len(columns)), [len(column.values) for column in columns])[order].tolist()
    t = np.concatenate([column.t for column in columns])[order].tolist()
    step = np.concatenate([column.step for column in columns])[order].tolist()
    epoch = np.concatenate([column.epoch for column in columns])[order].tolist()
    values = np.concatenate([column.values for column in columns])[order].tolist()
    return zip([names[owner] for owner in owners], t, step, epoch, values, strict=True)


def _rows_of(points: list[_Point]) -> list[int]:
    """The number of the line of each point."""
    rows: list[int] = []
    row, began, at, names = -1, -math.inf, -1.0, set[str]()
    for name, t, step, _, _ in points:
        if step != at or abs(t - began) > NEAR or name in names or len(names) >= _MOST:
            row, began, at, names = row + 1, t, step, set()
        names.add(name)
        rows.append(row)
    return rows


def _with_lines(block: Block, points: list[_Point], rows: list[int]) -> Block:
    firsts = np.flatnonzero(np.diff(np.array(rows, np.int64), prepend=-1)) if rows else np.empty(0, np.int64)
    heads = [points[place] for place in firsts.tolist()]
    trail = Trail(
        t=np.array([head[1] for head in heads], np.float64),
        step=np.array([head[2] for head in heads], np.float64),
        epoch=np.array([head[3] for head in heads], np.float64),
    )
    owners: dict[str, tuple[list[int], list[float]]] = {}
    for (name, *_, value), row in zip(points, rows, strict=True):
        places, values = owners.setdefault(name, ([], []))
        places.append(row)
        values.append(value)
    columns = {
        name: Column(trail=trail.take(np.array(places)), values=np.array(values), order=np.array(places))
        for name, (places, values) in owners.items()
    }
    return replace(block, columns=columns, lines=Lines(count=len(heads), trail=trail, order=np.arange(len(heads))))
