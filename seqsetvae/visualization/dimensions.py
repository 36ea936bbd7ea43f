"""Each latent dimension, and whether it is alive.

Two things make a dimension alive: its posterior moves away from the prior (KL), and it moves differently for different
sets (the variance of its mean; Burda et al. 2016). A dimension with both is *active*, with neither *collapsed*, with
one of them *mixed*: a constant that costs nats and says nothing, or a trace of information below the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from seqsetvae.posterior.statistics import ACTIVE_VARIANCE, COLLAPSED_KL

Numbers = NDArray[np.float64]


class DimensionState(StrEnum):
    """What becomes of a latent dimension."""

    ACTIVE = "active"
    MIXED = "mixed"
    COLLAPSED = "collapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimensions:
    """Statistics of all latent dimensions over all sets seen, the first level's first.

    Attributes:
        levels: Latent dimensions of each level.
        kl: `[dimensions]` mean KL, nats.
        variance: `[dimensions]` mean σ².
        mean_variance: `[dimensions]` variance of μ between sets.
        low_share: `[dimensions]` share of sets whose KL is below `COLLAPSED_KL`.
    """

    levels: tuple[int, ...]
    kl: Numbers
    variance: Numbers
    mean_variance: Numbers
    low_share: Numbers

    @property
    def level(self) -> NDArray[np.int64]:
        """`[dimensions]` level of each dimension, from 1."""
        return np.repeat(np.arange(1, len(self.levels) + 1), self.levels)

    @property
    def states(self) -> tuple[DimensionState, ...]:
        """What became of each dimension."""
        return tuple(map(state_of, self.kl.tolist(), self.mean_variance.tolist()))

    def count(self, state: DimensionState, level: int | None = None) -> int:
        """Return how many dimensions, of one level or of all, are in a state."""
        levels = self.level.tolist()
        return sum(found is state and level in (None, own) for found, own in zip(self.states, levels, strict=True))


def state_of(kl: float, mean_variance: float) -> DimensionState:
    """Return what a dimension's mean KL, in nats, and the variance of its mean make of it."""
    signs = (mean_variance > ACTIVE_VARIANCE) + (kl >= COLLAPSED_KL)
    return (DimensionState.COLLAPSED, DimensionState.MIXED, DimensionState.ACTIVE)[signs]
