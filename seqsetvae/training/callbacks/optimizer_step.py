"""When an optimizer step has just been made, and where in the run it stands.

Under gradient accumulation most batches end without a step; what belongs to steps (logging, checks, checkpoints) must
not happen in between, where half of a gradient is pending.
"""

from __future__ import annotations

import math

import pytorch_lightning as pl


class StepDetector:
    """Tells whether the batch that just ended made an optimizer step."""

    def __init__(self) -> None:
        self._last_step = -1

    def start(self, trainer: pl.Trainer) -> None:
        """Take the current step as seen; call when training starts."""
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
