"""The small form of a chart: no axes, a few cells, spikes and non-finite values still in sight."""

from __future__ import annotations

from seqsetvae.logs.series_view import AxisPoints
from tui.chart.downsample import reduce_columns
from tui.chart.raster import DOTS_HIGH, DOTS_WIDE, Raster, Role, band_dots, line_dots
from tui.chart.scale import ScaleKind, fit


def draw_sparkline(points: AxisPoints, width: int, height: int) -> Raster:
    """Draw a series into `width` × `height` cells; `×` marks the places of NaN and infinities."""
    raster = Raster(width, height)
    span = points.span
    if span is None or width < 1 or height < 1:
        return raster
    low, high = span if span[1] > span[0] else (span[0] - 0.5, span[1] + 0.5)
    columns = reduce_columns(points, low, high, width * DOTS_WIDE)
    bounds = columns.bounds
    if bounds is not None:
        scale = fit(*bounds, ScaleKind.LINEAR)
        dots = band_dots(columns, scale, height * DOTS_HIGH) | line_dots(columns, scale, height * DOTS_HIGH)
        raster.dots(0, 0, dots, Role.LINE)
    marked = columns.nan | columns.above | columns.below
    for cell in range(width):
        if marked[cell * DOTS_WIDE : (cell + 1) * DOTS_WIDE].any():
            raster.text(cell, height - 1, "×", Role.NONFINITE)
    return raster
