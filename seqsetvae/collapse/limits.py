"""The thresholds of a detector in numbers, for people to look at: in figures and reports."""

from __future__ import annotations

import math
from dataclasses import dataclass

from seqsetvae.collapse.diagnosis import OVER_CONFIDENT_VARIANCE, explosion_limit
from seqsetvae.collapse.evidence import active_units_limit, information_limit, kl_limit, variance_limit
from seqsetvae.collapse.thresholds import (
    FAST_ACTIVE_UNITS,
    FAST_KL,
    FAST_VARIANCE,
    ORIGINAL_ACTIVE_UNITS,
    ORIGINAL_KL,
    ORIGINAL_VARIANCE,
    Thresholds,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Where a metric leaves the healthy range.

    Attributes:
        metric: An attribute of `Observation`.
        value: The threshold, in the metric's unit.
        low: Whether the trouble is below it.
        note: What is beyond, or what else must hold; empty where the metric's name says it.
    """

    metric: str
    value: float
    low: bool = True
    note: str = ""


def limits_in_force(thresholds: Thresholds, *, dimensions: int, sample_sets: float | None) -> tuple[Limit, ...]:
    """Return the limits of the detector that the settings name.

    Args:
        thresholds: The settings.
        dimensions: Latent dimensions; 0 where unknown, which leaves out what depends on them.
        sample_sets: Sets of the samples for mutual information; None where unknown.
    """
    if thresholds.detector == "original":
        return _original(thresholds)
    limits = []
    if dimensions or thresholds.kl_threshold is not None:
        limits.append(Limit(metric="kl", value=kl_limit(thresholds, dimensions)))
    if dimensions or thresholds.kl_explosion_threshold is not None:
        explosion = explosion_limit(dimensions, thresholds)
        limits.append(Limit(metric="kl", value=explosion, low=False, note="explosion"))
    limits += [
        Limit(metric="variance", value=variance_limit(thresholds), low=False, note="with low KL"),
        Limit(metric="variance", value=OVER_CONFIDENT_VARIANCE, note="over-confident"),
        Limit(metric="active_units", value=active_units_limit(thresholds)),
        Limit(metric="collapsed_fraction", value=thresholds.collapsed_fraction_threshold, low=False),
    ]
    if sample_sets is not None and sample_sets > 1:
        limits.append(Limit(metric="mutual_information", value=information_limit(thresholds, sample_sets)))
    return (*limits, Limit(metric="z_ablation", value=thresholds.z_ablation_threshold))


def in_words(value: float) -> str:
    """Return a number as people read it: three digits, whole thousands, powers of ten only far out."""
    if math.isnan(value):
        return "NaN"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def _original(thresholds: Thresholds) -> tuple[Limit, ...]:
    fast = thresholds.fast_detection
    rules = (
        ("kl", thresholds.kl_threshold, FAST_KL if fast else ORIGINAL_KL),
        ("variance", thresholds.var_threshold, FAST_VARIANCE if fast else ORIGINAL_VARIANCE),
        (
            "active_units_sigma",
            thresholds.active_units_threshold,
            FAST_ACTIVE_UNITS if fast else ORIGINAL_ACTIVE_UNITS,
        ),
    )
    return tuple(Limit(metric=name, value=default if given is None else given) for name, given, default in rules)
