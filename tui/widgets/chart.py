"""The large chart of the chosen metric."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from seqsetvae.stream.records import EventRecord
from tui.buckets import Axis, SeriesView
from tui.chart.plot import Mark, Plot, draw_plot
from tui.chart.scale import ScaleKind, number_label
from tui.chart.smooth import smoothed
from tui.format import clean, number, relative_label, wall_label, whole
from tui.thresholds import Limit
from tui.widgets.badges import LEVEL_ROLES
from tui.widgets.cells import CellPane, Line, centred, raster_lines
from tui.window import ChartState, Window


@dataclass(frozen=True, kw_only=True)
class ChartContent:
    """What the chart shows: settings, series, limits, events, and the unix second at which relative time begins."""

    state: ChartState
    view: SeriesView | None
    limits: tuple[Limit, ...]
    events: tuple[EventRecord, ...]
    origin: float
    waiting: str = ""


class ChartPane(CellPane, can_focus=True):
    """Axes, curve, limits and events of one metric."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__(id="chart")
        self._zone = zone
        self._content: ChartContent | None = None
        self._key: tuple[object, ...] = ()

    def show(self, content: ChartContent) -> None:
        """Show another moment or another metric."""
        revision = content.view.revision if content.view is not None else -1
        key = (content.state, revision, content.limits, len(content.events), content.origin, content.waiting)
        if key == self._key and self._strips:
            return
        self._key, self._content = key, content
        self.write_border(title=self._title(content), subtitle=_settings(content.state))
        self.redraw()

    @property
    def span(self) -> Window | None:
        """The whole of the x axis that the series covers, or None while nothing is drawn."""
        if self._content is None or self._content.view is None:
            return None
        span = self._content.view.points(self._content.state.axis, self._content.origin).span
        return Window(low=span[0], high=span[1]) if span is not None and span[1] > span[0] else None

    def lines(self) -> list[Line]:
        """The chart for a size."""
        width, height = self.content_size
        content = self._content
        if content is None or content.view is None:
            messages = content.waiting.split("\n") if content is not None else []
            return centred([[(clean(text), "soft")] for text in messages], width, height)
        state = content.state
        raw = content.view.points(state.axis, content.origin)
        points = smoothed(raw, state.smoothing)
        if not len(points):
            return centred([[(f"no point of this metric has a place on the {state.axis} axis", "soft")]], width, height)
        plot = Plot(
            points=points,
            behind=raw if state.smoothing else None,
            x_low=state.window.low if state.window else None,
            x_high=state.window.high if state.window else None,
            y_kind=ScaleKind.LOG if state.log else ScaleKind.LINEAR,
            x_label=self._label(state.axis),
            thresholds=tuple(limit.threshold for limit in content.limits),
            marks=_marks(content),
        )
        return raster_lines(draw_plot(plot, width, height))

    def _label(self, axis: Axis) -> partial[str]:
        if axis is Axis.WALL:
            return partial(wall_label, zone=self._zone)
        return partial(relative_label) if axis is Axis.RELATIVE else partial(number_label)

    def _title(self, content: ChartContent) -> str:
        if content.view is None or content.state.metric is None:
            return ""
        last = f"{number(content.view.last)} at step {whole(content.view.last_step)}"
        lost = f" · {content.view.nonfinite:,} not finite" if content.view.nonfinite else ""
        return f"{clean(content.state.metric, 60)}  {last}{lost}"


def _settings(state: ChartState) -> str:
    parts = [f"x: {state.axis}", "log" if state.log else "linear"]
    if state.smoothing:
        parts.append(f"smooth {state.smoothing:g}")
    if state.window is not None:
        parts.append("zoomed, 0 shows all")
    return " · ".join(parts)


def _marks(content: ChartContent) -> tuple[Mark, ...]:
    """The events that judge the run, at their place on the axis; an epoch axis has no place for them."""
    axis, origin = content.state.axis, content.origin
    if axis is Axis.EPOCH:
        return ()
    return tuple(
        Mark(x=event.step if axis is Axis.STEP else event.t - (origin if axis is Axis.RELATIVE else 0), role=role)
        for event in content.events
        if (role := LEVEL_ROLES.get(event.level)) is not None
    )
