"""Taking a pane's text into the clipboard of the user's own machine."""

from __future__ import annotations

from tui.actions.viewer import Viewer
from tui.widgets.cells import CellPane


class CopyActions(Viewer):
    """Copying, through the terminal (OSC 52), so that it works over SSH too."""

    def action_copy(self) -> None:
        """Copy what the focused pane shows: the texts of its border and its lines."""
        pane = self.focused
        if not isinstance(pane, CellPane):
            self.notify("the focus is on no pane whose text could be copied", severity="warning", markup=False)
            return
        text = pane.text()
        self.copy_to_clipboard(text)
        lines = len(text.splitlines())
        self.notify(f"copied {pane.heading.strip()}: {lines} {'line' if lines == 1 else 'lines'}", markup=False)
