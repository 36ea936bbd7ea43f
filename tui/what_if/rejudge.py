"""A run's log judged again with other thresholds, a slice at a time, and further as the log grows.

It knows nothing of threads or screens: whoever owns it reads on until nothing is left, sees what was found in between,
and may stop anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seqsetvae.collapse.observation import PREFIX
from seqsetvae.collapse.replay import Replay
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict_history import VerdictHistory
from seqsetvae.logs.checks import Checks
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.log import Log

SLICE = 256 * 1024
"""Bytes judged at once: some 20 ms of work where every line is a check."""

MOST_CHANGES = 4_096
"""Changes of level that are kept; the chart marks them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejudged:
    """What the detector said so far.

    Attributes:
        history: its verdicts; never changed.
        progress: share of the log that has been read, 0 to 1.
        problem: what stands in the way of reading, or None.
    """

    history: VerdictHistory = field(default_factory=VerdictHistory)
    progress: float = 0.0
    problem: str | None = None


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
        self._begin()

    def _begin(self) -> None:
        self._replay, self._checks = Replay(self._thresholds, most=MOST_CHANGES), Checks()

    @property
    def found(self) -> Rejudged:
        """What the detector said so far."""
        return Rejudged(history=self._replay.history.copy(), progress=self._progress, problem=self._problem)

    def read_on(self) -> bool:
        """Judge the next slice; True when there is more to read at once."""
        block = self._reader.poll(SLICE)
        if block.reset:
            self._begin()
        for check in (*self._checks.feed(block), *(self._checks.rest() if block.at_end else ())):
            self._replay.judge(check.observation, check.t)
        self._progress, self._problem = block.progress, block.problem
        return not block.at_end
