"""Taking along what is on the screen."""

from __future__ import annotations

from tui.actions.viewer import Viewer
from tui.save_view import save_view


class ExportActions(Viewer):
    """Writing files."""

    def action_export(self) -> None:
        """Write the chart's points and a picture of the screen."""
        scene = self.scene(self.clock())
        if scene.info is None or scene.data is None:
            self.notify("there is no run to export yet", severity="warning", markup=False)
            return
        origin = scene.data.head.first_t or 0.0
        save_view(self, scene.info, self.look.chart, origin=origin, now=scene.now, zone=self.zone)
