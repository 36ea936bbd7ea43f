"""Quietening alerts."""

from __future__ import annotations

from tui.actions.viewer import Viewer


class AlertActions(Viewer):
    """Acknowledging and muting."""

    def action_acknowledge(self) -> None:
        """Quieten the run at its present level."""
        if self.look.run is not None:
            self.alarm.acknowledge(self.look.run)
            self.sample()

    def action_mute(self) -> None:
        """Alerts off, and on again."""
        self.alarm.mute()
        self.sample()
