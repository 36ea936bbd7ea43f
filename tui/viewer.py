"""The selection, and the one way to change it: every change is followed by a sample of the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from tui.selection import Selection
from tui.store.store import Store
from tui.views.window import ChartState


class LogFeed(Protocol):
    """What feeds the store: the reading thread, or a script in tests."""

    def start(self) -> None:
        """Begin feeding."""

    def stop(self) -> None:
        """End, and leave no thread behind."""

    def select(self, name: str) -> None:
        """Feed the metrics of a run."""

    def follow(self, names: tuple[str, ...]) -> None:
        """Feed the metrics of these runs beside those of the selected one."""


class Viewer:
    """What panes and dialogs know of the app: the store, and what the user has selected of it.

    Args:
        store: where the numbers are.
        feed: puts them there, for the selected run.
        selection: what is selected at first.
        sample: draws what has changed.
    """

    def __init__(self, store: Store, feed: LogFeed, selection: Selection, *, sample: Callable[[], None]) -> None:
        self.store = store
        self.selection = selection
        self.sample = sample
        self.names: tuple[str, ...] = ()
        """The metrics that the filter lets through, in the order of the list."""
        self._feed = feed

    def set_chart(self, chart: ChartState) -> None:
        """Show the chart with other settings."""
        self._select(replace(self.selection, chart=chart))

    def choose_metric(self, name: str) -> None:
        """Show another metric."""
        self._select(self.selection.at_metric(name))

    def set_pattern(self, pattern: str) -> None:
        """Filter the metrics."""
        self._select(replace(self.selection, pattern=pattern))

    def turn_to(self, run: str) -> None:
        """Show another run."""
        if run != self.selection.run:
            self._feed.select(run)
            self._select(self.selection.at_run(run))

    def keep_beside(self, runs: tuple[str, ...]) -> None:
        """Draw the curves of these runs beside that of the selected one."""
        self._feed.follow(runs)
        self.set_chart(replace(self.selection.chart, overlays=runs))

    def override(self, settings: Mapping[str, Any]) -> None:
        """Try these settings of the detector over the run's own; none ends the trial."""
        self._select(replace(self.selection, overrides=settings))

    def _select(self, selection: Selection) -> None:
        self.selection = selection
        self.sample()
