"""What part of the chosen metric the chart shows, and how."""

from __future__ import annotations

from dataclasses import replace

from tui.actions.viewer import Viewer
from tui.buckets import Axis
from tui.messages import EventOpened
from tui.widgets.chart import ChartPane


class ChartActions(Viewer):
    """Axes, smoothing, zoom and pan."""

    def on_event_opened(self, message: EventOpened) -> None:
        """Show the chart about an event, on the axis of steps."""
        self.set_chart(replace(self.look.chart, axis=Axis.STEP, window=None))
        span = self.query_one(ChartPane).span
        if span is not None:
            self.set_chart(self.look.chart.around(message.step, span))

    def action_log(self) -> None:
        """Turn the logarithmic axis on or off."""
        self.set_chart(replace(self.look.chart, log=not self.look.chart.log))

    def action_axis(self) -> None:
        """Next kind of x axis."""
        self.set_chart(self.look.chart.next_axis())

    def action_smooth(self) -> None:
        """Next degree of smoothing."""
        self.set_chart(self.look.chart.next_smoothing())

    def action_zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        span = self.query_one(ChartPane).span
        if span is not None:
            self.set_chart(self.look.chart.zoomed(factor, span))

    def action_pan(self, direction: int) -> None:
        """Move along the x axis."""
        span = self.query_one(ChartPane).span
        if span is not None:
            self.set_chart(self.look.chart.panned(direction, span))

    def action_reset(self) -> None:
        """Show the whole run."""
        self.set_chart(replace(self.look.chart, window=None))
