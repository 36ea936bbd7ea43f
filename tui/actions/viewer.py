"""What all actions share: the look, where the numbers are, and who draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from typing import Protocol

from textual.app import App

from tui.alerts.alarm import Alarm
from tui.presenter import Look, Presenter
from tui.store import Store
from tui.views.scene import Scene
from tui.views.window import ChartState


class Source(Protocol):
    """What feeds the store: the reading thread, or a script in tests."""

    def start(self) -> None:
        """Begin feeding."""

    def stop(self) -> None:
        """End, and leave no thread behind."""

    def select(self, name: str) -> None:
        """Feed the metrics of a run."""

    def follow(self, names: tuple[str, ...]) -> None:
        """Feed the metrics of these runs beside those of the selected one."""


class Viewer(App[None]):
    """The state that actions change; every change is followed by a look at the store."""

    store: Store
    source: Source
    look: Look
    presenter: Presenter
    alarm: Alarm
    clock: Callable[[], float]
    zone: tzinfo | None
    hidden: frozenset[str]
    """Ids of the panes that the user has put away."""

    def sample(self) -> None:
        """Look at the store, and show all that has changed since the last look."""
        raise NotImplementedError

    def use_theme(self, choice: str) -> None:
        """Turn to the `dark` or the `light` colours that the terminal can show."""
        raise NotImplementedError

    def scene(self, now: float) -> Scene:
        """What is known of the run on the screen, at the moment that is shown."""
        run = self.look.run
        if run is None:
            return Scene(info=None, data=None, now=now)
        return Scene(info=self.store.run(run), data=self.store.data(run), now=now)

    def set_chart(self, state: ChartState) -> None:
        """Show the chart otherwise."""
        self.look = replace(self.look, chart=state)
        self.sample()
