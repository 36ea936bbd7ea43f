"""Taking a pane's text into the clipboard of the user's own machine."""

from __future__ import annotations

from seqsetvae.i18n.language import tr
from tui.actions.viewer import Viewer
from tui.panes.cell_pane import CellPane


class CopyActions(Viewer):
    """Copying, through the terminal (OSC 52), so that it works over SSH too."""

    def action_copy(self) -> None:
        """Copy what the focused pane shows: the texts of its border and its lines."""
        pane = self.focused
        if not isinstance(pane, CellPane):
            self.notify(tr("the focus is on no pane whose text could be copied"), severity="warning", markup=False)
            return
        text = pane.text()
        self.copy_to_clipboard(text)
        pane_name, lines = pane.heading.strip(), len(text.splitlines())
        one, more = (
            tr("copied {pane}: 1 line", pane=pane_name),
            tr("copied {pane}: {count} lines", pane=pane_name, count=lines),
        )
        self.notify(one if lines == 1 else more, markup=False)
