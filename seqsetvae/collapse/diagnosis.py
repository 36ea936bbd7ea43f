"""The name of what a check shows, and the evidence for it: one check, one diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

from seqsetvae.collapse.evidence import Evidence, EvidenceLine, agree, confirm, is_the_prior, size_of
from seqsetvae.collapse.hysteresis import LevelSignal
from seqsetvae.collapse.number_text import number, percent
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.posterior_course import AWAKE, WAKING_STEPS, PosteriorCourse
from seqsetvae.collapse.thresholds import EXPLOSION, LOW_KL_PER_DIMENSION, ROWS, Thresholds
from seqsetvae.collapse.trend import relative_change
from seqsetvae.collapse.verdict import Condition
from seqsetvae.stream.records import Level

#: Mean σ² below which a posterior is more certain than a model of noisy data should be.
OVER_CONFIDENT_VARIANCE = 0.03
#: A dimension is held by free bits where its KL lies between these multiples of the floor (below it, KL costs nothing
#: and is left to itself), and a posterior where half of them are.
HELD_FROM, HELD_TO, HELD_SHARE = 0.2, 1.2, 0.5
#: Share of what β rises to below which warm-up is still to decide.
WARM_SHARE = 0.5
#: Relative fall of reconstruction over the window with which a model is still learning.
LEARNING = 0.02
#: Steps that stand for each of the checks before which it is too early to judge, where those take longer.
EARLY_STEPS = 20
#: KL has exploded where it is this much above what it was.
GROWN = 2.0
#: What is said of a log without anything that is judged.
UNSEEN = "too little is logged: log posterior/mutual_information and posterior/active_units to have it judged"
#: Information has fallen where its best was so many times as much; β is part of the reason where it rose by as much.
FALLEN, RAISED = 3.0, 1.5
#: β, as a share of the reconstruction loss, above which a nat of KL costs more than it is likely to earn.
COSTLY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What one check shows.

    Attributes:
        condition: Its name.
        reasons: The evidence in words.
        signal: What it means for the level.
    """

    condition: Condition
    reasons: tuple[str, ...]
    signal: LevelSignal


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """All that is looked for in a check.

    Attributes:
        evidence: For a collapse.
        explosion: KL above its limit, in words, or None.
        over_confident: Variance near 0, in words, or None.
        silent_level: One latent level that carries nothing beside one that does, in words, or None.
        held: Half of the dimensions at the free-bits floor, in words, or None.
        prior_alone: KL and variance are the prior's and nothing else is known, in words, or None.
        fallen: How far information fell, and what β did meanwhile, in words, or None.
        fading: Information falls and is well below its best, in words, or None.
        risen: The reconstruction loss is far above its best, in words, or None.
        early: Too few checks to judge.
        asleep: Sets never made a difference to the posterior, and it may still wake up.
        warming_up: β is below half of what it rises to.
        learning: Reconstruction improves over the window.
        recovering: Mutual information is rising.
        costly: A nat of KL costs so much of the loss that β alone explains why z says little.
    """

    evidence: Evidence
    explosion: str | None
    over_confident: str | None
    silent_level: str | None
    held: str | None
    prior_alone: str | None
    fallen: str | None
    fading: str | None
    risen: str | None
    early: bool
    asleep: bool
    warming_up: bool
    learning: bool
    recovering: bool
    costly: bool

    @property
    def lines(self) -> frozenset[EvidenceLine]:
        """Lines of evidence for a collapse; a KL that free bits hold up says nothing against it."""
        found = self.evidence.lines
        return found | {EvidenceLine.RATE} if self.held and found else found

    @property
    def agreeing(self) -> bool:
        """Whether lines of evidence agree that the posterior is collapsing, and it is not recovering."""
        together = agree(self.evidence.lines, self.evidence.measured)
        return (self.evidence.gone or self.prior_alone is not None or together) and not self.recovering

    @property
    def confirmed(self) -> bool:
        """Whether nothing speaks against a collapse."""
        return self.agreeing and (self.evidence.gone or confirm(self.lines))

    @property
    def reasons(self) -> tuple[str, ...]:
        """The evidence in words."""
        if self.explosion or self.prior_alone:
            return (self.explosion or self.prior_alone or "",)
        if not self.evidence.measured:
            return (UNSEEN,)
        found = tuple(
            self.fallen if self.fallen and finding.line is EvidenceLine.INFORMATION else finding.reason
            for finding in self.evidence.findings
        )
        beside = (self.silent_level, self.fading, self.risen, self.over_confident) if not found else ()
        return (*found, *(reason for reason in (*beside, self.held) if reason))


