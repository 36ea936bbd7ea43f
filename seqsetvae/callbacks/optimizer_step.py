"""When an optimizer step has just been made, and where in the run it stands.

Under gradient accumulation most batches end without a step; what belongs to steps (logging, checks, checkpoints) must
not happen in between, where half of a gradient is pending.
"""

from __future__ import annotations

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


def fractional_epoch(trainer: pl.Trainer, batch_idx: int) -> float:
    """Return how many epochs have passed at the end of batch `batch_idx` of the current epoch."""
    return trainer.current_epoch + (batch_idx + 1) / max(1.0, float(trainer.num_training_batches))
