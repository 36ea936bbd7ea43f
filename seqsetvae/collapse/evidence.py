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
from seqsetvae.collapse.posterior_course import PosteriorCourse
from seqsetvae.collapse.thresholds import ROWS, PosteriorSize, Thresholds

#: A number is clearly well again at this factor better than its threshold, and far beyond at half of it.
CLEAR_FACTOR, FAR_FACTOR = 1.5, 0.5
#: Sets below which a check says nothing of how sets differ; and, where samples are smaller, sets of a sample and of the
#: whole check from which their mean says something.
MIN_SETS = 16
SMALL_SAMPLE, MANY_SETS = 4, 64
#: KL of a dimension, nats, below which its μ says nothing worth the word, however much it varies.
WHOLE_KL = 0.01
#: Nats that are none: of mutual information, an estimate; and of KL, which information never exceeds.
NO_INFORMATION, NO_KL = 0.03, 0.04
#: Where KL and variance are all that is known: distance of the variance from 1.
SCALAR_VARIANCE = 0.05


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
        gone: Whether z says nothing: no information, or no KL.
        not_clear: Lines with a number that is abnormal or not yet clearly well again.
        measured: Lines of which anything was measured.
    """

    findings: tuple[Finding, ...]
    far: bool
    gone: bool
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
        return EvidenceLine.INFORMATION in lines and not lines.isdisjoint({EvidenceLine.DIMENSIONS, EvidenceLine.USE})
    return len(lines) >= 2


def confirm(lines: frozenset[EvidenceLine]) -> bool:
    """Return whether lines confirm a collapse: nothing differs from the prior, and z informs or helps nothing."""
    return {EvidenceLine.RATE, EvidenceLine.DIMENSIONS} <= lines and not lines.isdisjoint(
        {EvidenceLine.INFORMATION, EvidenceLine.USE}
    )


def is_the_prior(seen: Observation) -> bool:
    """Return whether a log of KL and variance alone shows the prior, as far as they can say."""
    unknown = seen.active_units is None and seen.mutual_information is None and not seen.kl_per_dim
    close = seen.variance is not None and abs(1.0 - seen.variance) < SCALAR_VARIANCE
    return unknown and close and seen.kl < NO_KL


def weigh(seen: Observation, thresholds: Thresholds, *, course: PosteriorCourse | None = None) -> Evidence:
    """Return what a finite check shows.

    Args:
        seen: The check.
        thresholds: Where numbers become abnormal.
        course: That of the run up to this check; None where the check stands alone.
    """
    readings = [*_rate(seen, thresholds), *_information(seen, thresholds)]
    if seen.sets is None or seen.sets >= MIN_SETS:
        readings += _dimensions(seen, thresholds)
    return Evidence(
        findings=tuple(Finding(line=reading.line, reason=reading.reason) for reading in readings if reading.abnormal),
        far={EvidenceLine.RATE, EvidenceLine.DIMENSIONS, EvidenceLine.INFORMATION}
        <= {reading.line for reading in readings if reading.far},
        gone=_says_nothing(seen, thresholds, course),
        not_clear=frozenset(reading.line for reading in readings if not reading.clear),
        measured=frozenset(reading.line for reading in readings),
    )


def active_share(seen: Observation) -> float | None:
    """Return the share of dimensions whose μ varies and which say something; None where it is not known."""
    if seen.active_units is None or not seen.kl_per_dim or (seen.sets is not None and seen.sets < MIN_SETS):
        return seen.active_units
    return min(seen.active_units, sum(kl >= WHOLE_KL for kl in seen.kl_per_dim) / len(seen.kl_per_dim))


def _says_nothing(seen: Observation, thresholds: Thresholds, course: PosteriorCourse | None) -> bool:
    """Return whether there is no information, or no KL where that is surely the posterior's own, in nats.

    A posterior that never woke up needs a little more to be excused.
    """
    information = seen.mutual_information if course is None else course.information_now
    size = size_of(seen)
    least_kl, least = (thresholds.limit(name, size) for name in ("kl_threshold", "mutual_information_threshold"))
    if least_kl is not None and seen.kl_per_dim and seen.kl < min(NO_KL, least_kl):
        return True
    if information is None or least is None or not _is_informative(seen):
        return False
    never_woke = course is not None and course.never_woke
    return information < (least if never_woke else min(NO_INFORMATION, least))


def _is_informative(seen: Observation) -> bool:
    """Return whether samples are large enough, or many enough, for their mutual information to say something."""
    if seen.mutual_information is None or seen.sample_sets is None:
        return False
    return seen.sample_sets >= MIN_SETS or (
        seen.sample_sets >= SMALL_SAMPLE and seen.sets is not None and seen.sets >= MANY_SETS
    )


def size_of(seen: Observation) -> PosteriorSize:
    """Return what a check says of the posterior's size."""
    return PosteriorSize(dimensions=len(seen.kl_per_dim), sample_sets=seen.sample_sets)


def _reading(line: EvidenceLine, name: str, seen: Observation, thresholds: Thresholds) -> list[_Reading]:
    """Compare a metric with the threshold of that name; none where one of them is unknown.

    Shares and variances that collapse drives to 1 are compared by their distance to 1, which must grow again.
    """
    row, limit = ROWS[name], thresholds.limit(name, size_of(seen))
    value: float | None = active_share(seen) if row.metric == "active_units" else getattr(seen, row.metric)
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
    if not _is_informative(seen):
        return use
    return _reading(EvidenceLine.INFORMATION, "mutual_information_threshold", seen, thresholds) + use