def diagnose(seen: Observation, evidence: Evidence, thresholds: Thresholds, course: PosteriorCourse) -> Diagnosis:
    """Return what a check shows whose numbers are finite.

    Args:
        seen: The check.
        evidence: What it weighs, see `weigh`.
        thresholds: Where numbers become abnormal.
        course: That of the run up to this check.
    """
    warming = _warming_up(seen)
    signs = Signs(
        evidence=evidence,
        explosion=_explosion(seen, thresholds, course),
        over_confident=_over_confident(seen, course),
        silent_level=_silent_level(seen),
        held=_held_by_free_bits(seen, thresholds),
        prior_alone=_prior_alone(seen, course),
        fallen=_fallen(seen, course),
        fading=None if warming else _fading(course),
        risen=None if warming else _risen(course),
        early=course.checks < thresholds.min_checks and course.age < EARLY_STEPS * thresholds.min_checks,
        asleep=course.may_wake,
        warming_up=warming,
        learning=relative_change(course.recon_window) < -LEARNING,
        recovering=course.recovering,
        costly=seen.beta is not None and seen.recon is not None and seen.beta > COSTLY * seen.recon,
    )
    return Diagnosis(condition=name(signs), reasons=signs.reasons, signal=level_signal(signs))


def name(signs: Signs) -> Condition:
    """Return the name of a condition by its signs; `not enough evidence` or `warming up` while it is too early."""
    lines = signs.lines
    if signs.early or not (signs.evidence.measured or signs.prior_alone):
        return Condition.NOT_ENOUGH_EVIDENCE
    if signs.asleep:
        return Condition.NOT_AWAKE
    if signs.warming_up:
        return Condition.WARMING_UP
    if signs.explosion:
        return Condition.KL_EXPLOSION
    if signs.held and EvidenceLine.RATE not in signs.evidence.lines and not signs.over_confident:
        return Condition.HELD_BY_FREE_BITS
    if signs.agreeing:
        ignored = EvidenceLine.USE in lines and signs.learning and not signs.costly
        return Condition.DECODER_IGNORES_Z if ignored else Condition.COLLAPSE
    if lines:
        return NAMES_OF_ONE[min(lines)]
    if signs.silent_level:
        return Condition.PARTIAL_COLLAPSE
    if signs.fading:
        return Condition.FADING
    if signs.risen:
        return Condition.RISING_RECONSTRUCTION
    return Condition.OVER_CONFIDENT if signs.over_confident else Condition.HEALTHY


#: What it is called when a single line of evidence is abnormal.
NAMES_OF_ONE = {
    EvidenceLine.RATE: Condition.COLLAPSE,
    EvidenceLine.DIMENSIONS: Condition.PARTIAL_COLLAPSE,
    EvidenceLine.INFORMATION: Condition.DECODER_IGNORES_Z,
    EvidenceLine.USE: Condition.DECODER_IGNORES_Z,
}


def level_signal(signs: Signs) -> LevelSignal:
    """Return what signs mean for the level."""
    evidence = signs.evidence
    beside = (signs.prior_alone, signs.explosion, signs.over_confident, signs.silent_level, signs.fading, signs.risen)
    suspicious = bool(signs.lines or evidence.gone or any(beside))
    clean = Level.YELLOW if suspicious or evidence.not_clear else Level.GREEN
    if signs.explosion or signs.prior_alone or evidence.gone or agree(evidence.not_clear, evidence.measured):
        clean = Level.RED if evidence.gone or confirm(evidence.not_clear) else Level.ORANGE
    # An untrained model has odd numbers: before it is time to judge, only lines that agree are worth a word.
    warned = suspicious and not signs.early and (not signs.warming_up or signs.agreeing or signs.explosion is not None)
    return LevelSignal(
        yellow=warned,
        orange=signs.agreeing or signs.explosion is not None,
        red=signs.confirmed,
        far=evidence.far or evidence.gone,
        passing=signs.warming_up or signs.asleep,
        clean=clean,
        cap=_cap(signs),
    )


