"""Trying other thresholds on the run on the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from seqsetvae.i18n.language import tr
from tui.actions.trial import Trial
from tui.actions.viewer import Viewer
from tui.dialogs.thresholds_dialog import ThresholdsScreen
from tui.what_if.detector_settings import own_settings


class WhatIfActions(Viewer):
    """The dialog of the detector's settings, and what they would have changed."""

    trial: Trial

    def action_what_if(self) -> None:
        """Open the dialog."""
        info = self.scene(self.clock()).info
        if info is None:
            self.notify(tr("there is no run to judge yet"), severity="warning", markup=False)
            return
        own = own_settings(info.manifest.config if info.manifest is not None else {})
        self.push_screen(ThresholdsScreen(own, self.trial.overrides), self._try)

    def follow_trial(self) -> None:
        """Show how far the trial has come."""
        found = self.trial.look(self.scene(self.clock()))
        notices = self.look.notices if found is None else ((found.notice, True), *self.look.notices)
        self.look = replace(self.look, overrides=self.trial.overrides, what_if=found, notices=notices)

    def _try(self, overrides: dict[str, Any] | None) -> None:
        if overrides is not None:
            self.trial.change(overrides)
        self.sample()
