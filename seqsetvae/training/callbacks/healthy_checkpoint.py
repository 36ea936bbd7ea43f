"""The model from before a collapse: one checkpoint, replaced while the posterior is healthy."""

from __future__ import annotations

import contextlib
import math
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.checkpoint_writing import write_along_the_way
from seqsetvae.training.callbacks.training_position import StepDetector, as_rank_zero

#: A checkpoint is written only with these shares of the most active units and the best mutual information of the last
#: checks: during a slow collapse, which stays green for long, each newer checkpoint would be a worse one.
ACTIVE_SHARE, INFORMATION_SHARE, ACTIVE_CHECKS = 0.8, 0.9, 100
#: Between two writes, training runs for this many times as long as a write takes: writing costs at most 1 %.
PAUSE_PER_WRITE = 100.0

_PATTERN = "healthy-step*.ckpt"


class HealthyCheckpoint(pl.Callback):
    """Keeps `healthy-step000123.ckpt`, written only while the verdict is green; a listener of `PosteriorMonitor`.

    The first is written at the first green check; each later one replaces the one before once it is complete. Place it
    after the monitor and the callback that lowers β, so that it saves the state at the end of a step.

    Args:
        directory: Where it goes.
        minutes: Longest pause between two writes.
        clock: Monotonic seconds.
    """

    def __init__(self, *, directory: Path, minutes: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._longest_pause = 60.0 * minutes
        self._clock = clock
        self._steps = StepDetector()
        self._active: deque[float] = deque(maxlen=ACTIVE_CHECKS)
        self._information: deque[float] = deque(maxlen=ACTIVE_CHECKS)
        self._next_write = -math.inf
        self._wanted = False
        self._path: Path | None = None

    @property
    def kept(self) -> Path | None:
        """The checkpoint that is there, or None."""
        return self._path if self._path is not None and self._path.exists() else None

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Decide whether the present model is worth keeping."""
        as_active = _near_best(observation.active_units, self._active, ACTIVE_SHARE)
        as_informed = _near_best(observation.mutual_information, self._information, INFORMATION_SHARE)
        green = verdict.level is Level.GREEN and verdict.condition is not Condition.FADING
        healthy = green and as_active and as_informed
        self._wanted = healthy and as_rank_zero(trainer, self._clock() >= self._next_write)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where training starts."""
        self._steps.start(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write where a check has asked for it, between optimizer steps."""
        if self._steps.stepped(trainer) and self._wanted:
            self._write(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write where the last check has asked for it."""
        if self._wanted:
            self._write(trainer)

    def state_dict(self) -> dict[str, Any]:
        """Return the checkpoint that is kept, and what the next is compared with."""
        path = None if self._path is None else str(self._path)
        return {"path": path, "active": list(self._active), "information": list(self._information)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        path = None if state_dict["path"] is None else Path(state_dict["path"])
        beside = None if path is None else self._directory / path.name
        self._path = beside if beside is not None and beside.exists() else path  # the directory may have been moved
        self._active = deque(state_dict["active"], maxlen=ACTIVE_CHECKS)
        self._information = deque(state_dict.get("information", ()), maxlen=ACTIVE_CHECKS)

    def _write(self, trainer: pl.Trainer) -> None:
        path = self._directory / f"healthy-step{trainer.global_step:06d}.ckpt"
        # Set before writing: the checkpoint holds its own name, and a check that arrives meanwhile asks for no other.
        before, self._wanted, self._path, self._next_write = self._path, False, path, math.inf
        began = self._clock()
        if not write_along_the_way(trainer, path):
            self._path = before
        elif trainer.is_global_zero:
            for older in set(self._directory.glob(_PATTERN)) - {path}:
                with contextlib.suppress(OSError):
                    older.unlink()
        now = self._clock()
        self._next_write = now + min(PAUSE_PER_WRITE * (now - began), self._longest_pause)


def _near_best(value: float | None, last: deque[float], share: float) -> bool:
    """Note a value; return whether it is at least that share of the best of the last checks, True if unknown."""
    if value is not None and math.isfinite(value):
        last.append(value)
    return value is None or value >= share * max(last, default=math.inf)
