"""Axes of a chart in cells: lines, ticks and labels."""

from __future__ import annotations

from tui.chart.raster import DOTS_HIGH, Raster, Role
from tui.chart.scale import Tick

X_AXIS_ROWS = 2
"""Rows of the x axis: the line and its labels."""


def row_at(position: float, rows: int) -> int:
    """The row of a place on the y axis, 0 (low end) to 1 (high end), counted from the top of `rows`."""
    return round((1 - position) * (rows * DOTS_HIGH - 1)) // DOTS_HIGH


def draw_y_axis(raster: Raster, ticks: tuple[Tick, ...], *, left: int, top: int, rows: int, grid: int = 0) -> None:
    """Draw the axis and its labels to the left of column `left`, and grid lines of `grid` cells to its right."""
    raster.fill(left - 1, top, 1, rows, "│", Role.AXIS)
    used: set[int] = set()
    for tick in ticks:
        y = row_at(tick.position, rows)
        if not 0 <= y < rows or y in used:
            continue
        used.add(y)
        raster.text(left - 2 - len(tick.label), top + y, tick.label, Role.LABEL)
        raster.text(left - 1, top + y, "┤", Role.AXIS)
        raster.fill(left, top + y, grid, 1, "╌", Role.GRID)


def draw_x_axis(
    raster: Raster, ticks: tuple[Tick, ...], *, left: int, row: int, width: int, free_to: int | None = None
) -> None:
    """Draw the axis of `width` cells in a row and its labels in the next; none reaches beyond column `free_to`."""
    raster.text(left - 1, row, "└" + "─" * width, Role.AXIS)
    free_from = 0
    for tick in ticks:
        x = left + min(int(tick.position * width), width - 1)
        start = min(max(x - len(tick.label) // 2, 0), raster.width - len(tick.label))
        end = start + len(tick.label)
        if start < free_from or not left <= x < raster.width or (free_to is not None and end > free_to):
            continue
        raster.text(x, row, "┬", Role.AXIS)
        raster.text(start, row + 1, tick.label, Role.LABEL)
        free_from = end + 1
