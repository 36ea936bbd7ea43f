"""The large form of a chart: axes, raw envelope behind the line, other runs' curves, limits, event and other marks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.series_view import AxisPoints
from tui.chart.axes import X_AXIS_ROWS, draw_x_axis, draw_y_axis, row_at
from tui.chart.downsample import Bools, Columns, reduce_columns
from tui.chart.raster import DOTS_HIGH, DOTS_WIDE, Raster, Role, band_dots, line_dots
from tui.chart.scale import AxisScale, ScaleKind, fit, number_label

_ROWS_PER_TICK = 3
_CELLS_PER_TICK = 11
_MIN_WIDTH, _MIN_HEIGHT = 16, 5
"""Below this there is no room for axes; the curve alone is drawn."""

_USUAL_MARGIN = 8
"""Cells that the labels of the y axis mostly need."""

_SIGN_EVERY = 24
"""Cells from one sign on a curve to the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """A level that the curve should not cross."""

    value: float
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """An event at a place on the x axis; one with a `label` did not happen, and says so beside its sign."""

    x: float
    role: Role
    label: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlotCurve:
    """A line beside the chart's own; its `sign` stands on it here and there."""

    points: AxisPoints
    role: Role
    sign: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """What a chart shows.

    `behind` is a second series drawn faintly, such as the one before smoothing; `others` are lines on the same
    axes. `x_low`/`x_high` are the ends of the x axis, None where the curves decide. `role` and `sign` are those
    of the chart's own line, `rulers` places of upright lines.
    """

    points: AxisPoints
    behind: AxisPoints | None = None
    others: tuple[PlotCurve, ...] = ()
    x_low: float | None = None
    x_high: float | None = None
    y_kind: ScaleKind = ScaleKind.LINEAR
    x_label: Callable[[float, float], str] = number_label
    thresholds: tuple[Threshold, ...] = ()
    marks: tuple[Mark, ...] = ()
    role: Role = Role.LINE
    sign: str = ""
    rulers: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Area:
    """The cells inside the axes, and the ends of the x axis."""

    left: int
    width: int
    height: int
    low: float
    high: float

    def cell_of(self, x: float) -> int | None:
        """The column, counted from the chart's left edge, of a place on the x axis; None when it is out of sight."""
        if not self.low <= x <= self.high:
            return None
        return self.left + min(int((x - self.low) / (self.high - self.low) * self.width), self.width - 1)

    def place_of(self, cell: float) -> float:
        """The place on the x axis of the middle of a column; columns outside give places outside."""
        return self.low + (cell - self.left + 0.5) / self.width * (self.high - self.low)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """A drawn chart: its cells, the part inside the axes, and the scale of its values."""

    raster: Raster
    area: Area
    scale: AxisScale


def x_range(plot: Plot) -> tuple[float, float]:
    """The ends of the x axis; a single point gets a little room on both sides."""
    spans = [span for points in (plot.points, *(curve.points for curve in plot.others)) if (span := points.span)]
    low = min((span[0] for span in spans), default=0.0) if plot.x_low is None else plot.x_low
    high = max((span[1] for span in spans), default=1.0) if plot.x_high is None else plot.x_high
    if not high - low > abs(high) * 1e-14:
        low, high = low - 0.5, low + 0.5
    return low, high