def _cap(signs: Signs) -> Level:
    if signs.early or signs.asleep:
        return Level.GREEN
    return Level.YELLOW if signs.warming_up else Level.RED


def _warming_up(seen: Observation) -> bool:
    return seen.beta is not None and seen.max_beta is not None and seen.beta < WARM_SHARE * seen.max_beta


def _explosion(seen: Observation, thresholds: Thresholds, course: PosteriorCourse) -> str | None:
    """Return that KL is beyond its limit, where it has grown: a small β alone makes it large, which harms nothing."""
    limit = thresholds.limit("kl_explosion_threshold", size_of(seen)) or EXPLOSION
    grown = seen.kl > GROWN * course.low_kl
    return ROWS["kl_explosion_threshold"].reason_of(seen.kl, limit) if seen.kl > limit and grown else None


def _over_confident(seen: Observation, course: PosteriorCourse) -> str | None:
    """Return that σ² is near 0, where it harms: the reconstruction loss rises meanwhile."""
    if seen.variance is None or seen.variance >= OVER_CONFIDENT_VARIANCE or not course.recon_risen:
        return None
    return f"variance {number(seen.variance)} < {number(OVER_CONFIDENT_VARIANCE)}"


def _prior_alone(seen: Observation, course: PosteriorCourse) -> str | None:
    """Return that KL and variance, which are all that is known, are the prior's; not before it had time to wake up."""
    if not is_the_prior(seen) or course.age < WAKING_STEPS:
        return None
    measured = f"KL {number(seen.kl)} nats with variance {number(seen.variance or 0.0)} is the prior"
    return f"{measured}; not measured: log posterior/mutual_information and posterior/active_units"


def _fallen(seen: Observation, course: PosteriorCourse) -> str | None:
    """Return what information was and is, where it was several times as much."""
    best, now = course.best_information, course.information_now
    if best is None or now is None or best < max(AWAKE, FALLEN * now):
        return None
    fall = f"mutual information fell from {number(best)} nats at step {course.best_step:,} to {number(max(0.0, now))}"
    if seen.beta is None or course.best_beta is None or seen.beta < RAISED * course.best_beta:
        return fall
    return f"{fall}, while β went from {number(course.best_beta)} to {number(seen.beta)}"


def _fading(course: PosteriorCourse) -> str | None:
    share, best = course.information_share, course.best_information
    if not course.fading or share is None or best is None:
        return None
    return f"mutual information is {percent(share)} of its best, {number(best)} nats at step {course.best_step:,}"


def _risen(course: PosteriorCourse) -> str | None:
    if not course.recon_risen or course.recon is None:
        return None
    return f"reconstruction loss {number(course.recon)}, {number(course.best_recon)} at its best"


def _silent_level(seen: Observation) -> str | None:
    limit = LOW_KL_PER_DIMENSION * len(seen.kl_per_dim) / max(1, len(seen.levels))
    silent = [i for i, level in enumerate(seen.levels, start=1) if level.kl < limit and level.active_units == 0.0]
    if not silent or len(silent) == len(seen.levels):
        return None
    return f"latent level {' and '.join(map(str, silent))} of {len(seen.levels)} carries nothing"


def _held_by_free_bits(seen: Observation, thresholds: Thresholds) -> str | None:
    floor = thresholds.free_bits
    if not seen.kl_per_dim or floor <= 0:
        return None
    held = sum(HELD_FROM * floor <= kl <= HELD_TO * floor for kl in seen.kl_per_dim) / len(seen.kl_per_dim)
    return f"{percent(held)} of dimensions are held by free bits of {number(floor)} nats" if held > HELD_SHARE else None
