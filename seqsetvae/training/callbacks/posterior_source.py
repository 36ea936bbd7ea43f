"""Where the monitor gets the posterior of a training step from, and what it can do to β."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import pytorch_lightning as pl
from torch import Tensor

from seqsetvae.model.gaussian import GaussianPosterior


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPosterior:
    """What one training batch says, as detached device tensors that nothing has waited for.

    Attributes:
        levels: One posterior a level, `[sets, latent]`, beside the prior N(0, 1).
        reconstruction: The reconstruction loss, a scalar; None where it is not known.
        beta: β in force, None where it is not known.
        max_beta: What β rises to, None where it is not known.
    """

    levels: Sequence[GaussianPosterior]
    reconstruction: Tensor | None = None
    beta: float | None = None
    max_beta: float | None = None


class BetaChange(NamedTuple):
    """β, or the most that it rises to, before and after it was lowered."""

    old: float
    new: float


class PosteriorSource(Protocol):
    """Reads the posterior of a module while it trains.

    Attributes:
        thinned: Whether some batches of each check are enough; the others are skipped.
    """

    thinned: bool

    def start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Get ready; called before the first training step.

        Raises:
            Exception: the module does not have what is needed.
        """

    def read(self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any) -> StepPosterior | None:
        """Return the posterior of the batch that just ended, None where it has none."""

    def skip(self, module: pl.LightningModule, step: int) -> None:
        """Leave out the batch that just ended."""

    def ablation(self, module: pl.LightningModule, batch: Any) -> Tensor | None:
        """Return the relative rise of the reconstruction loss with other sets' z, None where it cannot be measured."""

    def lower_beta(self, module: pl.LightningModule, factor: float) -> BetaChange | None:
        """Make β the configured one times a factor; return the change, None where there is none."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run must know, as plain values."""

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`, which is empty in checkpoints of before."""
