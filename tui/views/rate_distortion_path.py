"""The rate–distortion path of a run: how much z says of a set (KL), against how badly the set is reconstructed.

Training moves the path about; where it goes to the left and up, z says less and sets are reconstructed worse, which is
what a collapsing posterior does. Pure arithmetic and drawing to cells; knows nothing of panes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from seqsetvae.i18n.language import tr
from seqsetvae.i18n.message import Message
from seqsetvae.logs.series_view import SeriesView
from tui.chart.axes import X_AXIS_ROWS, draw_x_axis, draw_y_axis
from tui.chart.raster import DOTS_HIGH, DOTS_WIDE, Raster, Role
from tui.chart.scale import AxisScale, Floats, fit

PAIRS = (("posterior/kl", "posterior/recon"), ("train/kl", "train/recon"))
"""Rate and distortion, the surer pair first."""

_BRIGHT, _FADING = 0.15, 0.5
"""Shares of the path, from its end, that are bright and half bright."""

_FADED = (Role.AXIS, Role.ENVELOPE, Role.LINE)
"""How its parts are drawn, the past first."""

_TAIL = 0.01
"""Share of the points at each end of a range that may be spikes."""

_REACH = 0.5
"""How far the axes reach beyond the range without spikes, as a share of it; what lies farther is drawn at the edge."""

_MIN_WIDTH, _MIN_HEIGHT = 24, 7
"""Below this there is no room for axes; the path alone is drawn."""

_HEAD_ROWS = 1
_CELLS_PER_TICK, _ROWS_PER_TICK = 8, 3


@dataclass(frozen=True, kw_only=True, slots=True)
class PathCourse:
    """Rate and distortion over a run, in the order of steps; shapes `[n]`.

    Attributes:
        rate: nats a set.
        distortion: reconstruction loss.
        steps: optimizer steps.
        rate_name: the metric that `rate` is of.
        distortion_name: the metric that `distortion` is of.
        skipped: how many values were not finite.
    """

    rate: Floats
    distortion: Floats
    steps: Floats
    rate_name: str
    distortion_name: str
    skipped: int

    def __len__(self) -> int:
        return len(self.rate)


def find_course(series: Callable[[str], SeriesView | None]) -> PathCourse | str:
    """The path of a run, or a sentence about what it lacks.

    Args:
        series: gives a metric's series, None where there is none.
    """
    for rate_name, distortion_name in PAIRS:
        rate, distortion = series(rate_name), series(distortion_name)
        if rate is not None and distortion is not None:
            course = pair(rate, distortion, names=(rate_name, distortion_name))
            if len(course):
                return course
            return Message(
                "{rate} and {distortion} have no finite value in common yet", rate=rate_name, distortion=distortion_name
            )
    lacking = [name for both in PAIRS[:1] for name in both if series(name) is None]
    if len(lacking) == 1:
        return Message("no {name} in this log: the path needs both", name=lacking[0])
    rate_name, distortion_name = PAIRS[0]
    return Message(
        "no {rate} and no {distortion} in this log: the path needs both", rate=rate_name, distortion=distortion_name
    )


def pair(rate: SeriesView, distortion: SeriesView, *, names: tuple[str, str]) -> PathCourse:
    """Values of two metrics at the same steps.

    Metrics of the same lines have the same buckets. Of others the distortion is taken between its neighbours, at the
    steps of the rate, and nowhere beyond its ends.
    """
    steps, of_rate, of_distortion = rate.steps, rate.mean, distortion.mean
    known = np.isfinite(of_rate)
    if not np.array_equal(rate.data[:4], distortion.data[:4]):
        finite = np.isfinite(of_distortion)
        order = np.argsort(distortion.steps[finite], kind="stable")
        places, values = distortion.steps[finite][order], of_distortion[finite][order]
        of_distortion = np.full(len(steps), np.nan)
        if len(places):
            of_distortion = np.interp(steps, places, values, left=np.nan, right=np.nan)
    known &= np.isfinite(of_distortion)
    order = np.argsort(steps[known], kind="stable")
    return PathCourse(
        rate=of_rate[known][order],
        distortion=of_distortion[known][order],
        steps=steps[known][order],
        rate_name=names[0],
        distortion_name=names[1],
        skipped=rate.nonfinite + distortion.nonfinite,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PathRange:
    """The axes' ends for a path, and how many of its points lie beyond them."""

    x: tuple[float, float]
    y: tuple[float, float]
    beyond: int


def range_of(course: PathCourse) -> PathRange:
    """The range to show: that of the path without its spikes, and always the newest point."""
    x, y = _robust(course.rate), _robust(course.distortion)
    outside = (course.rate < x[0]) | (course.rate > x[1]) | (course.distortion < y[0]) | (course.distortion > y[1])
    return PathRange(x=x, y=y, beyond=int(outside.sum()))


