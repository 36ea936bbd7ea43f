"""The list of all metrics, by group: name, sparkline, newest value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType

from seqsetvae.text.language import tr
from tui.buckets import Axis, SeriesView
from tui.chart.sparkline import draw_sparkline
from tui.format import clean, number, padded
from tui.frame import Metric
from tui.messages import MetricChosen
from tui.widgets.cells import Line, raster_lines
from tui.widgets.listing import ListPane

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


class MetricsPane(ListPane):
    """One row a metric under a heading for each group; the cursor chooses what the large chart shows."""

    BORDER_TITLE = "Metrics"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", tooltip="Enlarge the chart of this metric", id="metrics.open"),
    ]

    def __init__(self) -> None:
        super().__init__(id="metrics")
        self._rows: list[str | Metric] = []
        self._metrics: tuple[Metric, ...] = ()
        self._series: Callable[[str], SeriesView | None] = _no_series
        self._sparks: dict[str, _Spark] = {}
        self._period = 0
        self._behind = False  # a sparkline on the screen is older than its value

    def show(
        self,
        metrics: tuple[Metric, ...],
        chosen: str | None,
        series: Callable[[str], SeriesView | None],
        pattern: str,
        period: int = 0,
    ) -> None:
        """Show another moment.

        Args:
            metrics: what the list holds.
            chosen: where the cursor is.
            series: gives the history of a row in sight.
            pattern: the filter, to be named on the border.
            period: values follow at once, sparklines, ten cells wide, when this number changes.
        """
        behind = self._behind and period != self._period
        self._period = period
        if metrics == self._metrics and self._strips and self.chosen == chosen and not behind:
            return
        self._behind = False
        if [metric.name for metric in metrics] != [metric.name for metric in self._metrics]:
            self._sparks.clear()
        self._metrics, self._series = metrics, series
        self._rows = _grouped(metrics)
        self.cursor = next(
            (i for i, row in enumerate(self._rows) if isinstance(row, Metric) and row.name == chosen),
            min(1, max(len(self._rows) - 1, 0)),
        )
        self.write_border(subtitle=f"/{clean(pattern)}  {len(metrics)}" if pattern else f"{len(metrics)}")
        self.redraw()

    @property
    def chosen(self) -> str | None:
        """The metric under the cursor."""
        row = self._rows[self.cursor] if self.cursor < len(self._rows) else None
        return row.name if isinstance(row, Metric) else None

    @property
    def row_count(self) -> int:
        """Number of metrics and headings."""
        return len(self._rows)

    def can_rest(self, index: int) -> bool:
        """Headings are passed over."""
        return 0 <= index < len(self._rows) and isinstance(self._rows[index], Metric)

    def lines(self) -> list[Line]:
        """The rows in sight, or why there are none."""
        if not self._rows:
            return [[(f" {tr('nothing matches') if self.border_subtitle else tr('no metrics yet')}", "soft")]]
        if self.cursor == 1:
            self._top = 0
        return super().lines()

    def draw_row(self, index: int, width: int, *, chosen: bool) -> Line:
        """A heading or a metric."""
        row = self._rows[index]
        if not isinstance(row, Metric):
            return [(padded(f" {tr('other') if row == OTHER else clean(row)}", width), "soft")]
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
            line += [(text, back + ink) for text, ink in self._spark(row, spark_width)]
        if row.alarmed:
            return [*line, (value + "!", f"{back}red")]
        return [*line, (value + " ", "selected-strong" if chosen else "strong")]

    def cursor_moved(self) -> None:
        """Show the metric under the cursor."""
        if self.chosen is not None:
            self.post_message(MetricChosen(self.chosen))

    def action_open(self) -> None:
        """Enlarge the chart."""
        if self.chosen is not None:
            self.post_message(MetricChosen(self.chosen, opened=True))

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


def _grouped(metrics: tuple[Metric, ...]) -> list[str | Metric]:
    """The metrics with a heading before each group."""
    rows: list[str | Metric] = []
    group: str | None = None
    for metric in metrics:
        prefix = metric.name.partition("/")[0] if "/" in metric.name else OTHER
        if prefix != group:
            group = prefix
            rows.append(prefix)
        rows.append(metric)
    return rows


def _no_series(name: str) -> SeriesView | None:  # noqa: ARG001 - stands in until there is a run
    return None
