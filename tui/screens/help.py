"""The help overlay, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

_KEY_SIGNS = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift-Tab",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "ctrl+p": "Ctrl-P",
}


def key_text(binding: Binding) -> str:
    """A binding's keys as they are printed on a keyboard."""
    return " ".join(_KEY_SIGNS.get(key.strip(), key.strip()) for key in binding.key.split(","))


class HelpScreen(ModalScreen[None]):
    """Every key and what it does, by pane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "dismiss_help", "Close", id="help.close"),
    ]

    def __init__(self, groups: Iterable[tuple[str, list[Binding]]]) -> None:
        super().__init__()
        self._groups = list(groups)

    def compose(self) -> ComposeResult:
        """A scrolling card."""
        with VerticalScroll(id="help-card") as card:
            card.border_title = "Keys"
            card.border_subtitle = "Esc closes · q quits the viewer, never the training"
            yield Static(self._table(), markup=False)

    def action_dismiss_help(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def _table(self) -> Table:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), expand=False)
        table.add_column(justify="right", style="bold", no_wrap=True)
        table.add_column()
        for place, (title, bindings) in enumerate(self._groups):
            if place:
                table.add_row("", "")
            table.add_row("", Text(title, style="underline"))
            for binding in bindings:
                table.add_row(Text(key_text(binding)), Text(binding.tooltip or binding.description))
        return table
