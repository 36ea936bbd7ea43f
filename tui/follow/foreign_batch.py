"""A reader's columns as what the store takes in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from seqsetvae.logs.block import Block, Column
from seqsetvae.logs.buckets import Trail
from seqsetvae.stream.resume import Resume
from tui.chart.scale import Floats
from tui.close_up.log_index import Reach, Stretch
from tui.follow.columns import Batch, superseded


def batch_of(block: Block, columns: Mapping[str, Column], void: int = 0, *, start: int = 0) -> Batch:
    """The points of a block that count.

    Args:
        block: what a look at a log gave.
        columns: those of its points that count.
        void: how many do not.
        start: the byte of the log that the block begins at.
    """
    batch = Batch(lines=block.points, superseded=void, bad_lines=sum(block.damaged.values()))
    reach = Reach()
    for name, column in columns.items():
        trail = trail_of(column)
        batch.scalars[name] = trail, column.values
        reach = reach.joined(Reach.of(trail))
    batch.stretch = Stretch(start=start, end=block.read, reach=reach)
    if columns:
        _tell_newest(batch, list(columns.values()))
    return batch


def counting(columns: Mapping[str, Column], resumes: Sequence[Resume]) -> tuple[dict[str, Column], int]:
    """The columns without the points that resumptions made void, and how many these are."""
    if not resumes:
        return dict(columns), 0
    kept: dict[str, Column] = {}
    count = 0
    for name, column in columns.items():
        void = superseded(trail_of(column), np.zeros(len(column.t), np.int64), resumes)
        count += int(void.sum())
        if not void.all():
            kept[name] = _without(column, void) if void.any() else column
    return kept, count


def trail_of(column: Column) -> Trail:
    """Where a column's points lie."""
    return Trail(t=column.t, step=column.step.astype(np.float64), epoch=column.epoch)


def _without(column: Column, void: np.ndarray) -> Column:
    kept = ~void
    return replace(
        column,
        t=column.t[kept],
        step=column.step[kept],
        epoch=column.epoch[kept],
        values=column.values[kept],
        order=column.order[kept],
    )


def _tell_newest(batch: Batch, columns: list[Column]) -> None:
    """The newest point, and when points were logged: by the metric with the most, since each is an event of its own."""
    newest = max(columns, key=lambda column: int(column.order[-1]))
    batch.last_t, batch.last_step = float(newest.t[-1]), int(newest.step[-1])
    batch.times = max(columns, key=lambda column: len(column.t)).t
    batch.last_epoch = _last_known(newest.epoch)


def _last_known(epochs: Floats) -> float | None:
    known = epochs[np.isfinite(epochs)]
    return float(known[-1]) if len(known) else None
