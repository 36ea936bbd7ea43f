"""Another tool's log judged once more with other thresholds, a stretch at a time, and further as the log grows."""

from __future__ import annotations

from collections.abc import Iterator

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.logs.log_discovery import ForeignLog
from seqsetvae.logs.opening import open_log
from seqsetvae.stream.resume import Resume, resumes_of
from tui.follow.foreign_batch import counting
from tui.follow.foreign_checks import Check, Checks
from tui.follow.whole_log import WholeLog
from tui.what_if.rejudge import SLICE, Rejudged, Rejudging


class ForeignRejudge:
    """Judges one log.

    Args:
        log: where it lies.
        thresholds: what to judge it by.
    """

    def __init__(self, log: ForeignLog, thresholds: Thresholds) -> None:
        self._log = log
        self._judging = Rejudging(thresholds)
        self._resumes: tuple[Resume, ...] = ()
        self._begin()

    def _begin(self) -> None:
        self._reader = open_log(self._log)
        self._start_over()

    def _start_over(self) -> None:
        self._checks = Checks()
        self._judging.start_over()
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
            self._resumes = ()
            self._start_over()
        resumes = tuple(resume for resume in resumes_of(block.events) if resume not in self._resumes)
        if resumes:
            self._resumes += resumes
            self._begin()  # checks that were judged may be void now
            return True
        columns, _ = counting(block.columns, self._resumes)
        self._take(self._checks.take(columns))
        if block.at_end:
            self._take(self._checks.rest())
        self._problem = block.problem
        self._progress = 1.0 if block.at_end or not block.size else min(block.read / block.size, 1.0)
        return not block.at_end

    def _take(self, checks: Iterator[Check]) -> None:
        for check in checks:
            self._judging.take(check.observation, check.t)


def observations_in(log: ForeignLog) -> Iterator[Observation]:
    """The checks in a log, in order, without those that a resumption made void.

    Raises:
        InputError: it cannot be read.
    """
    checks = Checks()
    for part in WholeLog(log).parts():
        for check in checks.take(part.columns):
            yield check.observation
    for check in checks.rest():
        yield check.observation
