"""The help overlay, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from seqsetvae.i18n.language import tr, translated
from tui.key_owner import KeyOwner
from tui.viewer import Viewer

Groups = list[tuple[str, list[Binding]]]
"""Keys by subject."""

_TWO_COLUMNS = 136
"""Cells of the screen from which the groups stand in two columns."""

_KEY_SIGNS = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "comma": ",",
    "full_stop": ".",
    "space": "Space",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "enter": "Enter",
    "escape": "Esc",
    "tab": "Tab",
    "shift+tab": "Shift-Tab",
    "shift+left": "Shift-←",
    "shift+right": "Shift-→",
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
        Binding("j", "scroll_card(1)", "Down", show=False, id="help.down"),
        Binding("k", "scroll_card(-1)", "Up", show=False, id="help.up"),
    ]

    def __init__(self, groups: Groups) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """A scrolling card."""
        with VerticalScroll(id="help-card", classes="-two" if self.app.size.width >= _TWO_COLUMNS else "") as card:
            card.border_title = tr("Keys")
            card.border_subtitle = tr("↑ ↓ scroll · Esc closes")
            yield Static(self._tables(), markup=False)

    def action_dismiss_help(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def action_scroll_card(self, by: int) -> None:
        """Move the card's text; arrows and page keys do as well."""
        self.query_one("#help-card").scroll_relative(y=by, animate=False)

    def _tables(self) -> Table:
        """All groups below each other, or in two columns where there is room for them."""
        if self.app.size.width < _TWO_COLUMNS:
            return _table(self._groups)
        sizes = list(accumulate(len(bindings) + 2 for _, bindings in self._groups))
        half = next(place for place, size in enumerate(sizes) if size >= sizes[-1] / 2)
        out = Table.grid(padding=(0, 3, 0, 0))
        out.add_row(_table(self._groups[: half + 1]), _table(self._groups[half + 1 :]))
        return out


class HelpDialog(KeyOwner):
    """Opens the help.

    Args:
        app: shows it.
        viewer: draws what has changed meanwhile.
        groups: gives all keys by subject.
    """

    KEYS = (Binding("question_mark", "open", "Help", key_display="?", tooltip="This help", id="app.help"),)

    def __init__(self, app: App[Any], viewer: Viewer, groups: Callable[[], Groups]) -> None:
        self._app = app
        self._viewer = viewer
        self._groups = groups

    def action_open(self) -> None:
        """Show every key."""
        self._app.push_screen(HelpScreen(self._groups()), lambda _: self._viewer.sample())


def _table(groups: Groups) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), expand=False)
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column()
    for place, (title, bindings) in enumerate(groups):
        if place:
            table.add_row("", "")
        table.add_row("", Text(translated(title), style="underline"))
        for binding in bindings:
            table.add_row(Text(key_text(binding)), Text(translated(binding.tooltip or binding.description)))
    return table
