"""The posterior of this package's own module, which reports each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytorch_lightning as pl
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.training.callbacks.posterior_source import BetaChange, StepPosterior
from seqsetvae.training.schedules import BetaSchedule
from seqsetvae.training.watched_module import check_watched, report_of, watched


class ReportedPosterior:
    """Reads the reports of a `WatchedModule`, and replaces its schedule of β."""

    thinned = False

    def __init__(self) -> None:
        self._configured: BetaSchedule | None = None

    def start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Check that the module reports."""
        check_watched(module)

    def read(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: EventBatch) -> StepPosterior:
        """Return what the module has reported."""
        report = report_of(module)
        return StepPosterior(
            levels=report.posteriors,
            reconstruction=report.losses.reconstruction,
            beta=report.weights.beta,
            max_beta=watched(module).beta.max_beta,
        )

    def skip(self, module: pl.LightningModule, step: int) -> None:
        """Do nothing: no batch is left out."""

    def ablation(self, module: pl.LightningModule, batch: EventBatch) -> Tensor | None:
        """Have the module measure it."""
        return watched(module).z_ablation(batch)

    def state_dict(self) -> dict[str, Any]:
        """Return nothing: the callback that lowers β knows how often it did."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take nothing."""

    def lower_beta(self, module: pl.LightningModule, factor: float) -> BetaChange | None:
        """Replace the schedule by one that rises to max β of the settings times the factor."""
        target = watched(module)
        before = target.beta
        if self._configured is None:
            self._configured = before
        target.beta = replace(before, max_beta=self._configured.max_beta * factor)
        return None if target.beta == before else BetaChange(before.max_beta, target.beta.max_beta)
