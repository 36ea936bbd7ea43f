"""A tile: one metric that is always in sight, with its newest value, its direction, its limit and its history."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from textual.geometry import Size

from seqsetvae.logs.series_view import Axis, SeriesView
from tui.chart.sparkline import draw_sparkline
from tui.panes.badges import TRENDS
from tui.panes.cell_pane import CellPane, Line, raster_lines
from tui.viewer import Viewer
from tui.views.format import clean, fit_text, number
from tui.views.metric_values import Metric, trend_of


class Tile(CellPane):
    """A pinned metric; a click shows it in the large chart."""

    def __init__(self, place: int, viewer: Viewer) -> None:
        super().__init__(id=f"tile-{place}", classes="tile")
        self._viewer = viewer
        self._metric: Metric | None = None
        self._series: Callable[[str], SeriesView | None] | None = None
        self._period = 0
        self._drawn: tuple[str, Size, int, int] | None = None  # name, size, revision and period of the history
        self._history: list[Line] = []
        self._trend = 0

    def show(self, metric: Metric | None, series: Callable[[str], SeriesView | None], period: int = 0) -> None:
        """Show another moment of a metric, or nothing.

        Args:
            metric: what to show.
            series: gives the history of a metric.
            period: the value follows at once; its history, some forty cells wide, when this number changes.
        """
        self._series, self._period = series, period
        if self._strips and metric == self._metric and not self._is_behind(metric):
            return
        self._metric = metric
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
        self.write_border(title=name)

    def lines(self) -> list[Line]:
        """The value above its sparkline."""
        width, height = self.content_size
        if self._metric is None:
            return [[("–", "faint")]]
        if self._is_behind(self._metric):
            self._draw_history(self._metric)
        value = number(self._metric.value) + "!" * self._metric.alarmed
        arrow = TRENDS[self._trend]
        head: Line = [(value, "red" if self._metric.alarmed else "strong"), (f" {arrow}", "soft")]
        note = self._metric.limit.label if self._metric.limit is not None else ""
        room = width - cell_len(value) - 2
        if note and room > len(note):
            head.append((fit_text(note, room).rjust(room), "red" if self._metric.alarmed else "faint"))
        return [head, *self._history][:height]

    def on_click(self) -> None:
        """Show the metric in the large chart."""
        if self._metric is not None:
            self._viewer.choose_metric(self._metric.name)

    def _is_behind(self, metric: Metric | None) -> bool:
        """Whether the history is of another metric or size, or is older than this period and the newest value."""
        if metric is None or self._drawn is None:
            return metric is not None
        name, size, revision, period = self._drawn
        if (name, size) != (metric.name, self.content_size):
            return True
        return revision != metric.revision and period != self._period

    def _draw_history(self, metric: Metric) -> None:
        width, height = self.content_size
        view = self._series(metric.name) if self._series is not None else None
        self._drawn = (metric.name, self.content_size, metric.revision, self._period)
        self._trend = trend_of(view)
        self._history = []
        if view is not None and height > 1:
            self._history = raster_lines(draw_sparkline(view.points(Axis.STEP), width, height - 1))
