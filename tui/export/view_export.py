"""What the chart shows, as a table: the points of one metric within a range of the x axis, from the log itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np

from seqsetvae.atomic_file import creating
from seqsetvae.errors import InputError
from seqsetvae.logs.block import Column
from seqsetvae.logs.log import Log
from seqsetvae.logs.log_range import read_range
from seqsetvae.logs.series_view import Axis
from seqsetvae.logs.table_rows import HEAD
from seqsetvae.logs.trail import Flags, Floats, Trail
from seqsetvae.logs.whole_log import WholeLog
from tui.export.csv_header import write_header
from tui.export.run_export import csv_number
from tui.views.format import clean
from tui.views.snapshot import Cut
from tui.views.window import ChartState

_LONGEST_NAME = 80
"""Characters of a file's name that come from the run and the metric."""


def write_view(
    log: Log,
    state: ChartState,
    origin: float,
    target: Path,
    *,
    cut: Cut | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Write the points of the chart's metric that its window holds; returns how many.

    Args:
        log: Where it lies.
        state: What the chart shows.
        origin: Unix second at which relative time begins.
        target: The file, which must not be there yet; it appears when it is whole.
        cut: Where the log ended at the moment that is shown; None for the present.
        stopped: Says that nobody waits for the file any more.

    Raises:
        InputError: the log cannot be read, or nobody waits.
        OSError: the file cannot be written.
    """
    if state.metric is None:
        raise InputError("there is no metric to export yet")
    count = 0
    with creating(target) as part, part.open("w", encoding="utf-8", newline="") as file:
        write_header(file, [*HEAD, clean(state.metric)])
        for column in _points(log, state.metric, cut):
            if stopped():
                raise InputError("the viewer was quit")
            rows = _rows(column.trail, column.values, _visible(column.trail, state, origin))
            file.writelines(rows)
            count += len(rows)
    return count


def _points(log: Log, metric: str, cut: Cut | None) -> Iterator[Column]:
    """The metric's points, a bounded piece at a time."""
    blocks = WholeLog(log).blocks() if cut is None else read_range(log, 0, cut.byte, resumes=cut.resumes)
    for block in blocks:
        if block.missing:
            raise InputError("{path} is not there", path=log.path)
        column = block.columns.get(metric)
        if column is not None:
            yield column


def view_name(run: str, metric: str | None, t: float, zone: tzinfo | None = None) -> str:
    """A file name, without its suffix, for what is shown of a run at a moment.

    It has only letters and digits that all systems accept, whatever the run and the metric are called.
    """
    when = datetime.fromtimestamp(t, tz=zone).strftime("%Y%m%d-%H%M%S")
    words = re.sub(r"[^A-Za-z0-9._]+", "-", f"{run}-{metric}" if metric else run)[:_LONGEST_NAME].strip("-.")
    return f"{words or 'run'}-{when}"


def _visible(trail: Trail, state: ChartState, origin: float) -> Flags:
    x = {
        Axis.STEP: trail.step,
        Axis.EPOCH: trail.epoch,
        Axis.WALL: trail.t,
        Axis.RELATIVE: trail.t - origin,
    }[state.axis]
    if state.window is None:
        return np.ones(len(trail), dtype=np.bool_)
    return np.asarray((x >= state.window.low) & (x <= state.window.high), dtype=np.bool_)


def _rows(trail: Trail, values: Floats, kept: Flags) -> list[str]:
    part = trail.take(kept)
    return [
        f"{int(step)},{'' if np.isnan(epoch) else csv_number(epoch)},{csv_number(t)},{csv_number(value)}\n"
        for step, epoch, t, value in zip(
            part.step.tolist(), part.epoch.tolist(), part.t.tolist(), values[kept].tolist(), strict=True
        )
    ]
