"""Where the moments of a log are: its records by number, by step, by time, and by seconds of playing."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from seqsetvae.logs.block import Block
from seqsetvae.logs.log import Log
from seqsetvae.logs.metric_names import Names
from tui.replay.record_index import RecordIndex


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A place in a log, and when it was.

    Attributes:
        record: how many records of the metrics had been written.
        byte: how many bytes.
        t: unix seconds.
        written: when the newest record was written, in unix seconds.
        played: seconds of playing from the first record to here, at speed 1.
        step: the newest step.
        gap: seconds of the shortened gap that the moment lies in, 0 outside of one.
        at_end: nothing was written later.
    """

    record: int
    byte: int
    t: float
    written: float
    played: float
    step: int
    gap: float = 0.0
    at_end: bool = False


class Timeline:
    """Finds moments in a growing log.

    Args:
        log: the log.
        names: what its metrics are called.
        on_block: called with every block as it is read for the first time.
    """

    def __init__(
        self, log: Log, names: Names | None = None, on_block: Callable[[Block], object] = lambda _: None
    ) -> None:
        self._index = RecordIndex(log, Names() if names is None else names, on_block)
        self._parts = self._index.parts
        self._tail_t = -math.inf

    @property
    def size(self) -> int:
        """Bytes of the log that have been read."""
        return self._index.size

    @property
    def problem(self) -> str | None:
        """What stands in the way of reading the log, or None."""
        return self._index.problem

    @property
    def replaced(self) -> bool:
        """Whether the log was replaced or cut while it was read: begin again."""
        return self._index.replaced

    def extend(self) -> bool:
        """Read on by a part of the log; True when there is more at once."""
        return self._index.extend()

    def reach(self, t: float) -> None:
        """Something else than the metrics was written at `t`: the log ends no earlier."""
        self._tail_t = max(self._tail_t, t)

    @property
    def records(self) -> int:
        """How many records there are."""
        return self._parts[-1].before + self._parts[-1].records if self._parts else 0

    @property
    def seconds(self) -> float:
        """How long the whole log plays at speed 1."""
        return self._end().played if self._parts else 0.0

    @property
    def last_step(self) -> int:
        """The highest step."""
        return int(self._parts[-1].top) if self._parts else 0

    def highest_step(self, byte: int) -> float:
        """The highest step of the records up to a byte, or a little beyond it; -1 without records."""
        place = bisect_right(self._parts, byte, key=lambda part: part.start) - 1
        return self._parts[place].top if place >= 0 else -1.0

    def at_record(self, number: int) -> Moment:
        """The moment at which a record, the first being 1, had just been written; the nearest there is."""
        number = min(max(number, 1), self.records)
        place = bisect_right(self._parts, number - 1, key=lambda part: part.before) - 1
        return self._moment(place, number - 1 - self._parts[place].before)

    def at_start(self) -> Moment:
        """The first record."""
        return self.at_record(1)

    def at_end(self) -> Moment:
        """The end of all that has been read."""
        return self._end()

    def at_time(self, t: float) -> Moment:
        """The moment at unix second `t`."""
        if t >= self._end().t:
            return self._end()
        place = max(bisect_right(self._parts, t, key=lambda part: part.first[0]) - 1, 0)
        index = int(np.searchsorted(self._index.records(place).t, t, side="right")) - 1
        return self._between(place, max(index, 0), t=t)

    def at_played(self, seconds: float) -> Moment:
        """The moment after so many seconds of playing at speed 1."""
        if seconds >= self.seconds:
            return self._end()
        place = max(bisect_right(self._parts, seconds, key=lambda part: part.first[1]) - 1, 0)
        index = int(np.searchsorted(self._index.records(place).played, seconds, side="right")) - 1
        return self._between(place, max(index, 0), played=seconds)

    def played_about(self, t: float) -> float:
        """About how many seconds of playing lead to unix second `t`; reads nothing."""
        place = max(bisect_right(self._parts, t, key=lambda part: part.first[0]) - 1, 0)
        part, end = self._parts[place], self._end()
        after = self._parts[place + 1].first if place + 1 < len(self._parts) else (end.t, end.played)
        known = (part.first, part.final, after)
        return float(np.interp(t, [when for when, _ in known], [played for _, played in known]))

    def at_step(self, step: int) -> Moment:
        """The last moment at which the run stood at a step: just before the record that went beyond it.

        Where a run was resumed from an earlier step, that is the moment of the branch that counts.
        """
        if step >= self._parts[-1].top:
            return self.at_record(self.records)
        for place in range(len(self._parts) - 1, -1, -1):
            part = self._parts[place]
            if not (min(part.low, part.step_before) <= step < part.high):
                continue
            steps = np.concatenate([[part.step_before], self._index.records(place).step])
            crossed = np.flatnonzero((steps[:-1] <= step) & (steps[1:] > step))
            if len(crossed):
                return self.at_record(part.before + int(crossed[-1]))
        return self.at_start()

    def _moment(self, place: int, index: int) -> Moment:
        part, records = self._parts[place], self._index.records(place)
        last = part.before + index + 1 == self.records
        found = Moment(
            record=part.before + index + 1,
            byte=int(records.end[index]),
            t=float(records.t[index]),
            written=float(records.t[index]),
            played=float(records.played[index]),
            step=int(records.step[index]),
        )
        return self._end() if last and found.t >= self._end().t else found

    def _between(self, place: int, index: int, *, t: float | None = None, played: float | None = None) -> Moment:
        """The moment at a time, or after some seconds of playing, from a record of a part on, before the next."""
        here = self._moment(place, index)
        if here.at_end:
            return here
        after = self._next(place, index)
        span, length = after[0] - here.t, after[1] - here.played
        share = (t - here.t) / span if t is not None and span > 0 else 0.0
        if played is not None and length > 0:
            share = (played - here.played) / length
        share = min(max(share, 0.0), 1.0)
        gap = span if span > length + 1e-6 and share > 0 else 0.0
        when = t if t is not None else min(here.t + share * span, math.nextafter(after[0], -math.inf))
        return replace(here, t=max(when, here.t), played=here.played + share * length, gap=gap)

    def _next(self, place: int, index: int) -> tuple[float, float]:
        """Time and seconds of playing at the record after this one, or at the log's end."""
        part = self._parts[place]
        if index + 1 < part.records:
            records = self._index.records(place)
            return float(records.t[index + 1]), float(records.played[index + 1])
        if place + 1 < len(self._parts):
            return self._parts[place + 1].first
        end = self._end()
        return end.t, end.played

    def _end(self) -> Moment:
        part = self._parts[-1]
        t, played = part.final
        rest = max(self._tail_t - t, 0.0)
        shown = float(self._index.shortened(np.array([rest]))[0])
        return Moment(
            record=part.before + part.records,
            byte=self.size,
            t=t + rest,
            written=t,
            played=played + shown,
            step=int(part.step),
            at_end=True,
        )
