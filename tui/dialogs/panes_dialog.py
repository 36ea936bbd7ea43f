"""The menu that hides panes and shows them again."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding

from seqsetvae.i18n.language import tr, translated
from tui.dialogs.menu_dialog import MenuEntry, MenuScreen
from tui.key_owner import KeyOwner
from tui.panes.pane_layout import PaneLayout
from tui.viewer import Viewer
from tui.views.pane_names import PANES


class PanesDialog(KeyOwner):
    """A switch for each pane.

    Args:
        app: shows the menu.
        viewer: draws panes that come into sight.
        layout: hides and shows them.
    """

    KEYS = (Binding("w", "open", "Panes", show=False, tooltip="Show or hide panes", id="app.panes"),)

    def __init__(self, app: App[Any], viewer: Viewer, layout: PaneLayout) -> None:
        self._app = app
        self._viewer = viewer
        self._layout = layout

    def action_open(self) -> None:
        """Open the menu."""
        menu = MenuScreen(tr("Panes"), self._entries, self._toggle, stays=True)
        self._app.push_screen(menu, lambda _: self._viewer.sample())

    def _entries(self) -> list[MenuEntry]:
        hidden = self._layout.hidden
        return [MenuEntry(key=pane.key, label=translated(pane.title), on=pane.id not in hidden) for pane in PANES]

    def _toggle(self, key: str) -> None:
        self._layout.hide(self._layout.hidden ^ {pane.id for pane in PANES if pane.key == key})
