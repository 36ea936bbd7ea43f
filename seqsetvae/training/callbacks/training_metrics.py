"""Losses, learning rates and speed of training, logged every few optimizer steps; no step waits for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.posterior.device_readback import DeviceReadback
from seqsetvae.training.callbacks.run_log import log_metrics_at
from seqsetvae.training.callbacks.training_position import StepDetector, fractional_epoch
from seqsetvae.training.watched_module import StepReport, check_watched, report_of, watched

#: Sums over batches, in the order in which they are copied to the host.
SUMMED = ("train/loss", "train/recon", "train/kl", "train/classification", "train/accuracy")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPoint:
    """What the host knew when the copy of the sums began."""

    step: int
    epoch: float
    batches: int
    patients: int
    host: dict[str, float]


class TrainingMetrics(pl.Callback):
    """Logs `train/`, `lr/`, `grad/` and `time/` as means over the steps since the last line.

    Args:
        every_n_steps: Optimizer steps between two lines.
        clock: Monotonic seconds.
    """

    def __init__(self, *, every_n_steps: int = 1, clock: Callable[[], float] = time.perf_counter) -> None:
        self.every_n_steps = every_n_steps
        self._clock = clock
        self._steps = StepDetector()
        self._readback: DeviceReadback[LogPoint] = DeviceReadback()
        self._trainer: pl.Trainer | None = None
        self._sums: Tensor | None = None
        self._counts = Counts()
        self._restored_batches = 0
        self._started = 0.0
        #: The last line that was logged, for a progress bar.
        self.latest: dict[str, float] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        check_watched(pl_module)
        self._trainer = trainer
        self._steps.start(trainer)
        self._started = self._clock()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop the clock: validation is not training time."""
        self._started -= self._clock()

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock again."""
        self._started += self._clock()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: EventBatch, batch_idx: int
    ) -> None:
        """Add the batch to the sums; start their copy where a line is due."""
        report = report_of(pl_module)
        sums = _sums(report)
        self._sums = sums if self._sums is None else self._sums.to(sums.device) + sums
        self._counts.add(batch)
        stepped = self._steps.stepped(trainer)
        self._counts.steps += stepped
        if stepped and trainer.global_step % self.every_n_steps == 0:
            self._start_copy(trainer, pl_module, report, batch_idx)
        self._log_completed(trainer, wait=False)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the lines whose copies are under way."""
        self._log_completed(trainer, wait=True)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Log the lines that have been copied: the last ones before an error are of interest."""
        self._log_completed(trainer, wait=False)

    def state_dict(self) -> dict[str, Any]:
        """Return the sums of the line to come; lines whose copies are under way are waited for and logged."""
        if self._trainer is not None:
            self._log_completed(self._trainer, wait=True)
        return {
            "sums": None if self._sums is None else self._sums.cpu(),
            "batches": self._counts.batches + self._restored_batches,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint; the speeds are those since then."""
        self._sums = state_dict["sums"]
        self._restored_batches = state_dict["batches"]

    def _start_copy(self, trainer: pl.Trainer, module: pl.LightningModule, report: StepReport, batch_idx: int) -> None:
        assert self._sums is not None
        norm = watched(module).gradient_norm
        norm = self._sums.new_zeros(1) if norm is None else norm.float().view(1)
        host = {"train/beta": report.weights.beta, **_learning_rates(trainer), **self._speed()}
        point = LogPoint(
            step=trainer.global_step,
            epoch=fractional_epoch(trainer, batch_idx + 1),
            batches=self._counts.batches + self._restored_batches,
            patients=self._counts.patients,
            host=host,
        )
        self._readback.start(point, torch.cat((self._sums, norm)))
        self._start_line()

    def _speed(self) -> dict[str, float]:
        elapsed = max(self._clock() - self._started, 1e-9)
        return {
            "time/step": elapsed / self._counts.steps,
            "time/patients_per_second": self._counts.patients / elapsed,
            "time/sets_per_second": self._counts.sets / elapsed,
            "time/events_per_second": self._counts.events / elapsed,
        }

    def _start_line(self) -> None:
        self._sums = None
        self._restored_batches = 0
        self._counts = Counts()
        self._started = self._clock()

    def _log_completed(self, trainer: pl.Trainer, *, wait: bool) -> None:
        for point, values in self._readback.completed(wait=wait):
            *sums, norm = values
            metrics = {name: value / point.batches for name, value in zip(SUMMED, sums, strict=True)}
            metrics["grad/norm"] = norm
            metrics.update(point.host)
            self.latest = {"step": point.step, **metrics}
            log_metrics_at(trainer, metrics, step=point.step, epoch=point.epoch)


@dataclass(slots=True)
class Counts:
    """Steps, batches, patients, sets and events since the last line, or since the run was resumed."""

    steps: int = 0
    batches: int = 0
    patients: int = 0
    sets: int = 0
    events: int = 0

    def add(self, batch: EventBatch) -> None:
        """Count a batch."""
        self.batches += 1
        self.patients += batch.num_patients
        self.sets += batch.num_sets
        self.events += batch.num_events


def _sums(report: StepReport) -> Tensor:
    losses = report.losses
    accuracy = report.correct.float().mean()
    return torch.stack(
        [
            losses.total.detach().float(),
            losses.reconstruction.float(),
            losses.kl.float(),
            losses.classification.float(),
            accuracy,
        ]
    )


def _learning_rates(trainer: pl.Trainer) -> dict[str, float]:
    rates: dict[str, float] = {}
    for optimizer in trainer.optimizers:
        for group in optimizer.param_groups:
            name = str(group.get("name", "rest")).removesuffix("_no_decay")
            rates[f"lr/{name}"] = float(group["lr"])
    return rates
