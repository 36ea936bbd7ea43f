"""The evidence of one check: which numbers are abnormal, and which are clearly well again.

Numbers that measure the same thing form one *line* of evidence, and a posterior is only suspected of collapse where
lines agree:

* rate: how much the posterior differs from the prior (KL; with it, a variance at the prior's);
* dimensions: how many of them carry anything (active units, collapsed fraction);
* information: whether z tells sets apart, or is used (mutual information, z ablation).

A posterior that has pruned 95 % of its dimensions and says all there is to say with the rest fails in one line alone;
a collapsed one fails in all three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds

#: Nats a set below which KL is low: so many for each latent dimension, and never more than the second, since z cannot
#: say more of its set than its KL.
LOW_KL_PER_DIMENSION, LOW_KL = 0.02, 1.0
#: Mean σ² above which a posterior of low KL is the prior.
PRIOR_VARIANCE = 0.95
#: Share of active dimensions below which they are few.
FEW_ACTIVE_UNITS = 0.1
#: What mutual information can show at most is ln(sets of the sample); this share of it is little in a small sample.
LITTLE_OF_SAMPLE = 0.1
#: How far beyond its threshold, as a factor, a number must come back to count as well again.
CLEAR_FACTOR = 1.5
#: Sets below which a check says nothing of how sets differ.
MIN_SETS = 16


class Line(StrEnum):
    """Independent lines of evidence for a collapse."""

    RATE = "rate"
    DIMENSIONS = "dimensions"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number that is abnormal, in words."""

    line: Line
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one check shows.

    Attributes:
        findings: The abnormal numbers.
        not_clear: Lines with a number that is abnormal or not yet clearly well again.
        measured: Lines of which anything was measured.
    """

    findings: tuple[Finding, ...]
    not_clear: frozenset[Line]
    measured: frozenset[Line]

    @property
    def lines(self) -> frozenset[Line]:
        """Lines with an abnormal number."""
        return frozenset(finding.line for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """One number beside its threshold; `low` says on which side the trouble is."""

    line: Line
    value: float
    threshold: float
    reason: str
    low: bool = True

    @property
    def abnormal(self) -> bool:
        return self.value < self.threshold if self.low else self.value > self.threshold

    @property
    def clear(self) -> bool:
        if self.low:
            return self.value >= CLEAR_FACTOR * self.threshold
        # Shares near 1: the distance to 1 is what must grow.
        return 1.0 - self.value >= CLEAR_FACTOR * (1.0 - self.threshold)


def kl_limit(thresholds: Thresholds, dimensions: int) -> float:
    """Return the nats a set below which KL is low."""
    given = thresholds.kl_threshold
    return min(LOW_KL_PER_DIMENSION * dimensions, LOW_KL) if given is None else given


def active_units_limit(thresholds: Thresholds) -> float:
    """Return the share of active dimensions below which they are few."""
    given = thresholds.active_units_threshold
    return FEW_ACTIVE_UNITS if given is None else given


def variance_limit(thresholds: Thresholds) -> float:
    """Return the mean σ² above which a posterior of low KL is the prior."""
    return PRIOR_VARIANCE if thresholds.var_threshold is None else thresholds.var_threshold


def information_limit(thresholds: Thresholds, sample_sets: float) -> float:
    """Return the nats of mutual information below which z says nothing, for samples of `sample_sets` sets."""
    return min(thresholds.mutual_information_threshold, LITTLE_OF_SAMPLE * math.log(sample_sets))


def weigh(observation: Observation, thresholds: Thresholds) -> Evidence:
    """Return what a finite check shows."""
    limits = _limits(observation, thresholds)
    return Evidence(
        findings=tuple(Finding(line=limit.line, reason=limit.reason) for limit in limits if limit.abnormal),
        not_clear=frozenset(limit.line for limit in limits if not limit.clear),
        measured=frozenset(limit.line for limit in limits),
    )


def _limits(seen: Observation, thresholds: Thresholds) -> list[_Limit]:
    limits = _rate_limits(seen, thresholds)
    enough = seen.sets is None or seen.sets >= MIN_SETS
    if seen.active_units is not None and enough:
        few = active_units_limit(thresholds)
        limits.append(
            _Limit(
                line=Line.DIMENSIONS,
                value=seen.active_units,
                threshold=few,
                reason=f"active units {percent(seen.active_units)} < {percent(few)}",
            )
        )
    if seen.collapsed_fraction is not None and enough:
        many = thresholds.collapsed_fraction_threshold
        limits.append(
            _Limit(
                line=Line.DIMENSIONS,
                value=seen.collapsed_fraction,
                threshold=many,
                low=False,
                reason=f"collapsed dimensions {percent(seen.collapsed_fraction)} > {percent(many)}",
            )
        )
    if seen.mutual_information is not None and seen.sample_sets is not None and seen.sample_sets >= MIN_SETS:
        little = information_limit(thresholds, seen.sample_sets)
        limits.append(
            _Limit(
                line=Line.INFORMATION,
                value=seen.mutual_information,
                threshold=little,
                reason=f"mutual information {number(seen.mutual_information)} < {number(little)} nats",
            )
        )
    if seen.z_ablation is not None:
        unused = thresholds.z_ablation_threshold
        limits.append(
            _Limit(
                line=Line.INFORMATION,
                value=seen.z_ablation,
                threshold=unused,
                reason=f"reconstruction is {percent(seen.z_ablation)} worse with another set's z, < {percent(unused)}",
            )
        )
    return limits


def _rate_limits(seen: Observation, thresholds: Thresholds) -> list[_Limit]:
    dimensions = len(seen.kl_per_dim)
    if not dimensions and thresholds.kl_threshold is None:
        return []
    low = kl_limit(thresholds, dimensions)
    of_prior = variance_limit(thresholds)
    prior = seen.kl < low and seen.variance is not None and seen.variance > of_prior
    reason = f"KL {number(seen.kl)} < {number(low)} nats"
    if prior and seen.variance is not None:
        reason += f", with variance {number(seen.variance)} the prior's"
    return [_Limit(line=Line.RATE, value=seen.kl, threshold=low, reason=reason)]


def number(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:.3g}"


def percent(share: float) -> str:
    """Return a share in percent, with a digit behind the point where it is small."""
    return f"{100 * share:.1f} %" if abs(share) < 0.1 else f"{100 * share:.0f} %"
