"""Following another tool's log into the store, a bounded slice at a time, and judging it where it can be judged."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from seqsetvae.logs.block import Block, LogReader
from seqsetvae.logs.log_discovery import ForeignLog
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.resume import Resume, resumes_of
from tui.follow.foreign_batch import batch_of, counting
from tui.follow.foreign_checks import Checks, Judge
from tui.store import ForeignFacts, RunData

SLICE = 1024 * 1024
"""Bytes decoded at once, some 20,000 TensorBoard events and 35 ms of work: the screen gets its turn between slices.
Half as much takes a fifth longer in all, since a slice is taken apart by lengths of records."""

_PREVIEW = 256 * 1024
"""Bytes at the end of a longer log that are shown before its past is read."""

_SETTLED_SECONDS = 1.0
"""Silence after which the newest check is taken for whole: what is logged together is written together."""


class ForeignFollower:
    """Reads one log as it grows.

    Args:
        log: whose log it is, and where it lies.
        data: where its points go, and the verdicts on them.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, log: ForeignLog, data: RunData, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._data = data
        self._clock = clock
        self._names = data.given = Names()
        self._resumes: tuple[Resume, ...] = ()
        self._previewed = False
        self._begin()

    @property
    def source(self) -> ForeignLog:
        """What is followed."""
        return self._log

    def poll(self) -> bool:
        """Take in what is new, up to one slice; True when there is more to read at once."""
        if not self._previewed:
            self._previewed = True
            if self._preview():
                return True  # the screen need not wait for more
        block = self._reader.poll(SLICE)
        if block.reset:
            self._resumes = ()
            self._forget(counted_as_reset=True)
            self._forget_counts()
        self._take(block)
        if block.at_end and self._stale:
            # Points that are stored are void, and buckets cannot give them back: read the log once more.
            self._begin()
            self._forget(counted_as_reset=False)
            return True
        if block.at_end:
            self._data.caught_up()
            self._settle()
        return not block.at_end

    def finish(self) -> None:
        """Take the newest check for whole."""
        self._tell(self._judge.events(self._checks.rest()))

    def _begin(self) -> None:
        self._reader: LogReader = open_log(self._log, names=self._names, clock=self._clock)
        self._forget_counts()

    def _forget_counts(self) -> None:
        self._checks, self._judge = Checks(), Judge()
        self._damaged: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._read = 0
        self._highest = -1
        self._stale = False
        self._last_news = -math.inf

    def _forget(self, *, counted_as_reset: bool) -> None:
        self._data.forget_metrics(counted_as_reset=counted_as_reset)
        self._data.forget_events()

    def _take(self, block: Block) -> None:
        self._damaged.update(block.damaged)
        self._skipped.update(block.skipped)
        self._learn_resumes(block)
        self._tell(block.events)
        columns, void = counting(block.columns, self._resumes)
        if block.columns or block.damaged:
            self._data.apply(batch_of(block, columns, void, start=self._read))
        if columns:
            self._highest = max(self._highest, *(int(column.step.max()) for column in columns.values()))
            self._tell(self._judge.events(self._checks.take(columns)))
            self._last_news = self._clock()
        self._read = max(block.read, self._read)
        self._data.note(
            progress=1.0 if block.at_end or not block.size else min(block.read / block.size, 1.0),
            pending=block.pending > 0,
            missing=block.missing,
            problem=block.problem,
            foreign=self._facts(block.pending),
        )

    def _facts(self, unfinished: int) -> ForeignFacts:
        return ForeignFacts(
            tool=self._log.format.tool,
            damaged=tuple(sorted((+self._damaged).items())),
            skipped=tuple(sorted((+self._skipped).items())),
            unfinished=unfinished,
        )

    def _learn_resumes(self, block: Block) -> None:
        """Remember resumptions that are news, and whether they make void what is stored already."""
        for resume in resumes_of(block.events):
            if resume not in self._resumes:
                self._resumes = (*self._resumes, resume)
                self._stale = self._stale or self._highest > resume.step

    def _tell(self, events: Sequence[EventRecord]) -> None:
        if events:
            self._data.add_events(events)

    def _settle(self) -> None:
        if self._clock() - self._last_news >= _SETTLED_SECONDS:
            self.finish()

    def _preview(self) -> bool:
        """Show the newest points of a long log before its past; False for one that is not long."""
        block = open_log(self._log, names=self._names, start=-_PREVIEW, clock=self._clock).poll(2 * _PREVIEW)
        if not block.columns or block.size <= _PREVIEW:
            return False
        self._data.preview(replace(batch_of(block, block.columns), lines=0, bad_lines=0))
        self._data.note(progress=0.0, pending=False, missing=False, problem=None, foreign=self._facts(block.pending))
        return True
