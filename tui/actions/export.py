"""Taking along what is on the screen."""

from __future__ import annotations

from tui.actions.viewer import Viewer
from tui.export.save_view import save_view
from tui.panes.chart_pane import ChartPane


class ExportActions(Viewer):
    """Writing files."""

    def action_export(self) -> None:
        """Write the chart's points and a picture of the screen."""
        save_view(self, self.scene(self.clock()), self.query_one(ChartPane).state, zone=self.zone)
