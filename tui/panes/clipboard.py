"""Copies a pane's text into the clipboard of the user's own machine."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding

from seqsetvae.i18n.language import tr
from tui.key_owner import KeyOwner
from tui.panes.cell_pane import CellPane


class Clipboard(KeyOwner):
    """Copies through the terminal (OSC 52), so that it works over SSH too."""

    KEYS = (Binding("y", "copy", "Copy", show=False, tooltip="Copy the focused pane's text", id="app.copy"),)

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def action_copy(self) -> None:
        """Copy what the focused pane shows: the texts of its border and its lines."""
        app, pane = self._app, self._app.focused
        if not isinstance(pane, CellPane):
            app.notify(tr("the focus is on no pane whose text could be copied"), severity="warning", markup=False)
            return
        text = pane.text()
        app.copy_to_clipboard(text)
        name, lines = pane.heading.strip(), len(text.splitlines())
        one, more = tr("copied {pane}: 1 line", pane=name), tr("copied {pane}: {count} lines", pane=name, count=lines)
        app.notify(one if lines == 1 else more, markup=False)
