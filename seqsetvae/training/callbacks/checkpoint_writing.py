"""Checkpoints on a disk that fails: one along the way is reported and left out, one at the end ends the run.

A full disk is no reason to end a training of days, which may find room again at the next checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor
from typing_extensions import override

from seqsetvae.disk_errors import disk_error, reason_of
from seqsetvae.stream.line_writer import to_stderr
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.run_log import log_event
from seqsetvae.training.callbacks.training_position import as_rank_zero
from seqsetvae.training.checkpoint_files import AtomicCheckpointIO, save_checkpoint

#: What a `ModelCheckpoint` knows of the checkpoints that it keeps.
_KEPT = ("best_model_path", "best_model_score", "kth_best_model_path", "kth_value", "current_score")


def write_along_the_way(trainer: pl.Trainer, path: Path) -> bool:
    """Write a checkpoint; return whether that worked, as far as this rank knows.

    Where the disk refuses, rank 0 says so, once until it takes a checkpoint again.
    """
    writer = trainer.strategy.checkpoint_io
    was_failing = isinstance(writer, AtomicCheckpointIO) and writer.failing
    failure = save_checkpoint(trainer, path)
    if failure is not None and not was_failing:
        say_unwritten(trainer, path, failure, "training goes on without")
    elif failure is None and was_failing and trainer.is_global_zero:
        message = f"checkpoints are written again: {path}"
        log_event(trainer, Level.INFO, "checkpoint_written", message, {"checkpoint": str(path)})
        to_stderr(message)
    return failure is None


def write_or_end(trainer: pl.Trainer, path: Path) -> None:
    """Write a checkpoint that a run must not go on without.

    Raises:
        InputError: rank 0 cannot write it; on every rank.
    """
    failure = save_checkpoint(trainer, path)
    if trainer.world_size > 1:
        failure = trainer.strategy.broadcast(failure)
    if failure is not None:
        raise disk_error(failure, path) from failure


def say_unwritten(trainer: pl.Trainer, path: Path, error: Exception, consequence: str) -> None:
    """Say in the log and on stderr that a checkpoint could not be written."""
    reason = reason_of(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
    message = f"checkpoint {path} could not be written: {reason}; {consequence}"
    log_event(trainer, Level.YELLOW, "checkpoint_failed", message, {"checkpoint": str(path), "error": reason})
    to_stderr(message)


class UnwrittenCheckpointError(Exception):
    """A checkpoint along the way could not be written."""


class ForgivingModelCheckpoint(ModelCheckpoint):
    """A `ModelCheckpoint` that keeps what it has where a disk takes no other checkpoint."""

    @override
    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        if as_rank_zero(trainer, not write_along_the_way(trainer, Path(filepath))):
            raise UnwrittenCheckpointError(filepath)
        self._last_global_step_saved = trainer.global_step
        self._last_checkpoint_saved = filepath

    @override
    def _save_topk_checkpoint(self, trainer: pl.Trainer, monitor_candidates: dict[str, Tensor]) -> None:
        kept = dict(self.best_k_models)
        facts: dict[str, Any] = {name: getattr(self, name) for name in _KEPT}
        try:
            super()._save_topk_checkpoint(trainer, monitor_candidates)
        except UnwrittenCheckpointError:
            self.best_k_models = kept
            for name, value in facts.items():
                setattr(self, name, value)
