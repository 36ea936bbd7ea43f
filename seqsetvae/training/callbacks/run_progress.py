"""Tells the run's log what only the trainer knows: totals, fractional epochs, and where a run was resumed."""

from __future__ import annotations

import math
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.optimizer_step import fractional_epoch


class RunProgress(Callback):
    """Keeps every `JsonlLogger` of the trainer informed. Costs a few microseconds a batch, and no device sync.

    Totals that have no end (`max_epochs=-1`, iterable data of unknown length) are left out of the manifest.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Set totals; say from which step a continued run goes on."""
        steps, epochs = _totals(trainer)
        batches_done = trainer.fit_loop.epoch_loop.batch_progress.current.ready
        for logger in _jsonl_loggers(trainer):
            logger.follow(trainer, fractional_epoch(trainer, batches_done))
            logger.set_totals(steps=steps, epochs=epochs)
            if trainer.is_global_zero and logger.experiment.had_metrics:
                logger.experiment.resumed(trainer.global_step)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note how far into the epoch the run is."""
        for logger in _jsonl_loggers(trainer):
            logger.follow(trainer, fractional_epoch(trainer, batch_idx + 1))


def _jsonl_loggers(trainer: Trainer) -> list[JsonlLogger]:
    return [logger for logger in trainer.loggers if isinstance(logger, JsonlLogger)]


def _totals(trainer: Trainer) -> tuple[int | None, float | None]:
    """Optimizer steps and epochs at which the run will end, each None when it has no end."""
    steps = trainer.estimated_stepping_batches
    batches = trainer.num_training_batches
    if not math.isfinite(steps):
        return None, None
    if not math.isfinite(batches) or not batches:
        return int(steps), None
    steps_an_epoch = math.ceil(batches / trainer.accumulate_grad_batches)
    return int(steps), steps / steps_an_epoch
