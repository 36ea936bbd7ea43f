"""The thresholds of a detector as numbers, for charts, figures and reports."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from seqsetvae.collapse.diagnosis import OVER_CONFIDENT_VARIANCE
from seqsetvae.collapse.thresholds import ROWS, PosteriorSize, Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where a metric leaves the healthy range.

    Attributes:
        metric: An attribute of `Observation`.
        value: The threshold, in the metric's unit.
        low: Whether the trouble is below it.
        note: What is beyond, or what else must hold; empty where the metric's name says it.
        beside: A metric that must be below its own limit as well; empty where this limit counts alone.
    """

    metric: str
    value: float
    low: bool = True
    note: str = ""
    beside: str = ""

    def broken_by(self, value: float) -> bool:
        """Return whether a value is on the wrong side; NaN is on neither side."""
        return value < self.value if self.low else value > self.value

    @property
    def label(self) -> str:
        """Where values should be, in short: `≥ 0.1`."""
        return f"{'≥' if self.low else '≤'} {self.value:.4g}"


def limits_in_force(thresholds: Thresholds, *, dimensions: int, sample_sets: float | None) -> tuple[Limit, ...]:
    """Return the limits of the detector that the settings name.

    Args:
        thresholds: The settings.
        dimensions: Latent dimensions; 0 where unknown, which leaves out what depends on them.
        sample_sets: Sets of the samples for mutual information; None where unknown.
    """
    size = PosteriorSize(dimensions=dimensions, sample_sets=sample_sets)
    if thresholds.detector == "original":
        return tuple(_original(thresholds, size))
    metrics = [row.metric for row in ROWS.values()]
    return tuple(sorted(_posterior(thresholds, size), key=lambda limit: metrics.index(limit.metric)))


def _posterior(thresholds: Thresholds, size: PosteriorSize) -> Iterator[Limit]:
    for name, row in ROWS.items():
        value = thresholds.limit(name, size) if row.metric else None
        if value is not None:
            yield Limit(metric=row.metric, value=value, low=row.low, note=row.note, beside=row.beside)
    yield Limit(metric="variance", value=OVER_CONFIDENT_VARIANCE, note="over-confident")


def _original(thresholds: Thresholds, size: PosteriorSize) -> Iterator[Limit]:
    for name, row in ROWS.items():
        value = thresholds.limit(name, size) if row.original is not None else None
        if value is not None:
            yield Limit(metric=row.original_metric, value=value)


def in_words(value: float) -> str:
    """Return a number as people read it: three digits, whole thousands, powers of ten only far out."""
    if math.isnan(value):
        return "NaN"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"
