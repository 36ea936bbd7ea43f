"""The large form of a chart: axes, raw envelope behind the line, threshold lines, event marks, non-finite marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tui.chart.downsample import Bools, Columns, Points, reduce_columns
from tui.chart.raster import DOTS_HIGH, DOTS_WIDE, Raster, Role, band_dots, line_dots
from tui.chart.scale import Scale, ScaleKind, Tick, fit, number_label

_ROWS_PER_TICK = 3
_CELLS_PER_TICK = 11
_X_AXIS_ROWS = 2
_MIN_WIDTH, _MIN_HEIGHT = 16, 5
"""Below this there is no room for axes; the curve alone is drawn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """A level that the curve should not cross."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """An event at a place on the x axis."""

    x: float
    role: Role


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """What a chart shows.

    ``behind`` is a second series drawn faintly, such as the one before smoothing. ``x_low``/``x_high`` are the ends of
    the x axis, None where the series decides.
    """

    points: Points
    behind: Points | None = None
    x_low: float | None = None
    x_high: float | None = None
    y_kind: ScaleKind = ScaleKind.LINEAR
    x_label: Callable[[float, float], str] = number_label
    thresholds: tuple[Threshold, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Area:
    """The cells inside the axes."""

    left: int
    width: int
    height: int


def x_range(plot: Plot) -> tuple[float, float]:
    """The ends of the x axis; a single point gets a little room on both sides."""
    span = plot.points.span or (0.0, 1.0)
    low = span[0] if plot.x_low is None else plot.x_low
    high = span[1] if plot.x_high is None else plot.x_high
    if not high - low > abs(high) * 1e-14:
        low, high = low - 0.5, low + 0.5
    return low, high


def draw_plot(plot: Plot, width: int, height: int) -> Raster:
    """Draw a chart into ``width`` × ``height`` cells."""
    raster = Raster(width, height)
    if width < 1 or height < 1:
        return raster
    low, high = x_range(plot)
    if width < _MIN_WIDTH or height < _MIN_HEIGHT:
        area = _Area(left=0, width=width, height=height)
        columns = reduce_columns(plot.points, low, high, width * DOTS_WIDE)
        _draw_curve(raster, area, columns, _y_scale(plot, columns))
        return raster
    rows = height - _X_AXIS_ROWS
    estimate = _y_scale(plot, reduce_columns(plot.points, low, high, (width - 8) * DOTS_WIDE))
    ticks = estimate.ticks(max(2, rows // _ROWS_PER_TICK))
    labels = [tick.label for tick in ticks] + [
        threshold.label for threshold in plot.thresholds if 0 <= estimate.position(threshold.value) <= 1
    ]
    left = max(map(len, labels), default=1) + 2
    area = _Area(left=left, width=max(width - left - 1, 1), height=rows)
    columns = reduce_columns(plot.points, low, high, area.width * DOTS_WIDE)
    _draw_y_axis(raster, area, ticks)
    _draw_x_axis(raster, area, low, high, plot.x_label)
    _draw_thresholds(raster, area, plot.thresholds, estimate)
    _draw_marks(raster, area, plot.marks, low, high)
    if plot.behind is not None:
        behind = reduce_columns(plot.behind, low, high, area.width * DOTS_WIDE)
        raster.dots(area.left, 0, line_dots(behind, estimate, area.height * DOTS_HIGH), Role.ENVELOPE)
    _draw_curve(raster, area, columns, estimate)
    return raster


def _y_scale(plot: Plot, columns: Columns) -> Scale:
    bounds = columns.bounds
    if bounds is None:
        return fit(0.0, 1.0)
    low, high = bounds
    # A threshold near the curve belongs in the picture; one far away would flatten the curve.
    reach = (high - low) or abs(high) or 1.0
    for threshold in plot.thresholds:
        if low - reach / 2 <= threshold.value <= high + reach / 2:
            low, high = min(low, threshold.value), max(high, threshold.value)
    return fit(low, high, plot.y_kind, smallest=columns.smallest)


def _row(position: float, height: int) -> int:
    return round((1 - position) * (height * DOTS_HIGH - 1)) // DOTS_HIGH


def _draw_y_axis(raster: Raster, area: _Area, ticks: tuple[Tick, ...]) -> None:
    for y in range(area.height):
        raster.text(area.left - 1, y, "│", Role.AXIS)
    taken: set[int] = set()
    for tick in ticks:
        y = _row(tick.position, area.height)
        if not 0 <= y < area.height or y in taken:
            continue
        taken.add(y)
        raster.text(area.left - 2 - len(tick.label), y, tick.label, Role.LABEL)
        raster.text(area.left - 1, y, "┤", Role.AXIS)
        raster.text(area.left, y, "╌" * area.width, Role.GRID)


def _draw_x_axis(raster: Raster, area: _Area, low: float, high: float, label: Callable[[float, float], str]) -> None:
    y = area.height
    raster.text(area.left - 1, y, "└" + "─" * area.width, Role.AXIS)
    free_from = 0
    for tick in fit(low, high).ticks(max(2, area.width // _CELLS_PER_TICK), label):
        x = area.left + min(int(tick.position * area.width), area.width - 1)
        start = min(max(x - len(tick.label) // 2, 0), raster.width - len(tick.label))
        if start < free_from or not area.left <= x < raster.width:
            continue
        raster.text(x, y, "┬", Role.AXIS)
        raster.text(start, y + 1, tick.label, Role.LABEL)
        free_from = start + len(tick.label) + 1


def _draw_thresholds(raster: Raster, area: _Area, thresholds: tuple[Threshold, ...], scale: Scale) -> None:
    for threshold in thresholds:
        position = scale.position(threshold.value)
        if not 0 <= position <= 1:
            continue
        y = _row(position, area.height)
        raster.text(0, y, threshold.label.rjust(area.left - 2), Role.THRESHOLD)
        raster.text(area.left - 1, y, "┤" + "╌" * area.width, Role.THRESHOLD)


def _draw_marks(raster: Raster, area: _Area, marks: tuple[Mark, ...], low: float, high: float) -> None:
    for mark in sorted(marks, key=lambda mark: mark.role):  # the graver one is drawn over the other
        if low <= mark.x <= high:
            x = area.left + min(int((mark.x - low) / (high - low) * area.width), area.width - 1)
            for y in range(area.height):
                raster.text(x, y, "▾" if y == 0 else "┊", mark.role)


def _draw_curve(raster: Raster, area: _Area, columns: Columns, scale: Scale) -> None:
    height = area.height * DOTS_HIGH
    raster.dots(area.left, 0, band_dots(columns, scale, height), Role.ENVELOPE)
    raster.dots(area.left, 0, line_dots(columns, scale, height), Role.LINE)
    bottom = area.height - 1
    for flags, y, sign in ((columns.nan, bottom, "×"), (columns.above, 0, "▲"), (columns.below, bottom, "▼")):
        for x in _cells(flags):
            raster.text(area.left + x, y, sign, Role.NONFINITE)


def _cells(flags: Bools) -> list[int]:
    found: list[int] = np.unique(np.nonzero(flags)[0] // DOTS_WIDE).tolist()
    return found
