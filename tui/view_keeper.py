"""Restores the view of the last time, and keeps the present one."""

from __future__ import annotations

from dataclasses import replace

from tui.alerts.alarm import Alarm
from tui.panes.pane_layout import PaneLayout
from tui.view_state import ViewMemory, ViewState
from tui.viewer import Viewer

REMEMBER_SECONDS = 2.0
"""Time between checks whether the view has changed: a terminal that is closed loses no more."""


class ViewKeeper:
    """Moves the view between the screen and its file. What the command line names wins, and is not kept.

    Args:
        memory: the file; None keeps nothing.
        given: what the command line names.
        viewer: what is selected.
        layout: which panes are in sight.
        alarm: whether alerts are muted.
        fresh: begin without the view that was kept.
    """

    def __init__(
        self,
        memory: ViewMemory | None,
        given: ViewState,
        *,
        viewer: Viewer,
        layout: PaneLayout,
        alarm: Alarm,
        fresh: bool = False,
    ) -> None:
        self.memory = memory
        self.theme = given.theme
        """The choice of the theme: `auto`, `dark` or `light`."""
        self._given = given
        self._kept = ViewState()
        self._viewer = viewer
        self._layout = layout
        self._alarm = alarm
        self._fresh = fresh

    def load(self) -> str | None:
        """Select what was selected the last time; returns a sentence where the file holds no view.

        A run is selected only while no newer one has come since it was chosen.
        """
        note = None
        if self.memory is not None and not self._fresh:
            self._kept, note = self.memory.load()
        kept, given, selection = self._kept, self._given, self._viewer.selection
        runs = [run.name for run in self._viewer.store.runs()]
        if given.run is None and kept.run in runs and runs[0] == kept.newest:
            selection = replace(selection, run=kept.run)
        chart = replace(selection.chart, axis=kept.axis, log=kept.log, smoothing=kept.smoothing)
        selection = replace(selection, chart=chart, pattern=given.pattern or kept.pattern)
        self._viewer.selection = selection.at_metric(kept.metric) if kept.metric is not None else selection
        self._alarm.muted = kept.muted
        self.theme = given.theme if given.theme != "auto" else kept.theme
        return note

    def arrange(self) -> None:
        """Hide the panes that were hidden the last time."""
        self._layout.hide(self._kept.hidden)

    def view(self) -> ViewState:
        """The view as it is, with what was kept before where the command line named something for this time."""
        given, kept, selection = self._given, self._kept, self._viewer.selection
        runs = [run.name for run in self._viewer.store.runs()]
        newest = runs[0] if runs else None
        chosen = selection.run if selection.run != newest else None
        named_pattern = given.pattern and selection.pattern == given.pattern
        return ViewState(
            theme=kept.theme if self.theme == given.theme != "auto" else self.theme,
            hidden=self._layout.hidden,
            run=chosen if given.run is None else kept.run,
            newest=kept.newest if given.run is not None else newest if chosen is not None else None,
            metric=selection.chart.metric if selection.metric_chosen else None,
            axis=selection.chart.axis,
            log=selection.chart.log,
            smoothing=selection.chart.smoothing,
            pattern=kept.pattern if named_pattern else selection.pattern,
            muted=self._alarm.muted,
        )

    def save(self) -> None:
        """Keep the view if it has changed."""
        if self.memory is not None:
            self.memory.save(self.view())
