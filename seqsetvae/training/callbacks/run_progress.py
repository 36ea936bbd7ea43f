"""Gives the run's log what only the trainer knows: totals, fractional epochs, and the step of a resumption."""

from __future__ import annotations

from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from seqsetvae.training.callbacks.run_log import jsonl_loggers
from seqsetvae.training.callbacks.training_position import fractional_epoch, total_epochs, total_steps


class RunProgress(Callback):
    """Updates every `JsonlLogger` of the trainer; costs a few microseconds a batch, and no device sync.

    Totals that have no end (`max_epochs=-1`, iterable data of unknown length) are left out of the manifest.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Set totals, and log the step from which a resumed run continues."""
        batches_done = trainer.fit_loop.epoch_loop.batch_progress.current.ready
        for logger in jsonl_loggers(trainer):
            logger.follow(trainer, fractional_epoch(trainer, batches_done))
            logger.set_totals(steps=total_steps(trainer), epochs=total_epochs(trainer))
            if trainer.is_global_zero and logger.experiment.had_metrics:
                logger.experiment.resumed(trainer.global_step)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Update the fractional epoch."""
        for logger in jsonl_loggers(trainer):
            logger.follow(trainer, fractional_epoch(trainer, batch_idx + 1))
