"""What a training step leaves for callbacks."""

from __future__ import annotations

from dataclasses import dataclass

import pytorch_lightning as pl
from torch import Tensor

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import Losses, LossWeights


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """What one training batch gave, detached; nobody has waited for these tensors.

    Attributes:
        losses: The objective and its parts.
        posteriors: One posterior per level.
        weights: The weights in force.
        correct: `[patients]`, True where the logit's sign matches the label.
    """

    losses: Losses
    posteriors: list[GaussianPosterior]
    weights: LossWeights
    correct: Tensor


def report_of(module: pl.LightningModule) -> StepReport:
    """Return the report of the step that just ended.

    Raises:
        TypeError: the module leaves no report.
    """
    report = getattr(module, "report", None)
    if not isinstance(report, StepReport):
        raise TypeError(f"{type(module).__name__}.report is {type(report).__name__}, expected a StepReport")
    return report
