"""The detector's settings: one row for each threshold, with its meaning, range, unit, metric and default rule.

The rows are the fields of `Thresholds`. Flags, YAML keys, the form of the watcher, reference pages, limits on charts
and the sentences of the evidence are made from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, TypeVar, get_args

from seqsetvae.collapse.number_text import number, percent
from seqsetvae.setting import NOT_NEGATIVE, POSITIVE, SHARE, AllowedRange, at_least, check_ranges, one_of, setting

DetectorName = Literal["posterior", "original"]

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
#: KL above which it has exploded, nats: the larger of the two, the second for each latent dimension.
EXPLOSION, EXPLOSION_PER_DIMENSION = 100.0, 4.0
#: The rules of the original code, and those of its `--fast_detection`.
ORIGINAL_KL, ORIGINAL_VARIANCE, ORIGINAL_ACTIVE_UNITS = 0.01, 0.1, 0.1
FAST_KL, FAST_VARIANCE, FAST_ACTIVE_UNITS = 0.005, 0.05, 0.15

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorSize:
    """What a default may depend on.

    Attributes:
        dimensions: Latent dimensions; 0 where unknown.
        sample_sets: Sets of the samples for mutual information; None where unknown.
    """

    dimensions: int = 0
    sample_sets: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRow:
    """What is known of a setting of the detector beside its help text and range.

    Attributes:
        brief: Its meaning in a line of a form, at most 56 characters.
        metric: The attribute of `Observation` that it limits; empty for settings that limit none.
        low: Whether the trouble is below it, not above.
        unit: `nats`, `share`, `checks`, or empty.
        note: What else a limit on a chart says.
        beside: A metric that must be too low as well.
        reason: The sentence of the evidence, with `{value}` and `{limit}`.
        by_size: The detector's own choice where nothing is set; None where the size is not known.
        original: The rule of the original code, and its fast one.
        original_metric: The metric of the original rule.
    """

    brief: str
    metric: str = ""
    low: bool = True
    unit: str = ""
    note: str = ""
    beside: str = ""
    reason: str = ""
    by_size: Callable[[PosteriorSize], float | None] = lambda _: None
    original: tuple[float, float] | None = None
    original_metric: str = ""

    def reason_of(self, value: float, limit: float) -> str:
        """Return the sentence of the evidence for a value that is beyond its limit."""
        shown = percent if self.unit == "share" else number
        return self.reason.format(value=shown(value), limit=shown(limit))


def _low_kl(size: PosteriorSize) -> float | None:
    return min(LOW_KL_PER_DIMENSION * size.dimensions, LOW_KL) if size.dimensions else None


def _little_information(size: PosteriorSize) -> float | None:
    if size.sample_sets is None or size.sample_sets <= 1:
        return None
    return min(LITTLE_INFORMATION, LITTLE_OF_SAMPLE * math.log(size.sample_sets))


def _explosion(size: PosteriorSize) -> float | None:
    return max(EXPLOSION, EXPLOSION_PER_DIMENSION * size.dimensions) if size.dimensions else None


def _row(default: T, meaning: str, brief: str, allowed: AllowedRange | None = None, **known: Any) -> T:
    """Return the field of a setting, with its `ThresholdRow`."""
    return setting(default, meaning, allowed=allowed, section="collapse", row=ThresholdRow(brief=brief, **known))


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """The settings of a detector, which are flags of training too; None is the detector's own choice.

    Raises:
        InputError: a value is out of its range; the message names the flag and the value.
    """

    detector: DetectorName = _row(
        "posterior", "who judges the posterior; original = the rules of the original code, for comparison",
        "posterior, or original: the rules of the original code", one_of(*get_args(DetectorName)),
    )  # fmt: skip
    fast_detection: bool = _row(
        False, "check the posterior twice as often; --detector original also takes its fast thresholds",
        "with original: its other thresholds, true or false",
    )  # fmt: skip
    kl_threshold: float | None = _row(
        None, "nats a set below which KL is low; 0.02 a latent dimension, at most 1 (original: 0.01, fast 0.005)",
        "KL is low below, nats a set; none: by latent dimensions", POSITIVE,
        metric="kl", unit="nats", reason="KL {value} < {limit} nats", by_size=_low_kl,
        original=(ORIGINAL_KL, FAST_KL), original_metric="kl",
    )  # fmt: skip
    var_threshold: float | None = _row(
        None, "mean variance above which a posterior of low KL is the prior; 0.95 (original: below 0.1, fast 0.05)",
        "with low KL, mean σ² is the prior's above; none: 0.95", POSITIVE,
        metric="variance", low=False, note="with low KL", beside="kl", reason="variance {value} > {limit}",
        by_size=lambda _: PRIOR_VARIANCE, original=(ORIGINAL_VARIANCE, FAST_VARIANCE), original_metric="variance",
    )  # fmt: skip
    active_units_threshold: float | None = _row(
        None, "share of active units below which they are few; 0.1 (original fast: 0.15)",
        "active dimensions are few below, share; none: 0.1", SHARE,
        metric="active_units", unit="share", reason="active units {value} < {limit}",
        by_size=lambda _: FEW_ACTIVE_UNITS,
        original=(ORIGINAL_ACTIVE_UNITS, FAST_ACTIVE_UNITS), original_metric="active_units_sigma",
    )  # fmt: skip
    collapsed_fraction_threshold: float = _row(
        0.9, "share of collapsed dimensions above which they are many", "collapsed dimensions are many above, share",
        SHARE, metric="collapsed_fraction", low=False, unit="share", reason="collapsed dimensions {value} > {limit}",
    )  # fmt: skip
    mutual_information_threshold: float | None = _row(
        None,
        "nats of mutual information below which z says nothing; 0.5, or less where samples cannot show so much",
        "z tells little below, nats; none: by the sample", POSITIVE,
        metric="mutual_information", unit="nats", reason="mutual information {value} < {limit} nats",
        by_size=_little_information,
    )  # fmt: skip
    z_ablation_threshold: float = _row(
        0.01, "relative loss of reconstruction below which the decoder does without z",
        "decoder does without z below, relative loss", SHARE,
        metric="z_ablation", unit="share",
        reason="swapping z changes the loss by {value}; a used latent costs at least {limit}",
    )  # fmt: skip
    kl_explosion_threshold: float | None = _row(
        None, "nats a set above which KL has exploded; the larger of 100 and 4 a latent dimension",
        "KL has exploded above, nats; none: by dimensions", POSITIVE,
        metric="kl", low=False, unit="nats", note="explosion", reason="KL {value} > {limit} nats", by_size=_explosion,
    )  # fmt: skip
    min_checks: int = _row(
        5, "checks, or 20 steps for each if that is sooner, before which the verdict is green: too early to tell",
        "checks before which it is too early to tell", at_least(1), unit="checks",
    )  # fmt: skip
    window_size: int = _row(
        50, "checks over which trends are taken", "checks over which trends are taken, at least 3", at_least(3),
        unit="checks",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds(DetectorSettings):
    """All that a detector is set by: its own settings, and what it must know of the objective."""

    free_bits: float = setting(
        0.0, "nats per latent dimension that cost nothing, on the batch mean", allowed=NOT_NEGATIVE,
        row=ThresholdRow(brief="nats a dimension that cost nothing", unit="nats"),
    )  # fmt: skip

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Return the thresholds among a run's settings, as its manifest has them; other settings are passed over.

        Raises:
            InputError: a threshold is out of range; the message names the flag and the value.
        """
        return cls(**{name: settings[name] for name in ROWS if name in settings})

    @classmethod
    def usable_in(cls, settings: Mapping[str, Any]) -> tuple[Self, tuple[str, ...]]:
        """Return the thresholds among settings that any program may have written, and the names that cannot be used.

        A setting that cannot be used is left at its default.
        """
        unusable = tuple(name for name in ROWS if name in settings and not cls._takes(name, settings[name]))
        return cls.of({name: value for name, value in settings.items() if name not in unusable}), unusable

    @classmethod
    def _takes(cls, name: str, value: object) -> bool:
        try:
            cls.of({name: value})
        except (ValueError, TypeError):
            return False
        return True

    def limit(self, name: str, size: PosteriorSize) -> float | None:
        """Return what a metric is compared with: what was set, or else the choice of the detector.

        Args:
            name: A setting that limits a metric.
            size: What the choice depends on; where that is unknown, the answer is None.
        """
        given: float | None = getattr(self, name)
        if given is not None:
            return given
        row = ROWS[name]
        if self.detector == "original" and row.original is not None:
            return row.original[self.fast_detection]
        return row.by_size(size)


#: The row of each setting, in the order of the flags.
ROWS: Mapping[str, ThresholdRow] = {known.name: known.metadata["row"] for known in fields(Thresholds)}
