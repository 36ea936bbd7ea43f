"""The detector of this package: diagnoses, and a level with hysteresis over them.

It has no clock and reads no file. Its state is a plain dict, so that a checkpoint can hold it and a replay of the same
checks gives the same verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsetvae.collapse.advice import FLAGS, Words, advise
from seqsetvae.collapse.diagnosis import Diagnosis, diagnose
from seqsetvae.collapse.evidence import active_share, size_of, weigh
from seqsetvae.collapse.hysteresis import LevelHysteresis, LevelSignal
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.posterior_course import PosteriorCourse
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level

#: Consecutive checks after which another condition replaces the present one, so that two names do not alternate.
NAMING_CHECKS = 3
#: Names that only say that it is too early for another.
PROVISIONAL = (Condition.NOT_ENOUGH_EVIDENCE, Condition.NOT_AWAKE, Condition.WARMING_UP)
#: Consecutive non-finite checks after which a run has diverged; one may be an overflow that loss scaling skips.
DIVERGED_CHECKS = 2


class PosteriorDetector:
    """Judges by lines of evidence that must agree; see `seqsetvae.collapse.evidence`."""

    name = "posterior"

    def __init__(self, thresholds: Thresholds, *, words: Words = FLAGS) -> None:
        self.thresholds = thresholds
        self._words = words
        self.latest: Verdict | None = None
        self._level = LevelHysteresis()
        self._course = PosteriorCourse()
        self._not_finite = 0
        self._candidate: tuple[Condition, int] | None = None

    def observe(self, observation: Observation) -> Verdict:
        """Judge one more check."""
        self._course.begin(observation)
        diagnosis = self._diagnose(observation)
        level = self._level.add(diagnosis.signal, self._course.span)
        condition = self._named(diagnosis, level)
        self.latest = Verdict.following(
            self.latest,
            step=observation.step,
            level=level,
            condition=condition,
            reasons=diagnosis.reasons,
            advice=advise(condition, observation, self.thresholds, self._words),
        )
        return self.latest

    def _diagnose(self, seen: Observation) -> Diagnosis:
        if not seen.finite:
            self._not_finite += 1
            at_once = Level.RED if self._not_finite >= DIVERGED_CHECKS else Level.YELLOW
            return Diagnosis(
                condition=Condition.DIVERGENCE,
                reasons=(f"{', '.join(seen.not_finite)} not finite in {self._not_finite} checks running",),
                signal=LevelSignal(yellow=True, orange=False, red=False, clean=Level.RED, at_once=at_once),
            )
        self._not_finite = 0
        self._course.add(
            seen,
            active=active_share(seen),
            little=self.thresholds.limit("mutual_information_threshold", size_of(seen)),
            window=self.thresholds.window_size,
        )
        evidence = weigh(seen, self.thresholds, course=self._course)
        return diagnose(seen, evidence, self.thresholds, self._course)

    def _named(self, diagnosis: Diagnosis, level: Level) -> Condition:
        """Return the name to show: the present one, until another was found for some checks or the level changed.

        A level that the check no longer speaks for keeps the name that it was entered under until it is left, and so
        does red.
        """
        found, before = diagnosis.condition, self.latest
        leaving = level.severity > max(Level.GREEN.severity, _spoken_for(diagnosis.signal).severity)
        confirmed = level is Level.RED and found is not Condition.DIVERGENCE
        if before is not None and before.level.severity > 0 and (leaving or (confirmed and before.level is level)):
            return before.condition
        if before is None or before.level != level or before.condition in (found, *PROVISIONAL):
            self._candidate = None
            return found
        times = self._candidate[1] + 1 if self._candidate is not None and self._candidate[0] == found else 1
        self._candidate = (found, times) if times < NAMING_CHECKS else None
        return before.condition if times < NAMING_CHECKS else found

    def state_dict(self) -> dict[str, Any]:
        """Return all that later verdicts depend on, as plain JSON values."""
        return {
            "name": self.name,
            "latest": None if self.latest is None else self.latest.to_data(),
            "stairs": self._level.state_dict(),
            "not_finite": self._not_finite,
            "course": self._course.state_dict(),
            "candidate": None if self._candidate is None else [str(self._candidate[0]), self._candidate[1]],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`; that of another detector is ignored, and this one starts from the beginning."""
        if state.get("name") != self.name:
            return
        self.latest = None if state["latest"] is None else Verdict.from_data(state["latest"])
        self._level = LevelHysteresis.of(state["stairs"])
        self._not_finite = int(state["not_finite"])
        self._course = PosteriorCourse.of(state.get("course", {"checks": state.get("checks", 0)}))
        candidate = state["candidate"]
        self._candidate = None if candidate is None else (Condition(candidate[0]), int(candidate[1]))


def _spoken_for(signal: LevelSignal) -> Level:
    """Return the highest level that a check speaks for."""
    if signal.at_once is not None:
        return signal.at_once
    if signal.orange:
        return Level.RED
    return Level.YELLOW if signal.yellow else Level.GREEN
