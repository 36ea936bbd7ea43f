"""What part of the chosen metric the chart shows, how, and beside which other runs."""

from __future__ import annotations

from dataclasses import replace

from seqsetvae.i18n.language import tr
from seqsetvae.logs.series_view import Axis
from tui.actions.viewer import Viewer
from tui.messages import ChartChanged, DetailsReady, EventOpened
from tui.panes.chart_pane import ChartPane
from tui.views.format import clean
from tui.views.overlay import MAX_OVERLAYS
from tui.views.window import PAN_SHARE, Window

_FAST = 10
"""Cells that the crosshair moves with Shift."""


class ChartActions(Viewer):
    """Axes, smoothing, zoom and pan, crosshair, other runs' curves."""

    def on_event_opened(self, message: EventOpened) -> None:
        """Show the chart about an event, on the axis of steps."""
        self.set_chart(replace(self.look.chart, axis=Axis.STEP).everything())
        pane = self.query_one(ChartPane)
        if pane.extent is not None:
            self.set_chart(pane.state.around(message.step, pane.extent))

    def on_chart_changed(self, message: ChartChanged) -> None:
        """Show the chart as the mouse has asked."""
        self.set_chart(message.state)

    def on_details_ready(self, message: DetailsReady) -> None:
        """Draw the finer points."""
        message.stop()
        self.sample()

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
        """Zoom about the crosshair, or about the middle."""
        pane = self.query_one(ChartPane)
        if pane.extent is not None:
            self.set_chart(pane.state.zoomed(factor, pane.extent, pane.crosshair))

    def action_along(self, direction: int, fast: bool = False) -> None:
        """Move the crosshair, or the window while there is none."""
        pane = self.query_one(ChartPane)
        if pane.crosshair is not None:
            self._move_crosshair(pane, pane.crosshair, direction * (_FAST if fast else 1))
        elif pane.extent is not None:
            self.set_chart(pane.state.panned(direction * (1 if fast else PAN_SHARE), pane.extent))

    def action_reset(self) -> None:
        """Show the whole run."""
        self.set_chart(self.look.chart.everything())

    def action_crosshair(self) -> None:
        """Turn the crosshair on, at the newest point in sight, or off."""
        pane = self.query_one(ChartPane)
        window, extent = pane.state.window, pane.extent
        if pane.crosshair is not None or extent is None:
            pane.put_crosshair(None)
        else:
            pane.put_crosshair(min(window.high, extent.newest) if window is not None else extent.newest)

    def action_overlay(self) -> None:
        """Keep the curve of the run on the screen beside those of other runs, or no longer."""
        run, chart = self.look.run, self.look.chart
        if run is None:
            return
        kept = tuple(name for name in chart.overlays if self.store.run(name) is not None)
        if run not in kept and len(kept) >= MAX_OVERLAYS:
            said = tr(
                "{count} runs are kept beside others at most; O lets them go, o on one of them that one",
                count=MAX_OVERLAYS,
            )
            self.notify(said, severity="warning", markup=False)
            return
        self._keep(replace(chart, overlays=kept).toggled(run).overlays)
        if run in self.look.chart.overlays and len(self.store.runs()) > 1:
            said = tr("{run} stays on the chart; turn to another run to compare", run=clean(run, 60))
            self.notify(said, markup=False)

    def action_overlays_off(self) -> None:
        """Show the curve of the run on the screen alone."""
        self._keep(())

    def _keep(self, runs: tuple[str, ...]) -> None:
        self.source.follow(runs)
        self.set_chart(replace(self.look.chart, overlays=runs))

    def _move_crosshair(self, pane: ChartPane, at: float, cells: int) -> None:
        x, window, extent = pane.place_beside(at, cells), pane.state.window, pane.extent
        pane.put_crosshair(x)
        if window is None or extent is None or window.low <= x <= window.high:
            return
        shift = x - (window.high if x > window.high else window.low)
        self.set_chart(pane.state.at(Window(low=window.low + shift, high=window.high + shift), extent))
