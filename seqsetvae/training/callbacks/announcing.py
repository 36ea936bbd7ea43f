"""How callbacks say things: in the run's stream, for the watcher, and on the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl

from seqsetvae.stream.line_writer import to_stderr
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger


def tell(
    trainer: pl.Trainer, level: Level, kind: str, message: str, data: Mapping[str, Any], *, step: int | None = None
) -> None:
    """Write an event to the run's stream, at the present step unless another is given."""
    for logger in trainer.loggers:
        if isinstance(logger, JsonlLogger):
            logger.log_event(level, kind, message, data, step=trainer.global_step if step is None else step)


def tell_trouble(trainer: pl.Trainer, kind: str, message: str, data: Mapping[str, Any]) -> None:
    """Say that something beside training went wrong: an event of level info, and a line on stderr."""
    tell(trainer, Level.INFO, kind, message, data)
    to_stderr(message)
