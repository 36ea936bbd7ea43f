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

from dataclasses import dataclass
from enum import StrEnum

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import ROWS, PosteriorSize, Thresholds

#: A number is clearly well again at this factor better than its threshold, and far beyond at half of it.
CLEAR_FACTOR, FAR_FACTOR = 1.5, 0.5
#: Sets below which a check says nothing of how sets differ.
MIN_SETS = 16


class EvidenceLine(StrEnum):
    """Independent lines of evidence for a collapse."""

    RATE = "rate"
    DIMENSIONS = "dimensions"
    INFORMATION = "information"
    USE = "use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One number that is abnormal, in words."""

    line: EvidenceLine
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
    not_clear: frozenset[EvidenceLine]
    measured: frozenset[EvidenceLine]

    @property
    def asleep(self) -> bool:
        """Whether sets make no difference to the posterior: few active units, or little information where unknown."""
        if EvidenceLine.DIMENSIONS in self.measured:
            return EvidenceLine.DIMENSIONS in self.lines
        return EvidenceLine.INFORMATION in self.lines

    @property
    def lines(self) -> frozenset[EvidenceLine]:
        """Lines with an abnormal number."""
        return frozenset(finding.line for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One number beside its threshold: whether it is abnormal (and the reason in words), far gone, or clearly well."""

    line: EvidenceLine
    reason: str
    abnormal: bool
    far: bool
    clear: bool


def agree(lines: frozenset[EvidenceLine], measured: frozenset[EvidenceLine]) -> bool:
    """Return whether lines that could contradict each other agree that the posterior is collapsing.

    Nothing goes without information, where that was measured: few dimensions and a low KL may be all that a posterior
    needs. And low KL with low information are one finding, not two, since z never says more of its set than its KL:
    beside them, dimensions must have died, or reconstruction must do without z.
    """
    if EvidenceLine.INFORMATION in measured:
        return EvidenceLine.INFORMATION in lines and (
            EvidenceLine.DIMENSIONS in lines or {EvidenceLine.RATE, EvidenceLine.USE} <= lines
        )
    return len(lines) >= 2


def confirm(lines: frozenset[EvidenceLine]) -> bool:
    """Return whether lines confirm a collapse: nothing differs from the prior, and z informs or helps nothing."""
    return {EvidenceLine.RATE, EvidenceLine.DIMENSIONS} <= lines and not lines.isdisjoint(
        {EvidenceLine.INFORMATION, EvidenceLine.USE}
    )


def weigh(seen: Observation, thresholds: Thresholds) -> Evidence:
    """Return what a finite check shows."""
    readings = [*_rate(seen, thresholds), *_information(seen, thresholds)]
    if seen.sets is None or seen.sets >= MIN_SETS:
        readings += _dimensions(seen, thresholds)
    return Evidence(
        findings=tuple(Finding(line=reading.line, reason=reading.reason) for reading in readings if reading.abnormal),
        far={EvidenceLine.RATE, EvidenceLine.DIMENSIONS, EvidenceLine.INFORMATION}
        <= {reading.line for reading in readings if reading.far},
        not_clear=frozenset(reading.line for reading in readings if not reading.clear),
        measured=frozenset(reading.line for reading in readings),
    )


def size_of(seen: Observation) -> PosteriorSize:
    """Return what a check says of the posterior's size."""
    return PosteriorSize(dimensions=len(seen.kl_per_dim), sample_sets=seen.sample_sets)


def _reading(line: EvidenceLine, name: str, seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    """Compare a metric with the threshold of that name; none where one of them is unknown.

    Shares and variances that collapse drives to 1 are compared by their distance to 1, which must grow again.
    """
    row, limit = ROWS[name], thresholds.limit(name, size_of(seen))
    value: float | None = getattr(seen, row.metric)
    if value is None or limit is None:
        return []
    distance, reach = (value, limit) if row.low else (1.0 - value, 1.0 - limit)
    abnormal = distance < reach
    return [
        _Reading(
            line=line,
            reason=row.reason_of(value, limit) if abnormal else "",
            abnormal=abnormal,
            far=distance < FAR_FACTOR * reach,
            clear=distance >= CLEAR_FACTOR * reach,
        )
    ]


def _rate(seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    """Return low KL, together with the prior's variance where that was measured."""
    kl = _reading(EvidenceLine.RATE, "kl_threshold", seen, thresholds)
    variance = _reading(EvidenceLine.RATE, "var_threshold", seen, thresholds)
    return [_both(*kl, *variance)] if kl and variance else kl


def _both(kl: _Reading, variance: _Reading) -> _Reading:
    return _Reading(
        line=EvidenceLine.RATE,
        reason=f"{kl.reason} with {variance.reason}",
        abnormal=kl.abnormal and variance.abnormal,
        far=kl.far and variance.abnormal,
        clear=kl.clear or variance.clear,
    )


def _dimensions(seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    names = ("active_units_threshold", "collapsed_fraction_threshold")
    return [reading for name in names for reading in _reading(EvidenceLine.DIMENSIONS, name, seen, thresholds)]


def _information(seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    use = _reading(EvidenceLine.USE, "z_ablation_threshold", seen, thresholds)
    if seen.sample_sets is None or seen.sample_sets < MIN_SETS:
        return use
    return _reading(EvidenceLine.INFORMATION, "mutual_information_threshold", seen, thresholds) + use
