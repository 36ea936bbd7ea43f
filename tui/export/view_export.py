"""What the chart shows, as a table: the points of one metric within a range of the x axis, from the log itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.buckets import Trail
from seqsetvae.logs.log_discovery import ForeignLog
from seqsetvae.logs.series_view import Axis
from seqsetvae.logs.tailer import MAX_BYTES, Tailer
from seqsetvae.stream.run_directory import METRICS
from tui.chart.scale import Floats
from tui.export.log_rows import resumes_in
from tui.export.run_export import csv_number
from tui.export.table_block import HEAD
from tui.follow.columns import decode_chunk
from tui.follow.foreign_batch import trail_of
from tui.follow.whole_log import WholeLog
from tui.views.format import clean
from tui.views.snapshot import Cut
from tui.views.window import ChartState

BoolArray = npt.NDArray[np.bool_]

_LONGEST_NAME = 80
"""Characters of a file's name that come from the run and the metric."""


def write_view(
    source: Path | ForeignLog,
    state: ChartState,
    origin: float,
    target: Path,
    *,
    cut: Cut | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> int:
    """Write the points of the chart's metric that its window holds; returns how many.

    Args:
        source: The run's directory, or another tool's log.
        state: What the chart shows.
        origin: Unix second at which relative time begins.
        target: The file, which must not be there yet; on failure it is removed.
        cut: Where the log ended at the moment that is shown; None for the present.
        stopped: Says that nobody waits for the file any more.

    Raises:
        InputError: the log cannot be read, or nobody waits.
        OSError: the file cannot be written.
    """
    if state.metric is None:
        raise InputError("there is no metric to export yet")
    with target.open("x", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow([*HEAD, clean(state.metric)])
        count = 0
        try:
            for trail, values in _points(source, state.metric, cut):
                if stopped():
                    raise InputError("the viewer was quit")
                rows = _rows(trail, values, _visible(trail, state, origin))
                file.writelines(rows)
                count += len(rows)
        except (InputError, OSError):
            target.unlink()
            raise
    return count


def _points(source: Path | ForeignLog, metric: str, cut: Cut | None) -> Iterator[tuple[Trail, Floats]]:
    return _points_in(source, metric, cut) if isinstance(source, Path) else _foreign_points(source, metric)


def _foreign_points(log: ForeignLog, metric: str) -> Iterator[tuple[Trail, Floats]]:
    for part in WholeLog(log).parts():
        column = part.columns.get(metric)
        if column is not None:
            yield trail_of(column), column.values


def _points_in(run: Path, metric: str, cut: Cut | None) -> Iterator[tuple[Trail, Floats]]:
    """The metric's points, as many at a time as one reading of the log gives; none where it has none."""
    resumes, tailer = resumes_in(run) if cut is None else cut.resumes, Tailer(run / METRICS)
    while cut is None or tailer.offset < cut.byte:
        chunk = tailer.poll(MAX_BYTES if cut is None else min(MAX_BYTES, cut.byte - tailer.offset))
        if cut is not None and chunk.next_offset > cut.byte:  # behind a line too long to read, it may hold more
            chunk = replace(chunk, data=chunk.data[: cut.byte - chunk.offset])
        if chunk.missing or chunk.problem:
            raise InputError(chunk.problem or Message("{path} is not there", path=tailer.path))
        found = decode_chunk(chunk, resumes).scalars.get(metric)
        if found is not None:
            yield found
        if chunk.at_end:
            return


def view_name(run: str, metric: str | None, t: float, zone: tzinfo | None = None) -> str:
    """A file name, without its suffix, for what is shown of a run at a moment.

    It has only letters and digits that all systems accept, whatever the run and the metric are called.
    """
    when = datetime.fromtimestamp(t, tz=zone).strftime("%Y%m%d-%H%M%S")
    words = re.sub(r"[^A-Za-z0-9._]+", "-", f"{run}-{metric}" if metric else run)[:_LONGEST_NAME].strip("-.")
    return f"{words or 'run'}-{when}"


def _visible(trail: Trail, state: ChartState, origin: float) -> BoolArray:
    x = {
        Axis.STEP: trail.step,
        Axis.EPOCH: trail.epoch,
        Axis.WALL: trail.t,
        Axis.RELATIVE: trail.t - origin,
    }[state.axis]
    if state.window is None:
        return np.ones(len(trail), dtype=np.bool_)
    return np.asarray((x >= state.window.low) & (x <= state.window.high), dtype=np.bool_)


def _rows(trail: Trail, values: Floats, kept: BoolArray) -> list[str]:
    part = trail.take(kept)
    return [
        f"{int(step)},{'' if np.isnan(epoch) else csv_number(epoch)},{csv_number(t)},{csv_number(value)}\n"
        for step, epoch, t, value in zip(
            part.step.tolist(), part.epoch.tolist(), part.t.tolist(), values[kept].tolist(), strict=True
        )
    ]
