"""Following the log of one run into the store, a bounded slice at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from seqsetvae.logs.block import Block
from seqsetvae.logs.current_reader import CurrentReader
from seqsetvae.logs.log import Log
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.superseded import without_superseded
from seqsetvae.stream.records import EventRecord
from tui.follow.judge import Judge
from tui.follow.machine_follower import MachineFollower
from tui.store.run_data import RunData

SLICE = 1024 * 1024
"""Bytes decoded at once, some 8 ms of work, or 35 ms for TensorBoard's: the screen gets its turn between slices. Half
as much takes a fifth longer in all there, since a slice is taken apart by lengths of records."""

_PREVIEW = 256 * 1024
"""Bytes at the end of a longer log that are shown before its past is read."""

_SETTLED_SECONDS = 1.0
"""Silence after which the newest check of another tool's log is whole: what is logged together is written together."""


class RunFollower:
    """Reads one run's log as it grows, and judges it where no trainer has.

    Args:
        log: where it lies.
        data: where its records go, and the verdicts on them.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, log: Log, data: RunData, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.log = log
        self._data = data
        self._clock = clock
        self._names = data.given = Names()
        self._reader = CurrentReader(log, names=self._names, clock=clock)
        self._machine = MachineFollower(log.directory, data, clock=clock)
        self._judge = None if log.format.is_ours else Judge()
        self._previewed = False
        self._last_news = -math.inf

    def poll(self) -> bool:
        """Read what is new, up to one slice; True when there is more to read at once."""
        block = self._reader.poll(SLICE)
        if block.reset:
            self._forget(replaced=not block.again)
        self._store(block)
        if block.at_end:
            self._data.caught_up()
            if self._clock() - self._last_news >= _SETTLED_SECONDS:
                self.finish()
        elif block.read > 0 and block.size > _PREVIEW and not self._previewed:
            self._preview()
        self._previewed = self._previewed or block.read > 0
        return not block.at_end

    def finish(self) -> None:
        """Judge the newest check as it is."""
        if self._judge is not None:
            self._tell(self._judge.rest())

    def _forget(self, *, replaced: bool) -> None:
        self._data.forget_metrics(counted_as_reset=replaced)
        self._data.forget_events()
        if self._judge is not None:
            self._judge = Judge()

    def _store(self, block: Block) -> None:
        self._tell(block.events)
        if block.columns or block.read > block.start or block.damaged:
            self._data.apply(block)
        if self._judge is not None and block.columns:
            self._tell(self._judge.feed(block))
            self._last_news = self._clock()
        self._data.note(
            progress=block.progress,
            pending=block.pending,
            missing=block.missing,
            problem=block.problem,
            bad_lines=self._machine.poll(),
            tool=None if self.log.format.is_ours else self.log.format.tool,
        )

    def _tell(self, events: Sequence[EventRecord]) -> None:
        if events:
            self._data.add_events(events)

    def _preview(self) -> None:
        """Show the newest points of a long log before its past is read."""
        reader = open_log(self.log, names=self._names, start=-_PREVIEW, events=False, clock=self._clock)
        self._data.preview(without_superseded(reader.poll(2 * _PREVIEW), self._reader.resumes))
