"""Where training stands: optimizer steps, epochs and totals, and answers that hold on all ranks.

Under gradient accumulation most batches end without an optimizer step. Logging, checks and checkpoints belong to steps
and must not happen in between, where half of a gradient is pending.
"""

from __future__ import annotations

import math

import pytorch_lightning as pl


class StepDetector:
    """Says whether the batch that just ended made an optimizer step."""

    def __init__(self) -> None:
        self._last_step = -1

    def start(self, trainer: pl.Trainer) -> None:
        """Note the current step; call when training starts."""
        self._last_step = trainer.global_step

    def stepped(self, trainer: pl.Trainer) -> bool:
        """Return True once for every optimizer step; call at the end of every batch."""
        if trainer.global_step == self._last_step:
            return False
        self._last_step = trainer.global_step
        return True


def fractional_epoch(trainer: pl.Trainer, batches_done: int) -> float:
    """Return the epochs passed after `batches_done` batches of this one; whole ones where its length is unknown."""
    batches = trainer.num_training_batches
    return trainer.current_epoch + (batches_done / batches if math.isfinite(batches) and batches else 0.0)


def total_steps(trainer: pl.Trainer) -> int | None:
    """Return the optimizer steps of the whole run, None where it has no end."""
    total = trainer.estimated_stepping_batches
    return int(total) if math.isfinite(total) else None


def total_epochs(trainer: pl.Trainer) -> float | None:
    """Return the epochs of the whole run, None where it has no end or the length of an epoch is unknown."""
    steps, batches = total_steps(trainer), trainer.num_training_batches
    if steps is None or not math.isfinite(batches) or not batches:
        return None
    return steps / math.ceil(batches / trainer.accumulate_grad_batches)


def as_rank_zero(trainer: pl.Trainer, mine: bool) -> bool:
    """Return rank 0's answer to what depends on a clock or a disk; all ranks must ask at the same moment."""
    return mine if trainer.world_size == 1 else bool(trainer.strategy.broadcast(mine))
