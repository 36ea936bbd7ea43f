"""One answer for all ranks: what depends on a clock or a disk differs between them, and what follows must not."""

from __future__ import annotations

import pytorch_lightning as pl


def as_rank_zero(trainer: pl.Trainer, mine: bool) -> bool:
    """Return rank 0's answer; all ranks must ask at the same moment, since they wait for each other."""
    return mine if trainer.world_size == 1 else bool(trainer.strategy.broadcast(mine))
