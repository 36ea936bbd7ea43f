"""Weights that change with the optimizer step: β, the learning rate, the weight of the outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

from seqsetvae.errors import InputError

Annealing = Literal["linear", "cyclical", "constant"]
Decay = Literal["constant", "cosine"]

#: Share of a cyclical annealing period in which β rises; it then stays at its maximum (Fu et al. 2019, R = 0.5).
RISING_SHARE = 0.5

#: The word for checks that become more frequent: early checks see an untrained model, late ones guard days of work.
ADAPTIVE = "adaptive"
#: Adaptive checks: before the step, every so many steps.
ADAPTIVE_INTERVALS = ((1000, 100), (5000, 50))
ADAPTIVE_FINAL_INTERVAL = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaSchedule:
    """β, the weight of the KL term.

    `linear` rises from 0 to `max_beta` over `warmup_steps` and stays (Bowman et al. 2016). `cyclical` repeats: each
    period of `2 · warmup_steps` rises over its first half and stays over its second (Fu et al. 2019, "Cyclical
    Annealing Schedule"). `constant` is `max_beta` from the first step.
    """

    max_beta: float
    warmup_steps: int
    annealing: Annealing = "linear"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.max_beta) and self.max_beta >= 0):
            raise InputError("--max_beta must be at least 0, got {max_beta}", max_beta=self.max_beta)
        if self.warmup_steps < 0:
            raise InputError(
                "--beta_warmup_steps must be at least 0, got {warmup_steps}", warmup_steps=self.warmup_steps
            )

    def __call__(self, step: int) -> float:
        """Return β at an optimizer step."""
        if self.annealing == "constant" or self.warmup_steps == 0:
            return self.max_beta
        if self.annealing == "cyclical":
            step = step % round(self.warmup_steps / RISING_SHARE)
        return self.max_beta * min(1.0, step / self.warmup_steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSchedule:
    """At which optimizer steps the posterior is checked.

    Args:
        every: Steps between two checks; None is adaptive: every 100 steps before step 1,000, every 50 before 5,000,
            then every 20.
    """

    every: int | None

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise InputError(
                "--update_frequency must be at least 1, or {adaptive}, got {every}", adaptive=ADAPTIVE, every=self.every
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the schedule that a number of steps or `adaptive` means.

        Raises:
            ValueError: it is neither.
        """
        if text == ADAPTIVE:
            return cls(every=None)
        try:
            return cls(every=int(text))
        except ValueError as error:
            raise InputError(
                "--update_frequency must be at least 1, or {adaptive}, got {value}", adaptive=ADAPTIVE, value=text
            ) from error

    def interval(self, step: int) -> int:
        """Return the steps between two checks around an optimizer step."""
        if self.every is not None:
            return self.every
        return next((every for end, every in ADAPTIVE_INTERVALS if step < end), ADAPTIVE_FINAL_INTERVAL)

    def due(self, step: int) -> bool:
        """Return whether a check is due after `step` optimizer steps."""
        return step % self.interval(step) == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningRateSchedule:
    """Factor on the learning rate: linear warm-up, then constant or half a cosine down to `floor` at `total_steps`."""

    warmup_steps: int
    decay: Decay = "constant"
    total_steps: int | None = None
    floor: float = 0.05

    def __post_init__(self) -> None:
        if self.warmup_steps < 0:
            raise InputError("--lr_warmup_steps must be at least 0, got {warmup_steps}", warmup_steps=self.warmup_steps)
        if self.decay == "cosine" and not self.total_steps:
            raise InputError("--lr_decay cosine needs an end to decay to: set --max_steps or --max_epochs")

    def factor(self, step: int) -> float:
        """Return the factor at an optimizer step."""
        if step < self.warmup_steps:
            return (step + 1) / self.warmup_steps
        if self.decay == "constant" or self.total_steps is None:
            return 1.0
        span = max(1, self.total_steps - self.warmup_steps)
        progress = min(1.0, (step - self.warmup_steps) / span)
        return self.floor + (1.0 - self.floor) * 0.5 * (1.0 + math.cos(math.pi * progress))


@dataclass(frozen=True, slots=True, kw_only=True)
class RampSchedule:
    """A weight that rises linearly from 0 to `final` over `ramp_steps`, and is `final` at once where that is 0."""

    final: float
    ramp_steps: int = 0

    def __call__(self, step: int) -> float:
        """Return the weight at an optimizer step."""
        return self.final if self.ramp_steps == 0 else self.final * min(1.0, step / self.ramp_steps)
