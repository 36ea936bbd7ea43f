"""The events of a log that holds no verdicts: what it says itself, and what the detector says of its checks."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence

from seqsetvae.logs.block import Block
from seqsetvae.logs.superseded import without_superseded
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.resume import Resume, resumes_of
from tui.follow.judge import Judge


class JudgedEvents:
    """Judges a log as it is read and keeps the verdicts; they are events like those of a `LineIndex`.

    A resumption supersedes checks: from its moment on, the verdicts are those of the log judged again without them.
    The events that count then follow those that counted before it.

    Args:
        noted: called with each event and its place, once.
        read_again: gives the log's posterior up to a byte, without what some resumptions superseded.
    """

    replaced = False

    def __init__(
        self,
        noted: Callable[[int, EventRecord], None],
        read_again: Callable[[int, Sequence[Resume]], Iterable[Block]],
    ) -> None:
        self._noted = noted
        self._read_again = read_again
        self._judge = Judge()
        self._resumes: tuple[Resume, ...] = ()
        self._events: list[EventRecord] = []
        self._times: list[float] = []
        self._first_places = [0]
        self._resumed_at = [-math.inf]

    def __len__(self) -> int:
        return len(self._events)

    @property
    def last_t(self) -> float:
        """When the newest event was, in unix seconds; -inf before the first."""
        return self._times[-1] if len(self) > self._first_places[-1] else -math.inf

    @property
    def first_place(self) -> int:
        """The first of the events that count at the log's end."""
        return self._first_places[-1]

    def feed(self, block: Block) -> None:
        """Judge what was read next; at the log's end, the newest check as it is."""
        resumes = tuple(resume for resume in resumes_of(block.events) if resume not in self._resumes)
        if resumes:
            self._resumes += resumes
            self._judge = Judge()
            self._first_places.append(len(self))
            self._resumed_at.append(max(resume.t for resume in resumes))
            for earlier in self._read_again(block.start, self._resumes):
                self._add(earlier)
        self._add(without_superseded(block, self._resumes))

    def extend(self) -> bool:
        """Nothing is read here: the blocks come from whoever reads the log."""
        return False

    def count_at(self, t: float) -> int:
        """Behind how many events those lie that had been written at unix second `t`."""
        version = bisect_right(self._resumed_at, t) - 1
        first, end = self._first_places[version], [*self._first_places, len(self)][version + 1]
        return first + bisect_right(self._times[first:end], t)

    def time_of(self, place: int) -> float:
        """When an event, the first being 0, was, in unix seconds."""
        return self._times[place]

    def continues(self, first: int, end: int) -> bool:
        """Whether those who know the events before `first` need only those up to `end` to know what counts there."""
        return self._first_of(end) <= first <= end

    def read(self, first: int, end: int) -> list[EventRecord]:
        """The events from `first` up to, not including, `end`, of those that count there."""
        return self._events[max(first, self._first_of(end)) : end]

    def _first_of(self, end: int) -> int:
        """The first of the events that count where those before `end` have been written."""
        return self._first_places[max(bisect_left(self._first_places, end) - 1, 0)]

    def _add(self, block: Block) -> None:
        verdicts = self._judge.feed(block)
        rest = self._judge.rest() if block.at_end else []
        for event in sorted((*block.events, *verdicts, *rest), key=lambda event: event.t):
            self._noted(len(self), event)
            self._times.append(max(event.t, self.last_t))
            self._events.append(event)
