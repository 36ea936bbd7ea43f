"""Where points lie, and the arrays that hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trail:
    """Where points lie: unix seconds, step and epoch (NaN when unknown), shape `[n]` each."""

    t: Floats
    step: Floats
    epoch: Floats

    def __len__(self) -> int:
        return len(self.t)

    def take(self, index: Ints | Flags) -> Trail:
        """The part that a numpy index chooses."""
        return Trail(t=self.t[index], step=self.step[index], epoch=self.epoch[index])


NO_TRAIL = Trail(t=np.empty(0), step=np.empty(0), epoch=np.empty(0))
