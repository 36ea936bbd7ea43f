"""How callbacks say things: in the run's stream, for the watcher, and on the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytorch_lightning as pl

from seqsetvae.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.stream.line_writer import to_stderr
from seqsetvae.stream.records import Level


def tell_trouble(trainer: pl.Trainer, kind: str, message: str, data: Mapping[str, Any]) -> None:
    """Say that something beside training went wrong: an event of level info, and a line on stderr."""
    for logger in trainer.loggers:
        if isinstance(logger, JsonlLogger):
            logger.log_event(Level.INFO, kind, message, data)
    to_stderr(message)
