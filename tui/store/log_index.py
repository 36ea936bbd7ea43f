"""Which bytes of a log hold which steps and times: sparse, bounded, and right for steps that go back too.

An entry tells the range of steps, epochs and times in some part of the file. Ranges may overlap, as they do where a
run was resumed; a search gives every part that may hold a point of the wanted range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.series_view import Axis
from seqsetvae.logs.trail import Floats, Trail

GRAIN = 512 * 1024
"""Bytes that an entry covers at least, unless the log is shorter: some 4 ms of decoding."""

MAX_ENTRIES = 2048
"""Entries kept; when there are more, neighbours are joined and each covers twice as much."""

_NOTHING = (np.inf, -np.inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Smallest and largest step, epoch and unix second of some lines; (inf, -inf) where none is known."""

    step: tuple[float, float] = _NOTHING
    epoch: tuple[float, float] = _NOTHING
    t: tuple[float, float] = _NOTHING

    @staticmethod
    def of(trail: Trail) -> Reach:
        """The reach of points."""
        return Reach(step=_ends(trail.step), epoch=_ends(trail.epoch), t=_ends(trail.t))

    def along(self, axis: Axis) -> tuple[float, float]:
        """The ends along an axis; relative time is given as unix seconds."""
        return self.step if axis is Axis.STEP else self.epoch if axis is Axis.EPOCH else self.t

    def joined(self, other: Reach) -> Reach:
        """The reach of both."""
        return Reach(
            step=_union(self.step, other.step), epoch=_union(self.epoch, other.epoch), t=_union(self.t, other.t)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ByteRange:
    """The bytes from `start` up to `end` of a log, and what they hold."""

    start: int
    end: int
    reach: Reach = Reach()

    def joined(self, later: ByteRange) -> ByteRange:
        """This one and one that follows it."""
        return ByteRange(start=self.start, end=later.end, reach=self.reach.joined(later.reach))


class LogIndex:
    """The ranges of one log, in the order in which they were read.

    Not thread-safe; the store that owns it holds a lock.
    """

    def __init__(self) -> None:
        self._entries: list[ByteRange] = []
        self._grain = GRAIN

    def copy(self) -> LogIndex:
        """The same, to be gone on with apart from this one."""
        other = LogIndex()
        other._entries, other._grain = list(self._entries), self._grain
        return other

    @property
    def end(self) -> int:
        """The byte up to which the log is known."""
        return self._entries[-1].end if self._entries else 0

    def add(self, part: ByteRange) -> None:
        """Add what was read next."""
        if part.end <= part.start:
            return
        last = self._entries[-1] if self._entries else None
        if last is not None and last.end == part.start and last.end - last.start < self._grain:
            self._entries[-1] = last.joined(part)
            return
        self._entries.append(part)
        if len(self._entries) > MAX_ENTRIES:
            self._grain *= 2
            self._entries = _in_pairs(self._entries)

    def find(self, axis: Axis, low: float, high: float, since: int = 0) -> tuple[ByteRange, ...]:
        """Every part, neighbours in one, that may hold a point between `low` and `high` of an axis.

        Args:
            axis: the axis; relative time is asked for in unix seconds.
            low: the lower end of the range.
            high: the upper end of the range.
            since: leave out the bytes before this one.
        """
        found: list[ByteRange] = []
        for entry in self._entries:
            first, last = entry.reach.along(axis)
            if entry.end <= since or first > high or last < low:
                continue
            part = ByteRange(start=max(entry.start, since), end=entry.end, reach=entry.reach)
            if found and found[-1].end == part.start:
                found[-1] = found[-1].joined(part)
            else:
                found.append(part)
        return tuple(found)


def _ends(values: Floats) -> tuple[float, float]:
    known = values[values == values]
    return (float(known.min()), float(known.max())) if len(known) else _NOTHING


def _union(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return min(one[0], other[0]), max(one[1], other[1])


def _in_pairs(entries: list[ByteRange]) -> list[ByteRange]:
    """Half as many entries; those with a gap between them stay apart."""
    joined: list[ByteRange] = []
    for place, entry in enumerate(entries):
        if place % 2 and joined and joined[-1].end == entry.start:
            joined[-1] = joined[-1].joined(entry)
        else:
            joined.append(entry)
    return joined
