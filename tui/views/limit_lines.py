"""Limits of the posterior metrics, drawn as lines and shown as the state of a tile.

They are the thresholds that the run itself is judged by. They mark where a single number leaves the healthy range;
whether a posterior collapses is a verdict over several numbers and over time, which the trainer's events tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from seqsetvae.collapse.limits import limits_in_force
from seqsetvae.collapse.observation import PREFIX
from seqsetvae.collapse.thresholds import Thresholds
from tui.chart.plot import Threshold

KL, VARIANCE = f"{PREFIX}kl", f"{PREFIX}variance"

PINNED = (KL, VARIANCE, f"{PREFIX}active_units", f"{PREFIX}recon")
"""The metrics that are always in sight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A level that a metric should stay above (or below, when `above` is False)."""

    value: float
    above: bool

    def broken_by(self, value: float) -> bool:
        """Whether a value lies on the wrong side; a NaN does not, it is shown as what it is."""
        if math.isnan(value):
            return False
        return value < self.value if self.above else value > self.value

    @property
    def threshold(self) -> Threshold:
        """The line to draw."""
        return Threshold(value=self.value, label=f"{'≥' if self.above else '≤'} {self.value:.4g}")


Limits = Mapping[str, tuple[Limit, ...]]
"""The limits of each metric that has any, the most telling first."""


def limits_of(config: Mapping[str, Any], *, dimensions: int, sample_sets: float | None) -> Limits:
    """Return the limits of a run.

    Args:
        config: The settings in its manifest.
        dimensions: Latent dimensions; 0 where unknown, which leaves out what depends on them.
        sample_sets: Sets of the samples for mutual information; None where unknown.
    """
    found: dict[str, tuple[Limit, ...]] = {}
    for limit in limits_in_force(thresholds_in(config), dimensions=dimensions, sample_sets=sample_sets):
        name = PREFIX + limit.metric
        found[name] = (*found.get(name, ()), Limit(value=limit.value, above=limit.low))
    return found


def broken_limit(metric: str, value: float, limits: Limits, *, kl: float) -> Limit | None:
    """The limit that a value breaks, or None.

    A variance like the prior's is suspicious only beside a low KL: a posterior that needs few of its dimensions has it
    too. `kl` is the newest KL, NaN where there is none.
    """
    broken = [limit for limit in limits.get(metric, ()) if limit.broken_by(value)]
    if metric == VARIANCE and not any(limit.above and limit.broken_by(kl) for limit in limits.get(KL, ())):
        broken = [limit for limit in broken if limit.above]
    return broken[0] if broken else None


def thresholds_in(config: Mapping[str, Any]) -> Thresholds:
    """The detector's settings in a manifest, which any program may have written: what cannot be one is left out."""
    usable = {field.name: config[field.name] for field in fields(Thresholds) if _is_usable(config, field.name)}
    return Thresholds.of(usable)


def _is_usable(config: Mapping[str, Any], name: str) -> bool:
    if name not in config:
        return False
    try:
        Thresholds.of({name: config[name]})
    except (ValueError, TypeError):
        return False
    return True
