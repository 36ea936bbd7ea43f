"""What detectors make of foreign trainings: false alarms, misses, delays, early warnings, the same verdict at any rate.

Runs are judged as the detector would have in training, from the checks of one interval. `all` inputs are those of a
user who gives the prior, β and a way to reconstruct; `documented` are what is found without asking: μ and log σ², of
which KL to N(0, 1) is taken, and the reconstruction loss; `scalars` are the four numbers of the original's logs.
"""

from __future__ import annotations

import gzip
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.collapse.foreign.truth import Course, TrueState, course
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.replay import replay
from seqsetvae.collapse.thresholds import DetectorName, Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.records import Level
from seqsetvae.stream.values import restored
from seqsetvae.strict_json import decode

Inputs = Literal["all", "documented", "scalars"]
#: What only a user knows who says more than one line.
GIVEN = frozenset({"posterior/z_ablation", "posterior/beta", "posterior/max_beta"})
#: What a user who does not name the prior has in place of KL to it.
STANDARD_NAMES = {"posterior/kl_standard": "posterior/kl", "posterior/kl_per_dim_standard": "posterior/kl_per_dim"}
#: What logs of the original have: KL, mean σ², the share of dimensions with σ² above 0.01, and reconstruction.
SCALARS = frozenset(f"posterior/{name}" for name in ("kl", "variance", "active_units_sigma", "recon"))
FADING = "fading"

Check = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRun:
    """One training: what it was, what became of it, and its checks by interval."""

    name: str
    architecture: str
    scenario: str
    half: str
    gradual: bool
    free_bits: float
    course: Course
    checks: Mapping[int, Sequence[Check]]

    @property
    def warm(self) -> int:
        """The step at which β is half of what it is known to rise to; 0 where it does not rise."""
        names = ("posterior/beta", "posterior/max_beta")
        rising = [(check["step"], *map(check.get, names)) for check in self.checks[min(self.checks)]]
        return next((step for step, beta, most in rising if most is not None and beta >= 0.5 * most), 0)

    def verdicts(self, detector: DetectorName, inputs: Inputs, interval: int) -> list[Verdict]:
        """Return what a detector says at each check of an interval."""
        thresholds = Thresholds(detector=detector, free_bits=self.free_bits if inputs == "all" else 0.0)
        found = (observation_of(check["step"], metrics_of(check, inputs)) for check in self.checks[interval])
        return list(replay((seen for seen in found if seen is not None), thresholds))


def metrics_of(check: Check, inputs: Inputs) -> dict[str, Any]:
    """Return the metrics of a check that a user has."""
    if inputs == "all":
        return {name: value for name, value in check.items() if name not in STANDARD_NAMES}
    found = {name: value for name, value in check.items() if name not in GIVEN}
    for name, usual in STANDARD_NAMES.items():
        if name in found:
            found[usual] = found.pop(name)
    if "posterior/marginal_kl" in found:
        found["posterior/marginal_kl"] = found["posterior/kl"] - found["posterior/mutual_information"]
    return {name: found[name] for name in SCALARS & found.keys()} if inputs == "scalars" else found


def read_foreign_runs(directory: Path) -> list[ForeignRun]:
    """Return the runs of a directory of streams, by name."""
    return [_read(file) for file in sorted(directory.glob("*.jsonl.gz"))]


def _read(file: Path) -> ForeignRun:
    head, *checks = (restored(decode(line)) for line in gzip.decompress(file.read_bytes()).splitlines())
    by_interval: dict[int, list[Check]] = {}
    for check in checks:
        by_interval.setdefault(check["interval"], []).append(check)
    known = ("step", "loss", "data_loss", "cost", "cost_share", "probe", "information", "nats")
    states = [TrueState(**{name: state[name] for name in known}) for state in head["states"]]
    plain = ("name", "architecture", "scenario", "half", "gradual", "free_bits")
    return ForeignRun(course=course(states), checks=by_interval, **{name: head[name] for name in plain})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignOutcome:
    """What a detector made of a run.

    Attributes:
        run: The run.
        highest, final: Its highest and its last level.
        condition: The name at the last check.
        orange_delay: Checks from onset to orange (from the best information on), or from the start where z never woke,
            and not before β has warmed up to half; None without one of them.
        premature: Whether it was called orange before the best information, though z woke.
        fading: Whether information was ever said to fade.
        announced: Whether it was, or a level rose, between the best information and the loss of half of it; None
            where that does not apply.
        same: Whether other intervals give the same levels, within one of their checks.
        same_end: Whether they end at the same level.
    """

    run: ForeignRun
    highest: Level
    final: Level
    condition: str
    orange_delay: float | None
    premature: bool
    fading: bool
    announced: bool | None
    same: bool
    same_end: bool


