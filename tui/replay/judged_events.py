"""The events of a log that holds no verdicts: what it says itself, and what the detector says of its checks."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable

from seqsetvae.logs.block import Block
from seqsetvae.logs.superseded import without_superseded
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.resume import Resume, resumes_of
from tui.follow.judge import Judge


class JudgedEvents:
    """Judges a log as it is read and keeps the verdicts; they are events like those of a `LineIndex`.

    Args:
        noted: called with each event and its place, once.
    """

    replaced = False

    def __init__(self, noted: Callable[[int, EventRecord], None]) -> None:
        self._noted = noted
        self._judge = Judge()
        self._resumes: tuple[Resume, ...] = ()
        self._events: list[EventRecord] = []
        self._times: list[float] = []

    def __len__(self) -> int:
        return len(self._events)

    @property
    def last_t(self) -> float:
        """When the newest event was, in unix seconds; -inf before the first."""
        return self._times[-1] if self._times else -math.inf

    def feed(self, block: Block) -> None:
        """Judge what was read next; at the log's end, the newest check as it is."""
        self._resumes += tuple(resumes_of(block.events))
        verdicts = self._judge.feed(without_superseded(block, self._resumes))
        rest = self._judge.rest() if block.at_end else []
        for event in sorted((*block.events, *verdicts, *rest), key=lambda event: event.t):
            self._noted(len(self), event)
            self._times.append(max(event.t, self.last_t))
            self._events.append(event)

    def extend(self) -> bool:
        """Nothing is read here: the blocks come from whoever reads the log."""
        return False

    def count_at(self, t: float) -> int:
        """How many events there had been at unix second `t`."""
        return bisect_right(self._times, t)

    def time_of(self, place: int) -> float:
        """When an event, the first being 0, was, in unix seconds."""
        return self._times[place]

    def read(self, first: int, end: int) -> list[EventRecord]:
        """The events from `first` up to, not including, `end`."""
        return self._events[first:end]
