"""Logging of numbers that arrive after the step they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytorch_lightning as pl

from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger


def log_at(trainer: pl.Trainer, metrics: Mapping[str, float | Sequence[float]], *, step: int, epoch: float) -> None:
    """Log metrics under the optimizer step and epoch that they describe, whatever the trainer's step is by now.

    Lists (such as KL per dimension) go to the JSONL stream only; other loggers take numbers.
    """
    if not trainer.is_global_zero:
        return
    numbers = {name: value for name, value in metrics.items() if isinstance(value, float | int)}
    for logger in trainer.loggers:
        if isinstance(logger, JsonlLogger):
            values = {
                name: value if isinstance(value, float | int) else tuple(value) for name, value in metrics.items()
            }
            logger.experiment.metrics(step=step, epoch=epoch, values=values)
        else:
            logger.log_metrics(numbers, step=step)
