"""Writing to a run's loggers: metrics of an earlier step, events, and trouble beside training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytorch_lightning as pl

from seqsetvae.stream.line_writer import to_stderr
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger


def jsonl_loggers(trainer: pl.Trainer) -> list[JsonlLogger]:
    """Return the trainer's loggers that write the log format of this package."""
    return [logger for logger in trainer.loggers if isinstance(logger, JsonlLogger)]


def log_metrics_at(
    trainer: pl.Trainer, metrics: Mapping[str, float | Sequence[float]], *, step: int, epoch: float | None | None
) -> None:
    """Log metrics under the optimizer step and epoch that they describe, whatever the trainer's step is by now.

    Lists (such as KL per dimension) go to the JSONL stream only; other loggers take numbers.
    """
    if not trainer.is_global_zero:
        return
    numbers = {name: value for name, value in metrics.items() if isinstance(value, float | int)}
    values = {name: value if isinstance(value, float | int) else tuple(value) for name, value in metrics.items()}
    for logger in trainer.loggers:
        if isinstance(logger, JsonlLogger):
            logger.experiment.metrics(step=step, epoch=epoch, values=values)
        else:
            logger.log_metrics(numbers, step=step)


def log_event(
    trainer: pl.Trainer, level: Level, kind: str, message: str, data: Mapping[str, Any], *, step: int | None = None
) -> None:
    """Write an event to the run's stream, at the present step unless another is given."""
    for logger in jsonl_loggers(trainer):
        logger.log_event(level, kind, message, data, step=trainer.global_step if step is None else step)


def log_trouble(trainer: pl.Trainer, kind: str, message: str, data: Mapping[str, Any]) -> None:
    """Report that something beside training failed: an event of level info, and a line on stderr."""
    log_event(trainer, Level.INFO, kind, message, data)
    to_stderr(message)
