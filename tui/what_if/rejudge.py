"""A run's log judged once more with other thresholds, a stretch at a time, and further as the log grows.

It knows nothing of threads or screens: whoever owns it reads on until nothing is left, looks at what was found in
between, and may stop anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.observation import PREFIX, Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict_history import LevelChange
from seqsetvae.logs.checks import Check, Checks
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.log import Log
from seqsetvae.stream.records import Level

SLICE = 256 * 1024
"""Bytes judged at once: some 20 ms of work where every line is a check."""

MAX_TURNS = 4_096
"""Changes of level that are kept; beyond them neighbours become one, the graver of the two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejudged:
    """What the detector said so far.

    Attributes:
        checks: how many there were.
        turns: the changes of level, the first check included.
        first: the first check at each level above green, or beyond it.
        progress: share of the log that has been read, 0 to 1.
        problem: what stands in the way of reading, or None.
    """

    checks: int = 0
    turns: tuple[LevelChange, ...] = ()
    first: Mapping[Level, LevelChange] = field(default_factory=dict)
    progress: float = 0.0
    problem: str | None = None

    def first_until(self, step: int | None) -> dict[Level, LevelChange]:
        """The first check at each level, of those up to a step; a detector does not look ahead."""
        return {level: turn for level, turn in self.first.items() if step is not None and turn.step <= step}

    def level_at(self, step: int | None) -> Level | None:
        """The level after a step; None before the first check."""
        seen = [turn for turn in self.turns if step is not None and turn.step <= step]
        return seen[-1].level if seen else None


class Rejudging:
    """The detector over checks, wherever they come from, and what it said so far.

    Args:
        thresholds: what to judge by.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self.start_over()

    def start_over(self) -> None:
        """Forget all checks."""
        self._detector: Detector = make_detector(self._thresholds)
        self._checks = 0
        self._turns: list[LevelChange] = []
        self._first: dict[Level, LevelChange] = {}

    def found(self, *, progress: float, problem: str | None) -> Rejudged:
        """What the detector said so far."""
        return Rejudged(
            checks=self._checks,
            turns=tuple(self._turns),
            first=dict(self._first),
            progress=progress,
            problem=problem,
        )

    def take(self, observation: Observation, t: float) -> None:
        """Judge a check that was written at unix second `t`."""
        self._checks += 1
        level = self._detector.observe(observation).level
        if not self._turns or self._turns[-1].level is not level:
            self._turn(LevelChange(step=observation.step, t=t, level=level))

    def _turn(self, turn: LevelChange) -> None:
        self._turns.append(turn)
        for level in (Level.YELLOW, Level.ORANGE, Level.RED)[: turn.level.severity]:
            self._first.setdefault(level, turn)
        if len(self._turns) > MAX_TURNS:
            self._turns = _halved(self._turns)


class Rejudge:
    """Judges one log.

    Args:
        log: where it lies.
        thresholds: what to judge it by.
    """

    def __init__(self, log: Log, thresholds: Thresholds) -> None:
        self._reader = CurrentReader(log, prefix=PREFIX)
        self._judging = Rejudging(thresholds)
        self._checks = Checks()
        self._progress = 0.0
        self._problem: str | None = None

    @property
    def found(self) -> Rejudged:
        """What the detector said so far."""
        return self._judging.found(progress=self._progress, problem=self._problem)

    def read_on(self) -> bool:
        """Judge the next stretch; True when there is more to read at once."""
        block = self._reader.poll(SLICE)
        if block.reset:
            self._checks = Checks()
            self._judging.start_over()
        self._take(self._checks.feed(block))
        if block.at_end:
            self._take(self._checks.rest())
        self._progress, self._problem = block.progress, block.problem
        return not block.at_end

    def _take(self, checks: Iterable[Check]) -> None:
        for check in checks:
            self._judging.take(check.observation, check.t)


def _halved(turns: list[LevelChange]) -> list[LevelChange]:
    """One of two neighbours, the graver one, from the step at which the first of them began."""
    joined: list[LevelChange] = []
    for i in range(0, len(turns), 2):
        pair = turns[i : i + 2]
        level = max((turn.level for turn in pair), key=lambda level: level.severity)
        if not joined or joined[-1].level is not level:
            joined.append(LevelChange(step=pair[0].step, t=pair[0].t, level=level))
    return joined
