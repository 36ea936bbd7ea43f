"""What follows from the length of a run: the settings that are left open.

The defaults of the original suit epochs of a day. In a run of a few hundred steps, β would hardly rise, the posterior
would not be checked, and early stopping would end training within two epochs.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from seqsetvae.training.config import (
    BETA_WARMUP_STEPS,
    DEFAULT_UPDATE_FREQUENCY,
    LR_WARMUP_STEPS,
    VALIDATION_SHARE,
    TrainConfig,
)
from seqsetvae.training.launch_variables import devices_asked_for

#: Optimizer steps between two validations at least, unless an epoch is shorter: with fewer, early stopping would judge
#: noise.
VALIDATION_STEPS = 100
#: Shares of a run in which β and the learning rate rise at most.
BETA_SHARE, LR_SHARE = 0.5, 0.1
#: Checks of the posterior in a run at least, and steps between two of them at least.
CHECKS, CHECK_STEPS = 40, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLength:
    """How long a run is.

    Attributes:
        epoch: Optimizer steps of an epoch.
        total: Optimizer steps of the run.
    """

    epoch: int
    total: int

    @classmethod
    def of(cls, config: TrainConfig, *, patients: int) -> RunLength:
        """Return the length of a run over a train split of so many patients."""
        processes = config.num_nodes * devices_asked_for(config.devices)
        batches = math.ceil(patients / (config.batch_size * processes))
        epoch = math.ceil(batches / config.gradient_accumulation_steps)
        ends = [config.max_steps, config.max_epochs * epoch]
        return cls(epoch=epoch, total=min(end for end in ends if end > 0))


def fitted(config: TrainConfig, length: RunLength) -> TrainConfig:
    """Return the settings with numbers for those that are left open."""
    validations = min(round(1 / VALIDATION_SHARE), max(1, length.epoch // VALIDATION_STEPS))
    check_steps = min(DEFAULT_UPDATE_FREQUENCY, max(CHECK_STEPS, length.total // CHECKS))
    chosen: dict[str, Any] = {
        "val_check_interval": round(1 / validations, 4),
        "beta_warmup_steps": min(BETA_WARMUP_STEPS, math.ceil(length.total * BETA_SHARE)),
        "lr_warmup_steps": min(LR_WARMUP_STEPS, math.ceil(length.total * LR_SHARE)),
        "update_frequency": str(check_steps // 2 if config.fast_detection else check_steps),
    }
    return replace(config, **{name: value for name, value in chosen.items() if getattr(config, name) is None})


def chosen_flags(before: TrainConfig, after: TrainConfig) -> str:
    """Return the flags that give the settings which `fitted` has filled in."""
    left = asdict(before)
    return " ".join(f"--{name} {value}" for name, value in asdict(after).items() if value != left[name])
