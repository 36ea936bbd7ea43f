"""Where the records of a growing log lie, in memory of a thousandth of the log.

The log is remembered in parts of some hundred KB: for each, how many records it has and the ends of their times and
steps. The records of one part are read again when they are asked for.

Time is that of the log, and never runs back: a clock that was set back stands still until the old time is reached
again. Playing goes by the gaps between records. A gap far longer than the log's own cadence, such as the night before a
run was resumed, is played as a short one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqsetvae.errors import InputError
from seqsetvae.logs.block import Block
from seqsetvae.logs.log import Log
from seqsetvae.logs.log_range import read_range
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.record_places import RecordPlaces, places_in
from seqsetvae.logs.trail import Floats, Ints

PART = 256 * 1024
"""Bytes of a part: a millisecond of reading, or ten for another tool's log."""

LONG_GAP = 30.0
"""Seconds below which no gap is shortened, unless the log's cadence is far shorter still."""

_LONG_FACTOR = 20.0
"""Typical gaps beyond which a gap is a pause: validations take some ten steps, a night takes thousands."""

_SHORT_GAP = 5.0
"""Seconds that a shortened gap is played for, unless a typical gap is longer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LogPart:
    """A part of the log, from byte `start` to `end`, with at least one record.

    Attributes:
        before: how many records lie before it.
        records: how many it has.
        last_t: when the last record before it was written, NaN for none.
        t: when its last record was written.
        first, final: the time and the seconds of playing at its first and last record.
        step_before: step of the last record before it, infinite for none.
        step: step of its last record.
        low, high: its lowest and highest step.
        top: the highest step up to its end.
    """

    start: int
    end: int
    before: int
    records: int
    last_t: float
    t: float
    first: tuple[float, float]
    final: tuple[float, float]
    step_before: float
    step: float
    low: float
    high: float
    top: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PartRecords:
    """The records of a part: time so far, seconds of playing, step, and the byte of the log behind each."""

    t: Floats
    played: Floats
    step: Floats
    end: Ints


class RecordIndex:
    """Learns where the records of a growing log are.

    Args:
        log: the log.
        names: what its metrics are called.
        on_block: called with every block as it is read for the first time.
    """

    def __init__(self, log: Log, names: Names, on_block: Callable[[Block], object] = lambda _: None) -> None:
        self._log = log
        self._names = names
        self._on_block = on_block
        # The events of a log of this package may be many: they are in a file of their own, which has an index.
        self._reader = open_log(log, names=names, events=False, points=False)
        self._latest: tuple[int, int, PartRecords] | None = None  # place and end of the part read last
        self._typical: float | None = None
        self._was_at_end = False
        self.parts: list[LogPart] = []
        self.size = 0
        self.problem: str | None = None
        """What stands in the way of reading on, or None."""
        self.replaced = False
        """The log was replaced or cut while it was read, or its times have changed: begin again."""

    def extend(self) -> bool:
        """Read on by one part; True when there is more at once.

        Raises:
            InputError: the log has changed while it was read; see `replaced`.
        """
        block = self._reader.poll(PART)
        self.problem = block.problem
        grown = block.read > self.size
        # Where a log has no times, they are counted back from its newest write.
        if block.reset or (grown and self._was_at_end and not self._log.format.has_times):
            self.replaced = True
            return False
        self._was_at_end = block.at_end
        try:
            self._on_block(block)
            if grown:
                self._add(block)
        except InputError:
            self.replaced = True
            raise
        return not block.at_end

    def shortened(self, gaps: Floats) -> Floats:
        """Seconds for which gaps between records are played."""
        typical = self._typical or 0.0
        longest = max(LONG_GAP, _LONG_FACTOR * typical)
        return np.where(gaps > longest, max(_SHORT_GAP, typical), np.maximum(gaps, 0.0))

    def records(self, place: int) -> PartRecords:
        """The records of a part, from the log.

        Raises:
            InputError: the log no longer holds what it did.
        """
        part = self.parts[place]
        if self._latest is not None and self._latest[:2] == (place, part.end):
            return self._latest[2]
        found = self._places(part.start, part.end)
        if len(found) != part.records:
            raise InputError("{path} has changed while it was read; open the replay again", path=self._log.path)
        t, played = self._course(found.t, part.last_t, self.parts[place - 1].final if place else _NEVER)
        records = PartRecords(t=t, played=played, step=found.step, end=found.end)
        self._latest = (place, part.end, records)
        return records

    def _add(self, block: Block) -> None:
        start, found = self.size, places_in([block])
        self.size = block.read
        if self.parts and self.parts[-1].end == start and block.read - self.parts[-1].start <= PART:
            start = self.parts.pop().start
            found = self._places(start, block.read)
        if len(found):
            self._learn_cadence(found.t)
            self.parts.append(self._part(start, block.read, found))

    def _places(self, start: int, end: int) -> RecordPlaces:
        return places_in(read_range(self._log, start, end, names=self._names, points=False, max_bytes=PART))

    def _learn_cadence(self, t: Floats) -> None:
        gaps = np.diff(t)
        gaps = gaps[gaps > 0]
        if self._typical is None and len(gaps):
            self._typical = float(np.median(gaps))

    def _part(self, start: int, end: int, found: RecordPlaces) -> LogPart:
        last = self.parts[-1] if self.parts else None
        last_t = last.t if last is not None else math.nan
        t, played = self._course(found.t, last_t, last.final if last is not None else _NEVER)
        return LogPart(
            start=start,
            end=end,
            before=last.before + last.records if last is not None else 0,
            records=len(found),
            last_t=last_t,
            t=float(found.t[-1]),
            first=(float(t[0]), float(played[0])),
            final=(float(t[-1]), float(played[-1])),
            step_before=last.step if last is not None else math.inf,
            step=float(found.step[-1]),
            low=float(found.step.min()),
            high=float(found.step.max()),
            top=max(float(found.step.max()), last.top if last is not None else -1.0),
        )

    def _course(self, t: Floats, last_t: float, ended: tuple[float, float]) -> tuple[Floats, Floats]:
        """Time so far and seconds of playing at records written at `t` after one at `last_t`."""
        gaps = np.diff(t, prepend=t[0] if math.isnan(last_t) else last_t)
        return np.maximum(np.maximum.accumulate(t), ended[0]), ended[1] + np.cumsum(self.shortened(gaps))


_NEVER = (-math.inf, 0.0)
