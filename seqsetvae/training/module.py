"""The LightningModule: ties model, losses and schedules together, and knows no files.

The results of a training step are in `report` for callbacks, as device tensors that nothing has waited for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.core.optimizer import LightningOptimizer
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import ChamferWeights, Losses, LossWeights, seqsetvae_loss
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE, SeqSetVAEOutput
from seqsetvae.posterior.z_ablation import z_ablation
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.evaluation import Evaluation
from seqsetvae.training.optimization import RateSchedule, make_optimizer
from seqsetvae.training.schedules import RampSchedule
from seqsetvae.training.watched_module import StepReport


class SeqSetVAEModule(pl.LightningModule):
    """Trains a `SeqSetVAE` on `EventBatch`es.

    Args:
        config: The run's settings.
        model_config: The model's dimensions.
        variables: Names of the vocabulary, in the order of their ids; stored in checkpoints.
        embeddings: Given variable embeddings `[variables, given]`, or None.
        data_identity: Fingerprints of the cohort, by name; stored in checkpoints.
    """

    def __init__(
        self,
        *,
        config: TrainConfig,
        model_config: ModelConfig,
        variables: Sequence[str],
        embeddings: Tensor | None = None,
        data_identity: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.variables = tuple(variables)
        self.data_identity = dict(data_identity or {})
        self.model = SeqSetVAE(model_config, embeddings)
        self.beta = config.beta_schedule()
        self.classification_weight = RampSchedule(
            final=config.classification_weight, ramp_steps=config.classification_warmup_steps
        )
        self.chamfer = ChamferWeights(
            direction=config.direction_weight, magnitude=config.magnitude_weight, full=config.full_weight
        )
        self.report: StepReport | None = None
        #: Gradient norm before clipping, of the last optimizer step; on the device.
        self.gradient_norm: Tensor | None = None
        self.evaluation = Evaluation()
        self._skipped = False

    def forward(self, batch: EventBatch) -> SeqSetVAEOutput:
        """Run the model."""
        output: SeqSetVAEOutput = self.model(batch)
        return output

    def loss_weights(self) -> LossWeights:
        """Return the weights at the current optimizer step."""
        step = self.global_step
        return LossWeights(
            reconstruction=self.config.reconstruction_weight,
            beta=self.beta(step),
            classification=self.classification_weight(step),
        )

    def on_train_batch_start(self, batch: EventBatch, batch_idx: int) -> None:
        """Make the batch's noise a function of seed, epoch, batch and rank, so that a resumed run draws the same."""
        del batch
        torch.manual_seed(noise_seed(self.config.seed, self.current_epoch, batch_idx, self.global_rank))

    def training_step(self, batch: EventBatch, batch_idx: int) -> Tensor:
        """Return the objective; leaves a `StepReport`."""
        del batch_idx
        output = self(batch)
        weights = self.loss_weights()
        losses = self._losses(output, batch, weights)
        self.report = StepReport(
            losses=losses,
            posteriors=[
                GaussianPosterior(mean=q.mean.detach(), log_variance=q.log_variance.detach()) for q in output.posteriors
            ],
            weights=weights,
            correct=_correct(output.logit.detach(), batch.label),
        )
        return losses.total

    def _losses(self, output: SeqSetVAEOutput, batch: EventBatch, weights: LossWeights) -> Losses:
        return seqsetvae_loss(
            output,
            batch,
            weights=weights,
            chamfer=self.chamfer,
            free_bits=self.config.free_bits,
            label_smoothing=self.config.label_smoothing,
        )

    def z_ablation(self, batch: EventBatch) -> Tensor:
        """Return the relative rise of the reconstruction loss with other sets' latents."""
        return z_ablation(self.model, batch, self.chamfer)

    def on_validation_epoch_start(self) -> None:
        """Begin a validation."""
        self.evaluation.start()

    def on_test_epoch_start(self) -> None:
        """Begin a test."""
        self.evaluation.start()

    def validation_step(self, batch: EventBatch, batch_idx: int) -> None:
        """Accumulate validation metrics, on the device."""
        del batch_idx
        self._evaluate(batch)

    def test_step(self, batch: EventBatch, batch_idx: int) -> None:
        """Accumulate test metrics, on the device."""
        del batch_idx
        self._evaluate(batch)

    def _evaluate(self, batch: EventBatch) -> None:
        output = self(batch)
        if batch.num_patients:  # not a stand-in for a rank that has no patients left
            self.evaluation.update(self._losses(output, batch, self.loss_weights()), output.logit, batch)

    def on_validation_epoch_end(self) -> None:
        """Log the metrics of validation."""
        self._log_evaluation("val")

    def on_test_epoch_end(self) -> None:
        """Log the metrics of the test."""
        self._log_evaluation("test")

    def _log_evaluation(self, stage: str) -> None:
        found = {f"{stage}/{name}": value for name, value in self.evaluation.metrics(self.device).items()}
        self.log_dict(found, sync_dist=True)  # the same on all ranks, so that their mean is too

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by global norm; keep the norm, on the device, for callbacks."""
        del optimizer, gradient_clip_algorithm
        limit = gradient_clip_val or float("inf")
        self.gradient_norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), limit).detach()

    def optimizer_step(
        self,
        epoch: int,
        batch_idx: int,
        optimizer: Optimizer | LightningOptimizer,
        optimizer_closure: Callable[[], Any] | None = None,
    ) -> None:
        """Make a step; one that the loss scaler of 16-mixed skipped to find its scale does not count as one.

        Schedules, the log and --max_steps follow the steps that were made. At a scale below 1, gradients overflow by
        themselves: these steps count, so that a run that has diverged comes to its end and shows it.
        """
        scaler = getattr(self.trainer.precision_plugin, "scaler", None)
        before = scaler.get_scale() if scaler is not None else 0.0
        super().optimizer_step(epoch, batch_idx, optimizer, optimizer_closure)
        self._skipped = scaler is not None and 1.0 <= scaler.get_scale() < before
        if self._skipped:
            steps = self.trainer.fit_loop.epoch_loop.automatic_optimization.optim_progress.optimizer.step
            for progress in (steps.total, steps.current):  # Lightning adds one when this returns
                progress.ready -= 1
                progress.completed -= 1

    def lr_scheduler_step(self, scheduler: LRScheduler, metric: Any) -> None:
        """Go on in the schedule of the learning rate, unless the step was skipped."""
        del metric
        if not self._skipped:
            scheduler.step()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """Return the optimizer, and the schedule of its rate."""
        optimizer = make_optimizer(self.config, self.model)
        total = int(self.trainer.estimated_stepping_batches) if self.config.lr_decay == "cosine" else None
        # The bound method, not the object: LambdaLR would put the object's fields into checkpoints.
        schedule = RateSchedule(optimizer, self.config.learning_rate_schedule(total_steps=total).factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Store settings and dimensions beside the weights, so that a checkpoint explains itself."""
        checkpoint["seqsetvae"] = {
            "config": self.config.to_dict(),
            "model": asdict(self.model.config),
            "variables": list(self.variables),
            "data": self.data_identity,
        }


def _correct(logit: Tensor, label: Tensor) -> Tensor:
    right = (logit > 0) == (label > 0.5)
    return right.float().masked_fill(~logit.isfinite(), torch.nan)


def noise_seed(seed: int, epoch: int, batch: int, rank: int) -> int:
    """Return a 63-bit seed for one batch's noise, unrelated between neighbours."""
    digest = hashlib.blake2b(f"{seed}/{epoch}/{batch}/{rank}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def freeze_first(module: torch.nn.Module, share: float) -> int:
    """Freeze the first `share` of a module's weights, whole tensors in order; return how many weights that is."""
    total = sum(parameter.numel() for parameter in module.parameters())
    frozen = 0
    for parameter in module.parameters():
        if frozen + parameter.numel() > share * total:
            break
        parameter.requires_grad_(False)
        frozen += parameter.numel()
    return frozen