def _robust(values: Floats) -> tuple[float, float]:
    # np.quantile would do the same, but loads masked arrays for it, a tenth of the time until the first frame.
    last = len(values) - 1
    low, high = np.interp([_TAIL * last, (1 - _TAIL) * last], np.arange(last + 1), np.sort(values)).tolist()
    reach = _REACH * (high - low)
    low, high = max(low - reach, float(values.min())), min(high + reach, float(values.max()))
    return min(low, float(values[-1])), max(high, float(values[-1]))


def heading_of(course: PathCourse) -> str:
    """Which way the path has gone over its bright end, in words: what a collapse looks like is named."""
    recent = max(int(len(course) * _BRIGHT), 1)
    before = max(len(course) - 1 - recent, 0)
    span = range_of(course)
    rate = _moved(course.rate[-1] - course.rate[before], span.x)
    distortion = _moved(course.distortion[-1] - course.distortion[before], span.y)
    if rate < 0 < distortion:
        return Message("left and up: z says less, sets are reconstructed worse")
    if rate < 0:
        return Message("left: z says less")
    if distortion > 0:
        return Message("up: sets are reconstructed worse")
    if distortion < 0:
        return Message("down: sets are reconstructed better")
    if rate > 0:
        return Message("right: z says more")
    least = float(course.rate.min()) + _STILL * (span.x[1] - span.x[0])
    return Message("at rest where z said least") if len(course) > 1 and course.rate[-1] <= least else Message("at rest")


_STILL = 0.02
"""Share of the range below which the path is at rest."""


def _moved(by: float, span: tuple[float, float]) -> int:
    return 0 if abs(by) <= _STILL * (span[1] - span[0]) else 1 if by > 0 else -1


def draw_course(course: PathCourse, width: int, height: int) -> Raster:
    """Draw a path into `width` × `height` cells: the past faint, the end bright, `○` its start, `●` its end."""
    raster = Raster(width, height)
    if width < 1 or height < 1 or not len(course):
        return raster
    span = range_of(course)
    x_scale, y_scale = fit(*span.x), fit(*span.y)
    left, top, rows = 0, 0, height
    if width >= _MIN_WIDTH and height >= _MIN_HEIGHT:
        top, rows = _HEAD_ROWS, height - _HEAD_ROWS - X_AXIS_ROWS
        left = _draw_axes(raster, rows, x_scale, y_scale)
    wide, high = (width - left) * DOTS_WIDE, rows * DOTS_HIGH
    x = _dots(x_scale.project(course.rate), wide)
    y = _dots(1 - y_scale.project(course.distortion), high)
    ends = [0, *(int((len(course) - 1) * (1 - share)) for share in (_FADING, _BRIGHT)), len(course) - 1]
    for place, role in enumerate(_FADED):
        start, end = ends[place], ends[place + 1]
        dots = np.zeros((high, wide), dtype=np.bool_)
        columns, lines = _trace(x[start : end + 1], y[start : end + 1])
        dots[lines, columns] = True
        raster.dots(left, top, dots, role)
    raster.text(left + x[0] // DOTS_WIDE, top + y[0] // DOTS_HIGH, "○", Role.LABEL)
    raster.text(left + x[-1] // DOTS_WIDE, top + y[-1] // DOTS_HIGH, "●", Role.CURSOR)
    return raster


def _dots(positions: Floats, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Places 0…1 as dots; what lies beyond the axis is drawn at its edge."""
    return np.asarray(np.round(np.clip(positions, 0, 1) * (count - 1)), dtype=np.int64)


def _trace(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The dots of the strokes that join points in turn."""
    if len(x) < 2:
        return x, y
    lengths = np.maximum(np.maximum(np.abs(np.diff(x)), np.abs(np.diff(y))), 1)
    stroke = np.repeat(np.arange(len(lengths)), lengths)
    share = (np.arange(len(stroke)) - np.repeat(np.cumsum(lengths) - lengths, lengths)) / lengths[stroke]
    columns = np.round(x[stroke] + share * (x[stroke + 1] - x[stroke])).astype(np.int64)
    lines = np.round(y[stroke] + share * (y[stroke + 1] - y[stroke])).astype(np.int64)
    return np.append(columns, x[-1]), np.append(lines, y[-1])


def _draw_axes(raster: Raster, rows: int, x_scale: AxisScale, y_scale: AxisScale) -> int:
    """Axes with ticks and units; returns the first column inside of them."""
    ticks = y_scale.ticks(max(2, rows // _ROWS_PER_TICK))
    left = max(len(tick.label) for tick in ticks) + 2
    inside = raster.width - left
    draw_y_axis(raster, ticks, left=left, top=_HEAD_ROWS, rows=rows)
    bottom, unit = _HEAD_ROWS + rows, tr("KL, nats a set")
    free_to = raster.width - cell_len(unit) - 1
    x_ticks = x_scale.ticks(max(2, inside // _CELLS_PER_TICK))
    draw_x_axis(raster, x_ticks, left=left, row=bottom, width=inside, free_to=free_to)
    raster.text(free_to + 1, bottom + 1, unit, Role.LABEL)
    raster.text(0, 0, tr("reconstruction loss"), Role.LABEL)
    return left
