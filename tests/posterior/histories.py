"""Histories for tests, and what they are made of: everything healthy unless said otherwise."""

from __future__ import annotations

from typing import Any

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level


def observation(step: int, kl: float = 5.0, **more: Any) -> Observation:
    """Return a check of a posterior of eight dimensions."""
    numbers: dict[str, Any] = {
        "variance": 0.5, "active_units": 0.75, "active_units_sigma": 1.0, "collapsed_fraction": 0.25, "recon": 2.0,
        "sets": 500.0, "sample_sets": 128.0, "kl_per_dim": (kl / 8,) * 8,
    }  # fmt: skip
    return Observation(step=step, kl=kl, **{**numbers, **more})


def verdict(step: int, level: Level = Level.GREEN, *, changed: bool = False, **more: Any) -> Verdict:
    """Return a verdict that is healthy where green, and else a collapse."""
    says: dict[str, Any] = {
        "condition": Condition.HEALTHY if level is Level.GREEN else Condition.COLLAPSE, "reasons": (), "advice": (),
        "since": step, "checks": 1,
    }  # fmt: skip
    return Verdict(step=step, level=level, changed=changed, **{**says, **more})


def history_of(levels: str, *, every: int = 100, **more: Any) -> History:
    """Return a history with one check for each letter: green, yellow, orange, red; `more` is in all observations."""
    by_letter = {str(level)[0]: level for level in (Level.GREEN, Level.YELLOW, Level.ORANGE, Level.RED)}
    history = History()
    for i, letter in enumerate(levels):
        step = every * (i + 1)
        changed = i == 0 or letter != levels[i - 1]
        history.add(observation(step, **more), verdict(step, by_letter[letter], changed=changed))
    return history