def foreign_outcome(run: ForeignRun, detector: DetectorName, inputs: Inputs, interval: int) -> ForeignOutcome:
    """Return what a detector makes of a run."""
    verdicts = run.verdicts(detector, inputs, interval)
    others = [run.verdicts(detector, inputs, other) for other in run.checks if other != interval]
    return ForeignOutcome(
        run=run,
        highest=max((verdict.level for verdict in verdicts), key=lambda level: level.severity),
        final=verdicts[-1].level,
        condition=str(verdicts[-1].condition),
        orange_delay=_orange_delay(run, verdicts, interval),
        premature=run.course.woke is not None and _orange_from(verdicts, 0, run.course.best_step) is not None,
        fading=any(_fading(verdict) for verdict in verdicts),
        announced=_announced(run.course, verdicts) if run.gradual else None,
        same=all(same_levels(verdicts, other) for other in others),
        same_end=len({verdicts[-1].level, *(other[-1].level for other in others)}) == 1,
    )


def _orange_delay(run: ForeignRun, verdicts: Sequence[Verdict], interval: int) -> float | None:
    course = run.course
    raised = _orange_from(verdicts, 0 if course.woke is None else course.best_step)
    if course.onset is None or raised is None:
        return None
    return (raised - (run.warm if course.woke is None else max(run.warm, course.onset))) / interval


def _orange_from(verdicts: Sequence[Verdict], start: float, end: float = math.inf) -> int | None:
    """Return the step of the first check after `start`, and before `end`, that is orange or red."""
    steps = (verdict.step for verdict in verdicts if verdict.level.severity >= Level.ORANGE.severity)
    return next((step for step in steps if start < step < end), None)


def _fading(verdict: Verdict) -> bool:
    return FADING in str(verdict.condition)


def _announced(course: Course, verdicts: Sequence[Verdict]) -> bool | None:
    if course.half_lost is None:
        return None
    before = [verdict.level.severity for verdict in verdicts if verdict.step <= course.best_step]
    usual = before[-1] if before else 0
    between = [verdict for verdict in verdicts if course.best_step < verdict.step < course.half_lost]
    return any(_fading(verdict) or verdict.level.severity > usual for verdict in between)


def same_levels(one: Sequence[Verdict], other: Sequence[Verdict]) -> bool:
    """Return whether at each check of the rarer series the more frequent one has that level within one interval."""
    fine, coarse = sorted((one, other), key=len, reverse=True)
    interval = coarse[0].step
    return all(
        any(abs(verdict.step - check.step) <= interval and verdict.level is check.level for verdict in fine)
        for check in coarse
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignSummary:
    """A detector over many runs; counts of runs, and medians of delays in checks.

    Attributes:
        alive, false_orange, false_red, false_fading: Living runs, and how many of them were called that (or worse).
        dead, caught: Dead runs, and how many were called red.
        died, premature: Dead runs that had been awake, and how many were called orange before their best.
        delay, never_woke_delay: From onset to orange; from the start, of those that never woke.
        gradual, announced: Slow losses of half of the information, and how many were announced before.
        runs, same, same_end: All runs, how many have the same levels at all intervals, and how many at their end.
    """

    alive: int
    false_orange: int
    false_red: int
    false_fading: int
    dead: int
    caught: int
    died: int
    premature: int
    delay: float | None
    never_woke_delay: float | None
    gradual: int
    announced: int
    runs: int
    same: int
    same_end: int

    @property
    def sentences(self) -> str:
        """The figures in words."""
        return (
            f"living: {self.false_orange} of {self.alive} called orange, {self.false_red} red, {self.false_fading} "
            f"fading; dead: {self.caught} of {self.dead} called red, {self.premature} of {self.died} that woke "
            f"called orange before their best; checks to orange (median): {_shown(self.delay)} "
            f"from onset, {_shown(self.never_woke_delay)} from the start where z never woke; gradual: {self.announced} "
            f"of {self.gradual} announced before half was lost; the same at all intervals: {self.same} of {self.runs}, "
            f"at the end {self.same_end}"
        )


def _shown(delay: float | None) -> str:
    return "–" if delay is None else f"{delay:g}"


def summarize_foreign(outcomes: Iterable[ForeignOutcome]) -> ForeignSummary:
    """Return the figures that decide whether a detector is right."""
    found = list(outcomes)
    alive = [outcome for outcome in found if outcome.run.course.fate == "alive"]
    dead = [outcome for outcome in found if outcome.run.course.fate == "dead"]
    gradual = [outcome for outcome in found if outcome.announced is not None]
    return ForeignSummary(
        alive=len(alive),
        false_orange=sum(outcome.highest.severity >= Level.ORANGE.severity for outcome in alive),
        false_red=sum(outcome.highest is Level.RED for outcome in alive),
        false_fading=sum(outcome.fading for outcome in alive),
        dead=len(dead),
        caught=sum(outcome.highest is Level.RED for outcome in dead),
        died=sum(outcome.run.course.woke is not None for outcome in dead),
        premature=sum(outcome.premature for outcome in dead),
        delay=_median(outcome.orange_delay for outcome in dead if outcome.run.course.woke is not None),
        never_woke_delay=_median(outcome.orange_delay for outcome in dead if outcome.run.course.woke is None),
        gradual=len(gradual),
        announced=sum(outcome.announced is True for outcome in gradual),
        runs=len(found),
        same=sum(outcome.same for outcome in found),
        same_end=sum(outcome.same_end for outcome in found),
    )


def _median(delays: Iterable[float | None]) -> float | None:
    found = [delay for delay in delays if delay is not None]
    return float(statistics.median(found)) if found else None
