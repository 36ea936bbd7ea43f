"""Asks for a step to go to in a replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from seqsetvae.i18n.language import tr


class StepPrompt(Input):
    """A line that opens to be typed in, and gives the focus back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Back", show=False, tooltip="Go nowhere")]

    def __init__(self) -> None:
        super().__init__(placeholder=tr("step to go to, Enter"), id="step", type="integer", compact=True)
        self._chosen: Callable[[int], None] | None = None
        self._focused_before: Widget | None = None

    def ask(self, chosen: Callable[[int], None]) -> None:
        """Open; `chosen` is called with the step, or not at all."""
        self._chosen, self._focused_before = chosen, self.screen.focused
        self.value = ""
        self.add_class("-open")
        self.focus()

    def close(self) -> None:
        """Close, and give the focus back."""
        had_focus = self.has_focus
        self.remove_class("-open")
        if had_focus:
            self.screen.set_focus(self._focused_before)

    def action_close(self) -> None:
        """Close without a step."""
        self.close()

    @on(Input.Submitted)
    def go(self, message: Input.Submitted) -> None:
        """Go to the step that was typed."""
        message.stop()
        text = message.value.strip().replace(",", "")
        self.close()
        if text.isdecimal() and self._chosen is not None:
            self._chosen(int(text))
