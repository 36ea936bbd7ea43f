"""Courses of training as a detector sees them: checks of a living posterior, of a dead one, and what is made of them.

Thirty-two dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from seqsetvae.collapse.detector import Detector
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.posterior_detector import PosteriorDetector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.records import Level

DIMENSIONS = 32


def alive(**changes: Any) -> Observation:
    """A posterior that says 2.4 nats of its sets, with β at its height."""
    check = Observation(
        step=0, kl=5.0, variance=0.75, active_units=0.95, active_units_sigma=1.0, collapsed_fraction=0.0,
        mutual_information=2.4, recon=1.7, sets=2000.0, sample_sets=96.0, beta=0.01, max_beta=0.01,
        kl_per_dim=(5.0 / DIMENSIONS,) * DIMENSIONS,
    )  # fmt: skip
    return replace(check, **changes)


def dead(**changes: Any) -> Observation:
    """The prior, whatever the set."""
    check = replace(
        alive(), kl=0.01, variance=0.999, active_units=0.0, collapsed_fraction=1.0, mutual_information=0.002,
        kl_per_dim=(0.01 / DIMENSIONS,) * DIMENSIONS,
    )  # fmt: skip
    return replace(check, **changes)


def diverged() -> Observation:
    """Numbers that are none."""
    return replace(alive(), kl=float("nan"), variance=float("nan"), recon=float("nan"))


def numbered(checks: Iterable[Observation], *, every: int = 10) -> list[Observation]:
    """Return the checks with steps `every` apart."""
    return [replace(check, step=every * number) for number, check in enumerate(checks, start=1)]


def judged(checks: Iterable[Observation], thresholds: Thresholds | None = None) -> list[Verdict]:
    """Return what the detector says of each check."""
    return verdicts(PosteriorDetector(thresholds or Thresholds()), numbered(checks))


def verdicts(detector: Detector, checks: Sequence[Observation]) -> list[Verdict]:
    """Return what a detector says of each check."""
    return [detector.observe(check) for check in checks]


def levels(found: Iterable[Verdict]) -> str:
    """Return the levels as their first letters, one a check."""
    letters = {Level.GREEN: "g", Level.YELLOW: "y", Level.ORANGE: "o", Level.RED: "r"}
    return "".join(letters[verdict.level] for verdict in found)
