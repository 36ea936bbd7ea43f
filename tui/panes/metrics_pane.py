"""The list of all metrics, by group: name, sparkline, newest value; and the keys that choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from seqsetvae.i18n.language import tr
from seqsetvae.logs.series_view import Axis, SeriesView
from tui.chart.sparkline import draw_sparkline
from tui.panes.cell_pane import Line, raster_lines
from tui.panes.list_pane import ListPane
from tui.panes.pane_layout import PaneLayout
from tui.viewer import Viewer
from tui.views.format import clean, number, padded
from tui.views.metric_values import Metric

_VALUE_WIDTH = 9
_SPARK_WIDTH = 10

OTHER = "other"
"""Heading of metrics without a group."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spark:
    """A drawn sparkline: of which revision, and in which period."""

    revision: int
    period: int
    line: Line


@dataclass(frozen=True, kw_only=True, slots=True)
class _GroupHeading:
    """The row above the metrics of a group."""

    group: str


class MetricsPane(ListPane):
    """One row a metric under a heading for each group; the cursor chooses what the large chart shows."""

    BORDER_TITLE = "Metrics"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="Enlarge the chart of this metric", id="metrics.open"),
    ]

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("n", "choose(1)", "Next", tooltip="Next metric", id="metric.next"),
        Binding("p,N", "choose(-1)", "Previous", show=False, tooltip="Previous metric", id="metric.previous"),
    )

    def __init__(self, viewer: Viewer, layout: PaneLayout) -> None:
        super().__init__(id="metrics")
        self._viewer = viewer
        self._panes = layout
        self._names: tuple[str, ...] = ()
        self._rows: list[_GroupHeading | str] = []
        self._row_of: dict[str, int] = {}
        self._values: Callable[[Sequence[str]], tuple[Metric, ...]] = _nothing
        self._drawn: dict[str, Metric] = {}
        self._series: Callable[[str], SeriesView | None] = _no_series
        self._sparks: dict[str, _Spark] = {}
        self._period = 0
        self._behind = False  # a sparkline on the screen is older than its value

    def show(
        self,
        names: tuple[str, ...],
        values: Callable[[Sequence[str]], tuple[Metric, ...]],
        chosen: str | None,
        series: Callable[[str], SeriesView | None],
        pattern: str,
        period: int = 0,
    ) -> None:
        """Show another moment.

        Args:
            names: what the list holds; of ten thousand, only those in sight are looked up.
            values: gives the metrics of some names.
            chosen: where the cursor is.
            series: gives the history of a row in sight.
            pattern: the filter, to be named on the border.
            period: values follow at once, sparklines, ten cells wide, when this number changes.
        """
        behind = self._behind and period != self._period
        before = (self._names, self._series, self.cursor)
        self._period, self._values, self._series = period, values, series
        if names is not self._names and names != self._names:
            self._names, self._rows = names, _grouped(names)
            self._row_of = {row: place for place, row in enumerate(self._rows) if not isinstance(row, _GroupHeading)}
        same = (self._names, series) == before[:2]
        if not same:
            self._sparks.clear()
        self.cursor = self._row_of.get(chosen or "", min(1, max(len(self._rows) - 1, 0)))
        self.write_border(subtitle=f"/{clean(pattern)}  {len(names)}" if pattern else f"{len(names)}")
        if same and self.cursor == before[2] and self._strips and not behind and self._in_sight_now() == self._drawn:
            return
        self._behind = False
        self.redraw()

    @property
    def chosen(self) -> str | None:
        """The metric under the cursor."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return None if isinstance(row, _GroupHeading) else row

    @property
    def row_count(self) -> int:
        """Number of metrics and headings."""
        return len(self._rows)

    def can_rest(self, index: int) -> bool:
        """Headings are passed over."""
        return 0 <= index < len(self._rows) and not isinstance(self._rows[index], _GroupHeading)

    def in_sight(self) -> range:
        """The rows to draw; the first heading is among them as soon as the first metric is chosen."""
        if self.cursor == 1:
            self._top = 0
        return super().in_sight()

    def lines(self) -> list[Line]:
        """The rows in sight, or why there are none."""
        if not self._rows:
            return [[(f" {tr('nothing matches') if self.border_subtitle else tr('no metrics yet')}", "soft")]]
        self._drawn = self._in_sight_now()
        return super().lines()

    def _in_sight_now(self) -> dict[str, Metric]:
        """The metrics in sight, as they are now."""
        rows = [self._rows[place] for place in self.in_sight()]
        return {
            metric.name: metric for metric in self._values([row for row in rows if not isinstance(row, _GroupHeading)])
        }

    def draw_row(self, index: int, width: int, *, chosen: bool) -> Line:
        """A heading or a metric."""
        place = self._rows[index]
        if isinstance(place, _GroupHeading):
            return [(padded(f" {tr('other') if place.group == OTHER else clean(place.group)}", width), "soft")]
        row = self._drawn[place]
        spark_width = _SPARK_WIDTH if width >= 30 else 0
        name = row.name.partition("/")[2] or row.name
        name_width = width - _VALUE_WIDTH - spark_width - 2
        value = number(row.value).rjust(_VALUE_WIDTH)
        back = "selected-" if chosen else ""
        line: Line = [
            ("  " + padded(clean(name), name_width - 2), "selected-strong" if chosen else "text"),
            (" ", "selected-strong" if chosen else "text"),
        ]
        if spark_width:
            line += [(text, back + colour) for text, colour in self._spark(row, spark_width)]
        if row.alarmed:
            return [*line, (value + "!", f"{back}red")]
        return [*line, (value + " ", "selected-strong" if chosen else "strong")]

    def cursor_moved(self) -> None:
        """Show the metric under the cursor."""
        if self.chosen is not None:
            self._viewer.choose_metric(self.chosen)

    def action_choose(self, by: int) -> None:
        """Show a neighbouring metric of the list, whether the list is in sight or not."""
        names, metric = self._viewer.names, self._viewer.selection.chart.metric
        if names:
            place = names.index(metric) + by if metric in names else 0
            self._viewer.choose_metric(names[place % len(names)])

    def action_open(self) -> None:
        """Enlarge the chart."""
        if self.chosen is not None:
            self._viewer.choose_metric(self.chosen)
            self._panes.enlarge_chart()

    def _spark(self, row: Metric, width: int) -> Line:
        cached = self._sparks.get(row.name)
        if cached is not None and (cached.revision == row.revision or cached.period == self._period):
            self._behind |= cached.revision != row.revision
            return cached.line
        view = self._series(row.name)
        line: Line = [(" " * width, "text")]
        if view is not None:
            line = raster_lines(draw_sparkline(view.points(Axis.STEP), width, 1))[0]
        self._sparks[row.name] = _Spark(revision=row.revision, period=self._period, line=line)
        return line


def _grouped(names: tuple[str, ...]) -> list[_GroupHeading | str]:
    """The metrics with a heading before each group."""
    rows: list[_GroupHeading | str] = []
    group: str | None = None
    for name in names:
        prefix = name.partition("/")[0] if "/" in name else OTHER
        if prefix != group:
            group = prefix
            rows.append(_GroupHeading(group=prefix))
        rows.append(name)
    return rows


def _nothing(names: Sequence[str]) -> tuple[Metric, ...]:  # noqa: ARG001 - stands in until there is a run
    return ()


def _no_series(name: str) -> SeriesView | None:  # noqa: ARG001 - stands in until there is a run
    return None
