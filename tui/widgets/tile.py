"""A tile: one metric that is always in sight, with its newest value, its direction, its limit and its history."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from tui.buckets import Axis, SeriesView
from tui.chart.sparkline import draw_sparkline
from tui.format import clean, fit_text, number
from tui.frame import Metric
from tui.messages import MetricChosen
from tui.widgets.badges import TRENDS
from tui.widgets.cells import CellPane, Line, raster_lines


class Tile(CellPane):
    """A pinned metric; a click shows it in the large chart."""

    def __init__(self, place: int) -> None:
        super().__init__(id=f"tile-{place}", classes="tile")
        self._metric: Metric | None = None
        self._view: SeriesView | None = None
        self._trend = 0

    def show(self, metric: Metric | None, view: SeriesView | None, trend: int) -> None:
        """Show another moment of a metric, or nothing."""
        if self._strips and metric == self._metric:
            return
        self._metric, self._view, self._trend = metric, view, trend
        self._name_border()
        self.set_class(metric is not None and metric.alarmed, "-alarmed")
        self.redraw()

    def on_resize(self) -> None:
        """A narrow tile shows the metric's own name without its group."""
        self._name_border()
        super().on_resize()

    def _name_border(self) -> None:
        name = clean(self._metric.name) if self._metric is not None else ""
        if cell_len(name) > self.content_size.width - 2:
            name = name.rpartition("/")[2]
        self.border_title = Content(name)

    def lines(self) -> list[Line]:
        """The value above its sparkline."""
        width, height = self.content_size
        if self._metric is None:
            return [[("–", "faint")]]
        value = number(self._metric.value)
        arrow = TRENDS[self._trend]
        head: Line = [(value, "red" if self._metric.alarmed else "strong"), (f" {arrow}", "soft")]
        note = self._metric.limit.threshold.label if self._metric.limit is not None else ""
        room = width - cell_len(value) - 2
        if note and room > len(note):
            head.append((fit_text(note, room).rjust(room), "red" if self._metric.alarmed else "faint"))
        if self._view is None or height < 2:
            return [head]
        return [head, *raster_lines(draw_sparkline(self._view.points(Axis.STEP), width, height - 1))]

    def on_click(self) -> None:
        """Show the metric in the large chart."""
        if self._metric is not None:
            self.post_message(MetricChosen(self._metric.name))
