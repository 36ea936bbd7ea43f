"""The evidence of one check: which numbers are abnormal, and which are clearly well again.

Numbers that measure the same thing form one *line* of evidence, and a posterior is only suspected of collapse where
lines agree:

* rate: how much the posterior differs from the prior (KL, with the variance at the prior's);
* dimensions: how many of them carry anything (active units, collapsed fraction);
* information: whether z tells sets apart (mutual information);
* use: whether reconstruction needs z (z ablation).

A posterior that has pruned 95 % of its dimensions and says all there is to say with the rest fails in one line alone;
a collapsed one fails in all of them.
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
#: Nats of mutual information that are little; of what an estimate can show at most, ln(sets of the sample), the share
#: that is.
LITTLE_INFORMATION, LITTLE_OF_SAMPLE = 0.5, 0.065
#: A number is clearly well again when it is this factor better than its threshold, and far gone at half of it.
CLEAR_FACTOR, FAR_FACTOR = 1.5, 0.5
#: Sets below which a check says nothing of how sets differ.
MIN_SETS = 16


class Line(StrEnum):
    """Independent lines of evidence for a collapse."""

    RATE = "rate"
    DIMENSIONS = "dimensions"
    INFORMATION = "information"
    USE = "use"


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
        far: Whether KL, dimensions and information are all far beyond their thresholds.
        not_clear: Lines with a number that is abnormal or not yet clearly well again.
        measured: Lines of which anything was measured.
    """

    findings: tuple[Finding, ...]
    far: bool
    not_clear: frozenset[Line]
    measured: frozenset[Line]

    @property
    def asleep(self) -> bool:
        """Whether sets make no difference to the posterior: few active units, or little information where unknown."""
        if Line.DIMENSIONS in self.measured:
            return Line.DIMENSIONS in self.lines
        return Line.INFORMATION in self.lines

    @property
    def lines(self) -> frozenset[Line]:
        """Lines with an abnormal number."""
        return frozenset(finding.line for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One number beside its threshold: what it says in words, and whether it is abnormal, far gone, clearly well."""

    line: Line
    reason: str
    abnormal: bool
    far: bool
    clear: bool


def _too_low(line: Line, value: float, threshold: float, reason: str) -> _Reading:
    return _Reading(
        line=line,
        reason=reason,
        abnormal=value < threshold,
        far=value < FAR_FACTOR * threshold,
        clear=value >= CLEAR_FACTOR * threshold,
    )


def _too_near_one(line: Line, value: float, threshold: float, reason: str) -> _Reading:
    """For shares and variances that collapse drives to 1: their distance to it is what must grow again."""
    distance, limit = 1.0 - value, 1.0 - threshold
    return _Reading(
        line=line,
        reason=reason,
        abnormal=distance < limit,
        far=distance < FAR_FACTOR * limit,
        clear=distance >= CLEAR_FACTOR * limit,
    )


def agree(lines: frozenset[Line], measured: frozenset[Line]) -> bool:
    """Return whether lines that could contradict each other agree that the posterior is collapsing.

    Nothing goes without information, where that was measured: few dimensions and a low KL may be all that a posterior
    needs. And low KL with low information are one finding, not two, since z never says more of its set than its KL:
    beside them, dimensions must have died, or reconstruction must do without z.
    """
    if Line.INFORMATION in measured:
        return Line.INFORMATION in lines and (Line.DIMENSIONS in lines or {Line.RATE, Line.USE} <= lines)
    return len(lines) >= 2


def confirm(lines: frozenset[Line]) -> bool:
    """Return whether lines leave no doubt: nothing differs from the prior, by any count, and z says or does nothing."""
    return {Line.RATE, Line.DIMENSIONS} <= lines and not lines.isdisjoint({Line.INFORMATION, Line.USE})


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
    given = thresholds.mutual_information_threshold
    return min(LITTLE_INFORMATION, LITTLE_OF_SAMPLE * math.log(sample_sets)) if given is None else given


def weigh(seen: Observation, thresholds: Thresholds) -> Evidence:
    """Return what a finite check shows."""
    readings = [*_rate(seen, thresholds), *_information(seen, thresholds)]
    if seen.sets is None or seen.sets >= MIN_SETS:
        readings += _dimensions(seen, thresholds)
    return Evidence(
        findings=tuple(Finding(line=reading.line, reason=reading.reason) for reading in readings if reading.abnormal),
        far={Line.RATE, Line.DIMENSIONS, Line.INFORMATION} <= {reading.line for reading in readings if reading.far},
        not_clear=frozenset(reading.line for reading in readings if not reading.clear),
        measured=frozenset(reading.line for reading in readings),
    )


def _rate(seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    """Low KL, with the prior's variance where that was measured."""
    if not seen.kl_per_dim and thresholds.kl_threshold is None:
        return []
    low, of_prior = kl_limit(thresholds, len(seen.kl_per_dim)), variance_limit(thresholds)
    kl = _too_low(Line.RATE, seen.kl, low, f"KL {number(seen.kl)} < {number(low)} nats")
    if seen.variance is None:
        return [kl]
    variance = _too_near_one(
        Line.RATE, seen.variance, of_prior, f"variance {number(seen.variance)} > {number(of_prior)}"
    )
    return [
        _Reading(
            line=Line.RATE,
            reason=f"{kl.reason} with {variance.reason}",
            abnormal=kl.abnormal and variance.abnormal,
            far=kl.far and variance.abnormal,
            clear=kl.clear or variance.clear,
        )
    ]


def _dimensions(seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    readings: list[_Reading] = []
    if seen.active_units is not None:
        few = active_units_limit(thresholds)
        reason = f"active units {percent(seen.active_units)} < {percent(few)}"
        readings.append(_too_low(Line.DIMENSIONS, seen.active_units, few, reason))
    if seen.collapsed_fraction is not None:
        many = thresholds.collapsed_fraction_threshold
        reason = f"collapsed dimensions {percent(seen.collapsed_fraction)} > {percent(many)}"
        readings.append(_too_near_one(Line.DIMENSIONS, seen.collapsed_fraction, many, reason))
    return readings


def _information(seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    readings: list[_Reading] = []
    if seen.mutual_information is not None and seen.sample_sets is not None and seen.sample_sets >= MIN_SETS:
        little = information_limit(thresholds, seen.sample_sets)
        reason = f"mutual information {number(seen.mutual_information)} < {number(little)} nats"
        readings.append(_too_low(Line.INFORMATION, seen.mutual_information, little, reason))
    if seen.z_ablation is not None:
        unused = thresholds.z_ablation_threshold
        reason = f"reconstruction {percent(seen.z_ablation)} worse with another set's z, < {percent(unused)}"
        readings.append(_too_low(Line.USE, seen.z_ablation, unused, reason))
    return readings


def number(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:.3g}"


def percent(share: float) -> str:
    """Return a share in percent, with a digit behind the point where it is small."""
    return f"{100 * share:.1f} %" if abs(share) < 0.1 else f"{100 * share:.0f} %"
