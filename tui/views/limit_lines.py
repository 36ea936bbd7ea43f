"""Limits of the posterior metrics, drawn as lines and shown as the state of a tile.

They are the thresholds that the run itself is judged by. They mark where a single number leaves the healthy range;
whether a posterior collapses is a verdict over several numbers and over time, which the trainer's events give.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsetvae.collapse.limits import Limit, limits_in_force
from seqsetvae.collapse.observation import PREFIX
from seqsetvae.collapse.thresholds import Thresholds

KL = f"{PREFIX}kl"

PINNED = (KL, f"{PREFIX}variance", f"{PREFIX}active_units", f"{PREFIX}recon")
"""The metrics that are always in sight."""

Limits = Mapping[str, tuple[Limit, ...]]
"""The limits of each metric that has any, the most telling first."""


def limits_of(config: Mapping[str, Any], *, dimensions: int, sample_sets: float | None) -> Limits:
    """Return the limits of a run.

    Args:
        config: The settings in its manifest; what cannot be a threshold is left at its default.
        dimensions: Latent dimensions; 0 where unknown, which leaves out what depends on them.
        sample_sets: Sets of the samples for mutual information; None where unknown.
    """
    found: dict[str, tuple[Limit, ...]] = {}
    thresholds, _ = Thresholds.usable_in(config)
    for limit in limits_in_force(thresholds, dimensions=dimensions, sample_sets=sample_sets):
        name = PREFIX + limit.metric
        found[name] = (*found.get(name, ()), limit)
    return found


def broken_limit(metric: str, value: float, limits: Limits, *, kl: float) -> Limit | None:
    """Return the limit that a value breaks, or None.

    A variance like the prior's is suspicious only beside a low KL: a posterior that needs few of its dimensions has it
    too. `kl` is the newest KL, NaN where there is none.
    """
    low_kl = any(limit.low and limit.broken_by(kl) for limit in limits.get(KL, ()))
    broken = (limit for limit in limits.get(metric, ()) if limit.broken_by(value) and (low_kl or not limit.beside))
    return next(broken, None)
