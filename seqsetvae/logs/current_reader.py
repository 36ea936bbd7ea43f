"""Following a log without the points that resumptions superseded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from seqsetvae.logs.block import MAX_BYTES, Block, LogReader, RunFacts
from seqsetvae.logs.log import Log
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.superseded import without_superseded
from seqsetvae.stream.resume import Resume, resumes_of


class CurrentReader:
    """A reader of the points that count.

    A resumption that comes late supersedes points which have been given already: the log is then read once more, from
    its beginning, which the block says by `reset` and `again`.

    Args:
        log: what to follow.
        names: what its metrics are called.
        prefix: only metrics whose names begin so are asked for; see `open_log`.
        resumes: resumptions that are known.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        log: Log,
        *,
        names: Names | None = None,
        prefix: str = "",
        resumes: tuple[Resume, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open: Callable[[], LogReader] = lambda: open_log(log, names=self._names, prefix=prefix, clock=clock)
        self._names = Names() if names is None else names
        self._reader = self._open()
        self.resumes = resumes
        self._highest = -1.0
        self._stale = self._reached_end = False

    @property
    def facts(self) -> RunFacts:
        """What the log has said of its run so far."""
        return self._reader.facts

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        again = self._stale and self._reached_end  # not before: more resumptions may stand ahead
        if again:
            self._reader = self._open()
            self._forget()
        block = self._reader.poll(max_bytes)
        if block.reset:
            again, self.resumes = False, ()
            self._forget()
        self._learn(block)
        block = without_superseded(block, self.resumes)
        trails = [block.lines.trail] if block.lines is not None else [column.trail for column in block.columns.values()]
        self._highest = max(self._highest, *(float(trail.step.max()) for trail in trails if len(trail)), -1.0)
        self._reached_end = block.at_end
        return replace(block, reset=block.reset or again, again=again, at_end=block.at_end and not self._stale)

    def _forget(self) -> None:
        self._highest = -1.0
        self._stale = self._reached_end = False

    def _learn(self, block: Block) -> None:
        """Remember resumptions that are news, and whether they supersede points that were given already."""
        for resume in resumes_of(block.events):
            if resume not in self.resumes:
                self.resumes = (*self.resumes, resume)
                self._stale = self._stale or self._highest > resume.step
