"""What callbacks need of the module that they watch, and what a training step leaves for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import pytorch_lightning as pl
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import Losses, LossWeights
from seqsetvae.training.schedules import BetaSchedule


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """The results of one training batch, as detached device tensors that nothing has waited for.

    Attributes:
        losses: The objective and its parts.
        posteriors: One posterior per level.
        weights: The weights in force.
        correct: `[patients]`, 1 where the logit's sign matches the label, 0 where not; NaN where there is no sign.
    """

    losses: Losses
    posteriors: list[GaussianPosterior]
    weights: LossWeights
    correct: Tensor


class WatchedModule(Protocol):
    """A LightningModule whose training the callbacks of this package can watch.

    Attributes:
        report: The results of the last training batch; None before the first.
        gradient_norm: Gradient norm before clipping, of the last optimizer step, on the device; None before the first.
        beta: The schedule of the weight of KL; a callback may replace it.
    """

    report: StepReport | None
    gradient_norm: Tensor | None
    beta: BetaSchedule

    def z_ablation(self, batch: EventBatch) -> Tensor:
        """Return the relative rise of the reconstruction loss with other sets' latents."""


NEEDED = (*WatchedModule.__annotations__, "z_ablation")


def watched(module: pl.LightningModule) -> WatchedModule:
    """Return a module as callbacks see it, which `check_watched` has found to be one."""
    return cast("WatchedModule", module)


def check_watched(module: pl.LightningModule) -> None:
    """Check a module when training starts.

    Raises:
        TypeError: it lacks something; the sentence names it.
    """
    missing = [name for name in NEEDED if not hasattr(module, name)]
    if missing:
        raise TypeError(
            f"{type(module).__name__} has no {', '.join(missing)}; callbacks that watch training need a module with "
            f"{', '.join(NEEDED)}, as in seqsetvae.training.watched_module"
        )


def report_of(module: pl.LightningModule) -> StepReport:
    """Return the report of the step that just ended.

    Raises:
        TypeError: the module leaves no report.
    """
    report = watched(module).report
    if not isinstance(report, StepReport):
        raise TypeError(f"{type(module).__name__}.report is {type(report).__name__}, expected a StepReport")
    return report
