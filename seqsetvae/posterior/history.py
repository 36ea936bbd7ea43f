"""All checks of a run and what was said of them, in bounded memory: exact counts, curves that keep extremes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.collapse.verdict_history import VerdictHistory
from seqsetvae.logs.series import Series

#: The numbers of an `Observation` that are followed.
METRICS = (
    "kl", "variance", "active_units", "active_units_sigma", "collapsed_fraction", "mutual_information", "z_ablation",
    "recon",
)  # fmt: skip
#: Buckets that each metric is kept in at most; a figure is some 700 dots wide.
CAPACITY = 1000


class History(VerdictHistory):
    """Collects the checks of a run, with their verdicts.

    Args:
        capacity: How finely each metric is kept, see `Series`.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        super().__init__()
        self._capacity = capacity
        self._series = {name: Series(capacity) for name in METRICS}
        #: Latent dimensions, and sets of the samples, of the last check that had them: thresholds depend on them.
        self.dimensions = 0
        self.sample_sets: float | None = None

    def series(self, metric: str) -> Series:
        """Return the values of one of `METRICS`."""
        return self._series[metric]

    def add(self, observation: Observation, verdict: Verdict) -> None:
        """Add one more check."""
        self.add_verdict(verdict)
        if observation.kl_per_dim:
            self.dimensions = len(observation.kl_per_dim)
        if observation.sample_sets is not None:
            self.sample_sets = observation.sample_sets
        for name, series in self._series.items():
            value = getattr(observation, name)
            if value is not None:
                series.add(observation.step, value)

    def copy(self) -> Self:
        """Return a history that does not change when this one does: to hand over to a thread."""
        twin = super().copy()
        twin._series = {name: series.copy() for name, series in self._series.items()}
        return twin

    def state_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            **super().state_dict(),
            "series": {name: series.state_dict() for name, series in self._series.items()},
            "dimensions": self.dimensions,
            "sample_sets": self.sample_sets,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        super().load_state_dict(state)
        self._series = {name: _series_of(state["series"][name], self._capacity) for name in METRICS}
        self.dimensions = int(state["dimensions"])
        self.sample_sets = state["sample_sets"]


def _series_of(state: Mapping[str, Any], capacity: int) -> Series:
    """A series from its `state_dict`, or from the form that checkpoints had before: the extremes of its stretches."""
    series = Series(capacity)
    if "stretches" not in state:
        series.load_state_dict(state)
        return series
    points = [point for stretch in (*state["stretches"], [state["last"]]) for point in stretch if point is not None]
    for step, value in sorted({int(step): float(value) for step, value in points}.items()):
        series.add(step, value)
    return series
