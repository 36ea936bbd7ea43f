"""The view that is kept from one watching of a directory to the next."""

from __future__ import annotations

from dataclasses import replace

from tui.actions.panes import PaneActions
from tui.view_state import ViewMemory, ViewState

REMEMBER_SECONDS = 2.0
"""Time between looks at whether the view has changed: a terminal that is closed loses no more."""


class MemoryActions(PaneActions):
    """Restoring and keeping the view."""

    memory: ViewMemory | None
    theme_choice: str
    given: ViewState
    """What the command line named."""
    restored: ViewState

    def restore(self, state: ViewState) -> None:
        """Begin with a view; what the command line has named already stays.

        A run is opened only while no newer one has come since it was chosen.
        """
        self.restored = state
        look, given = self.look, self.given
        runs = [run.name for run in self.store.runs()]
        if given.run is None and state.run in runs and runs[0] == state.newest:
            look = replace(look, run=state.run)
        chart = replace(look.chart, axis=state.axis, log=state.log, smoothing=state.smoothing)
        look = replace(look, chart=chart, pattern=given.pattern or state.pattern)
        self.look = look.at_metric(state.metric) if state.metric is not None else look
        self.hide_panes(state.hidden)
        self.theme_choice = given.theme if given.theme != "auto" else state.theme
        self.alarm.muted = state.muted

    def view_state(self) -> ViewState:
        """The view as it is. What the command line named is of this one time; what was kept before stays kept."""
        look, given, restored = self.look, self.given, self.restored
        runs = [run.name for run in self.store.runs()]
        newest = runs[0] if runs else None
        chosen = look.run if look.run != newest else None
        return ViewState(
            theme=restored.theme if self.theme_choice == given.theme != "auto" else self.theme_choice,
            hidden=self.hidden,
            run=chosen if given.run is None else restored.run,
            newest=restored.newest if given.run is not None else newest if chosen is not None else None,
            metric=look.chart.metric if look.metric_chosen else None,
            axis=look.chart.axis,
            log=look.chart.log,
            smoothing=look.chart.smoothing,
            pattern=restored.pattern if given.pattern and look.pattern == given.pattern else look.pattern,
            muted=self.alarm.muted,
        )

    def remember(self) -> None:
        """Keep the view if it has changed; in a thread, since a home may be on a slow network."""
        memory, state = self.memory, self.view_state()
        if memory is not None:
            self.run_worker(lambda: memory.save(state), thread=True, group="memory")
