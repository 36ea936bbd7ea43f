"""Which points a resumed run has superseded.

A run that is resumed from step N goes on from there: what was written before the resumption beyond step N never
happened in the history that counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seqsetvae.logs.block import Block, Column, Lines, VectorColumn
from seqsetvae.logs.trail import Flags, Ints, Trail
from seqsetvae.stream.resume import Resume


def superseded(trail: Trail, resumes: Sequence[Resume], offsets: Ints | None = None) -> Flags:
    """Which points a resumption superseded.

    Args:
        trail: where the points lie.
        resumes: the run's resumptions.
        offsets: byte of the log at which each point's line begins, where it has one. It decides where the resumption
            has its own: clocks of two hosts may differ, the order in the file does not lie.
    """
    out = np.zeros(len(trail), dtype=np.bool_)
    for resume in resumes:
        by_place = offsets is not None and resume.metrics_bytes is not None
        before = offsets < resume.metrics_bytes if by_place else trail.t < resume.t  # type: ignore[operator]
        out |= (trail.step > resume.step) & before
    return out


def without_superseded(block: Block, resumes: Sequence[Resume]) -> Block:
    """The block without the points that resumptions superseded, which it counts."""
    if not resumes or not (block.columns or block.vectors or block.lines):
        return block
    pruning = _Pruning(resumes, block.lines)
    columns = {name: left for name, column in block.columns.items() if (left := pruning.column(column)) is not None}
    vectors = {name: rows for name, column in block.vectors.items() if (rows := pruning.vectors(column)) is not None}
    if block.lines is None:
        return replace(block, columns=columns, vectors=vectors, superseded=_points(block.columns) - _points(columns))
    trail, order = pruning.kept(block.lines.trail, block.lines.order)
    count = len(block.lines.order) - len(order)
    return replace(
        block,
        columns=columns,
        vectors=vectors,
        lines=replace(block.lines, trail=trail, order=order),
        superseded=block.superseded + count,
    )


class _Pruning:
    """One block's columns; most share where they lie, which is compared once."""

    def __init__(self, resumes: Sequence[Resume], lines: Lines | None) -> None:
        self._resumes = resumes
        self._starts = lines.starts if lines is not None else None
        self._seen: dict[tuple[int, int], tuple[Flags | None, Trail, Ints]] = {}

    def kept(self, trail: Trail, order: Ints) -> tuple[Trail, Ints]:
        """What is left of points."""
        return self._pruned(trail, order)[1:]

    def column(self, column: Column) -> Column | None:
        """What is left of a column; None for nothing."""
        mask, trail, order = self._pruned(column.trail, column.order)
        if mask is None:
            return column
        return Column(trail=trail, values=column.values[mask], order=order) if len(trail) else None

    def vectors(self, column: VectorColumn) -> VectorColumn | None:
        """What is left of a column of lists; None for nothing."""
        mask, trail, order = self._pruned(column.trail, column.order)
        if mask is None:
            return column
        rows = tuple(row for row, stays in zip(column.rows, mask.tolist(), strict=True) if stays)
        return VectorColumn(trail=trail, rows=rows, order=order) if rows else None

    def _pruned(self, trail: Trail, order: Ints) -> tuple[Flags | None, Trail, Ints]:
        """Which points stay (None for all), where these lie, and their order."""
        key = id(trail), id(order)
        if key not in self._seen:
            gone = superseded(trail, self._resumes, self._starts[order] if self._starts is not None else None)
            stays = ~gone
            self._seen[key] = (stays, trail.take(stays), order[stays]) if gone.any() else (None, trail, order)
        return self._seen[key]


def _points(columns: Mapping[str, Column]) -> int:
    return sum(len(column.values) for column in columns.values())