def lay_out(plot: Plot, width: int, height: int) -> Drawing:
    """Draw a chart into `width` × `height` cells, and return where things are in it."""
    raster = Raster(width, height)
    low, high = x_range(plot)
    if width < _MIN_WIDTH or height < _MIN_HEIGHT:
        area = Area(left=0, width=max(width, 1), height=max(height, 1), low=low, high=high)
        curves = _reduced(plot, area)
        scale = _y_scale(plot, curves)
        if width > 0 and height > 0:
            _draw_curves(raster, area, plot, curves, scale)
        return Drawing(raster=raster, area=area, scale=scale)
    rows = height - X_AXIS_ROWS
    estimated = Area(left=_USUAL_MARGIN - 1, width=width - _USUAL_MARGIN, height=rows, low=low, high=high)
    curves = _reduced(plot, estimated)
    scale = _y_scale(plot, curves)
    ticks = scale.ticks(max(2, rows // _ROWS_PER_TICK))
    labels = [tick.label for tick in ticks] + [
        threshold.label for threshold in plot.thresholds if 0 <= scale.position(threshold.value) <= 1
    ]
    left = max(map(len, labels), default=1) + 2
    area = Area(left=left, width=max(width - left - 1, 1), height=rows, low=low, high=high)
    if area.width != estimated.width:
        curves = _reduced(plot, area)
    draw_y_axis(raster, ticks, left=area.left, top=0, rows=area.height, grid=area.width)
    x_ticks = fit(low, high).ticks(max(2, area.width // _CELLS_PER_TICK), plot.x_label)
    draw_x_axis(raster, x_ticks, left=area.left, row=area.height, width=area.width)
    _draw_thresholds(raster, area, plot.thresholds, scale)
    _draw_marks(raster, area, plot.marks)
    if plot.behind is not None:
        behind = reduce_columns(plot.behind, low, high, area.width * DOTS_WIDE)
        raster.dots(area.left, 0, line_dots(behind, scale, area.height * DOTS_HIGH), Role.ENVELOPE)
    _draw_curves(raster, area, plot, curves, scale)
    return Drawing(raster=raster, area=area, scale=scale)


def _reduced(plot: Plot, area: Area) -> tuple[Columns, ...]:
    """The columns of the chart's own curve, and those of the others."""
    return tuple(
        reduce_columns(points, area.low, area.high, area.width * DOTS_WIDE)
        for points in (plot.points, *(curve.points for curve in plot.others))
    )


def _y_scale(plot: Plot, curves: tuple[Columns, ...]) -> AxisScale:
    own, *others = curves
    # Of the other curves the lines alone are drawn: their outliers must not flatten everything.
    found = [bounds for bounds in (own.bounds, *(columns.line_bounds for columns in others)) if bounds is not None]
    if not found:
        return fit(0.0, 1.0)
    low, high = min(bounds[0] for bounds in found), max(bounds[1] for bounds in found)
    # A threshold near the curve belongs in the picture; one far away would flatten the curve.
    reach = (high - low) or abs(high) or 1.0
    for threshold in plot.thresholds:
        if low - reach / 2 <= threshold.value <= high + reach / 2:
            low, high = min(low, threshold.value), max(high, threshold.value)
    smallest = min((columns.smallest for columns in curves if columns.smallest > 0), default=0.0)
    return fit(low, high, plot.y_kind, smallest=smallest)


def _draw_thresholds(raster: Raster, area: Area, thresholds: tuple[Threshold, ...], scale: AxisScale) -> None:
    for threshold in thresholds:
        position = scale.position(threshold.value)
        if not 0 <= position <= 1:
            continue
        y = row_at(position, area.height)
        raster.text(0, y, threshold.label.rjust(area.left - 2), Role.THRESHOLD)
        raster.text(area.left - 1, y, "┤" + "╌" * area.width, Role.THRESHOLD)


def _draw_marks(raster: Raster, area: Area, marks: tuple[Mark, ...]) -> None:
    for mark in sorted(marks, key=lambda mark: mark.role):  # the graver one is drawn over the other
        x = area.cell_of(mark.x)
        if x is None:
            continue
        if not mark.label:
            raster.fill(x, 0, 1, area.height, "┊", mark.role)
            raster.text(x, 0, "▾", mark.role)
            continue
        # Below the signs of what happened, so that both are seen where they meet.
        raster.fill(x, 1, 1, area.height - 1, "╎", mark.role)
        raster.text(x, 1, f"▽ {mark.label}" if _has_room(mark, marks, area) else "▽", mark.role)


def _has_room(mark: Mark, marks: tuple[Mark, ...], area: Area) -> bool:
    """Whether a mark's label ends before the next mark of its kind."""
    cells = [
        cell for other in marks if other.label and other.x > mark.x and (cell := area.cell_of(other.x)) is not None
    ]
    return (area.cell_of(mark.x) or 0) + len(mark.label) + 2 < min(cells, default=area.left + area.width)


def _draw_rulers(raster: Raster, area: Area, rulers: tuple[float, ...]) -> None:
    for ruler in rulers:
        x = area.cell_of(ruler)
        if x is not None:
            raster.fill(x, 0, 1, area.height, "│", Role.CURSOR)


def _draw_curves(raster: Raster, area: Area, plot: Plot, curves: tuple[Columns, ...], scale: AxisScale) -> None:
    """The other lines, then the chart's own over them, with its envelope."""
    own, *others = curves
    height, bottom = area.height * DOTS_HIGH, area.height - 1
    raster.dots(area.left, 0, band_dots(own, scale, height), Role.ENVELOPE)
    _draw_rulers(raster, area, plot.rulers)
    beside = tuple(zip(plot.others, others, strict=True))
    for curve, columns in beside:
        raster.dots(area.left, 0, line_dots(columns, scale, height), curve.role)
    raster.dots(area.left, 0, line_dots(own, scale, height), plot.role)
    for curve, columns in beside:
        _draw_signs(raster, area, columns, scale, curve.role, curve.sign)
        for x in _cells(columns.nan | columns.above | columns.below):
            raster.text(area.left + x, bottom, "×", curve.role)
    _draw_signs(raster, area, own, scale, plot.role, plot.sign)
    for flags, y, sign in ((own.nan, bottom, "×"), (own.above, 0, "▲"), (own.below, bottom, "▼")):
        for x in _cells(flags):
            raster.text(area.left + x, y, sign, Role.NONFINITE)


def _draw_signs(raster: Raster, area: Area, columns: Columns, scale: AxisScale, role: Role, sign: str) -> None:
    """A curve's sign at its end and here and there before it, at other places for each role."""
    known = np.nonzero(np.isfinite(columns.line))[0]
    if not sign or not len(known):
        return
    shift = (role * 7) % _SIGN_EVERY
    cells = {int(known[-1]) // DOTS_WIDE, *range(shift, area.width, _SIGN_EVERY)}
    for cell in cells:
        column = min(cell * DOTS_WIDE, len(columns.line) - 1)
        position = scale.position(float(columns.line[column]))
        if 0 <= position <= 1:
            raster.text(area.left + cell, row_at(position, area.height), sign, role)


def _cells(flags: Bools) -> list[int]:
    return sorted(set((np.nonzero(flags)[0] // DOTS_WIDE).tolist()))
