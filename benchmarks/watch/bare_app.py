"""The least that a Textual app can be: one line that a key changes. What it takes, any app takes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static


class BareApp(App[None]):
    """Says how it counts: up or down, by ``l`` as the watcher's axis."""

    BINDINGS: ClassVar[list[BindingType]] = [("l", "turn"), ("q", "quit")]

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("bare · linear", markup=False)

    def action_turn(self) -> None:
        """Change the line."""
        line = self.query_one(Static)
        line.update("bare · linear" if "log" in str(line.content) else "bare · log")


if __name__ == "__main__":
    BareApp().run()
