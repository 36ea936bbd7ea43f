"""A run's log judged once more with other thresholds, a part at a time, and further as the log grows.

It knows nothing of threads or screens: its owner reads on until nothing is left, may show what was found in between,
and may stop anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import PREFIX
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict_history import LevelChange, VerdictHistory
from seqsetvae.logs.checks import Check, Checks
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.log import Log
from seqsetvae.stream.records import Level

SLICE = 256 * 1024
"""Bytes judged at once: some 20 ms of work where every line is a check."""

MAX_CHANGES = 4_096
"""Changes of level that are kept; beyond them neighbours become one, the graver of the two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejudged:
    """What the detector said so far.

    Attributes:
        checks: how many there were.
        changes: the changes of level, the first check included.
        first: the first check at each level above green, or beyond it.
        progress: share of the log that has been read, 0 to 1.
        problem: what stands in the way of reading, or None.
    """

    checks: int = 0
    changes: tuple[LevelChange, ...] = ()
    first: Mapping[Level, LevelChange] = field(default_factory=dict)
    progress: float = 0.0
    problem: str | None = None

    def first_until(self, step: int | None) -> dict[Level, LevelChange]:
        """The first check at each level, of those up to a step; a detector does not look ahead."""
        return {level: change for level, change in self.first.items() if step is not None and change.step <= step}

    def level_at(self, step: int | None) -> Level | None:
        """The level after a step; None before the first check."""
        seen = [change for change in self.changes if step is not None and change.step <= step]
        return seen[-1].level if seen else None


class Rejudge:
    """Judges one log.

    Args:
        log: where it lies.
        thresholds: what to judge it by.
    """

    def __init__(self, log: Log, thresholds: Thresholds) -> None:
        self._reader = CurrentReader(log, prefix=PREFIX)
        self._thresholds = thresholds
        self._progress = 0.0
        self._problem: str | None = None
        self._start_over()

    @property
    def found(self) -> Rejudged:
        """What the detector said so far."""
        history = self._history
        return Rejudged(
            checks=history.checks,
            changes=history.level_changes,
            first={level: change for level, change in history.first.items() if level is not Level.GREEN},
            progress=self._progress,
            problem=self._problem,
        )

    def read_on(self) -> bool:
        """Judge the next part; True when there is more to read at once."""
        block = self._reader.poll(SLICE)
        if block.reset:
            self._start_over()
        self._judge(self._checks.feed(block))
        if block.at_end:
            self._judge(self._checks.rest())
        self._progress, self._problem = block.progress, block.problem
        return not block.at_end

    def _start_over(self) -> None:
        self._checks = Checks()
        self._detector = make_detector(self._thresholds)
        self._history = VerdictHistory(most=MAX_CHANGES)

    def _judge(self, checks: Iterable[Check]) -> None:
        for check in checks:
            self._history.add_verdict(self._detector.observe(check.observation), check.t)
