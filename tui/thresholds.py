"""Reference levels of the posterior metrics, drawn as lines and shown as the state of a tile.

They mark where a single metric leaves the healthy range. Whether a run is collapsing is a verdict over several metrics
and over time, which the trainer's events tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tui.chart.plot import Threshold

KL_PER_DIMENSION = 0.005
"""Nats of KL for each latent dimension below which a posterior tells next to nothing."""

PINNED = ("posterior/kl", "posterior/variance", "posterior/active_units", "posterior/recon")
"""The metrics that are always in sight."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """A level that a metric should stay above (or below, when ``above`` is False)."""

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


def limit_for(metric: str, latent_dim: int | None) -> Limit | None:
    """The limit of a metric, or None; that of the KL needs the number of latent dimensions."""
    if metric == "posterior/kl":
        return Limit(value=KL_PER_DIMENSION * latent_dim, above=True) if latent_dim else None
    return {
        "posterior/active_units": Limit(value=0.1, above=True),
        "posterior/collapsed_fraction": Limit(value=0.9, above=False),
        "posterior/variance": Limit(value=0.95, above=False),
    }.get(metric)
