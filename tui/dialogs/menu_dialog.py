"""A small menu over the screen: a letter, an arrow or the mouse chooses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from seqsetvae.i18n.language import tr


@dataclass(frozen=True, kw_only=True, slots=True)
class MenuEntry:
    """One line; `on` says whether it is switched on, None for what is done once."""

    key: str
    label: str
    on: bool | None = None


class MenuScreen(ModalScreen[None]):
    """Entries with a letter each.

    Args:
        title: over the entries.
        entries: gives them as they are now.
        choose: called with the letter of the chosen one.
        stays: the menu stays open, as one of switches does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close_menu", "Close", tooltip="Close the menu", id="menu.close"),
    ]

    def __init__(
        self, title: str, entries: Callable[[], Sequence[MenuEntry]], choose: Callable[[str], None], *, stays: bool
    ) -> None:
        super().__init__()
        self._title = title
        self._entries = entries
        self._choose = choose
        self._stays = stays

    def compose(self) -> ComposeResult:
        """The card."""
        card = OptionList(*(Option(_line(entry), id=entry.key) for entry in self._entries()), id="menu-card")
        card.border_title = self._title
        card.border_subtitle = tr("Esc closes")
        yield card

    def on_key(self, event: events.Key) -> None:
        """Choose by letter."""
        if event.character is not None and any(entry.key == event.character for entry in self._entries()):
            event.stop()
            self._choose_entry(event.character)

    @on(OptionList.OptionSelected)
    def choose_option(self, message: OptionList.OptionSelected) -> None:
        """Choose by Enter or the mouse."""
        message.stop()
        if message.option_id is not None:
            self._choose_entry(message.option_id)

    def action_close_menu(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def _choose_entry(self, key: str) -> None:
        if not self._stays:
            self.dismiss()
            self._choose(key)
            return
        self._choose(key)
        card = self.query_one(OptionList)
        for entry in self._entries():
            card.replace_option_prompt(entry.key, _line(entry))


def _line(entry: MenuEntry) -> Content:
    sign = "" if entry.on is None else "● " if entry.on else "○ "
    return Content.assemble((f" {entry.key} ", "bold $accent"), f" {sign}{entry.label} ")
