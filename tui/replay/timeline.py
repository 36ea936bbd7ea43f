"""Where the moments of a log are: its records by number, by step, by time, and by seconds of playing.

Time is that of the log, and never runs back: a clock that was set back stands still until the old time is reached
again. Playing goes by the gaps between records. A gap far longer than the log's own cadence, such as the night before a
run was resumed, is played as a short one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from seqsetvae.errors import InputError
from seqsetvae.logs.tailer import Tailer
from tui.chart.scale import Floats
from tui.replay.heads import Heads, Ints, heads_of

BLOCK = 256 * 1024
"""Bytes of a stretch that is looked through for one moment: a millisecond."""

LONG_GAP = 30.0
"""Seconds below which no gap is shortened, unless the log's cadence is far shorter still."""

_LONG_FACTOR = 20.0
"""Typical gaps beyond which a gap is a pause: validations take some ten steps, a night takes thousands."""

_SHORT_GAP = 5.0
"""Seconds that a shortened gap is played for, unless a typical gap is longer."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Block:
    """A stretch of the log, from byte `start` to `end`, with at least one record.

    `before` records lie before it, the last of them written at `last_t` (NaN for none). `first` and `final` are
    the time and the seconds of playing at its first and last record; `top` is the highest step up to its end.
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
class _Records:
    """The records of a block: time so far, seconds of playing, step, and the byte of the log after each."""

    t: Floats
    played: Floats
    step: Floats
    end: Ints


class Timeline:
    """Learns where the records of a growing `metrics.jsonl` are, in memory of a thousandth of the file.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._tailer = Tailer(self._path)
        self._blocks: list[_Block] = []
        self._latest: tuple[int, int, _Records] | None = None  # place and end of the block read last
        self._typical: float | None = None
        self._tail_t = -math.inf
        self.size = 0
        self.replaced = False
        """The file was replaced or cut while it was read: begin anew."""

    def extend(self) -> bool:
        """Take in the next stretch of the file; True when there is more at once."""
        chunk = self._tailer.poll(BLOCK)
        if chunk.reset:
            self.replaced = True
            return False
        if chunk.data:
            self._take(chunk.offset, chunk.data)
            self.size = chunk.next_offset
        return not chunk.at_end

    def reach(self, t: float) -> None:
        """Something else than the metrics was written at `t`: the log ends no earlier."""
        self._tail_t = max(self._tail_t, t)

    @property
    def records(self) -> int:
        """How many records there are."""
        return self._blocks[-1].before + self._blocks[-1].records if self._blocks else 0

    @property
    def seconds(self) -> float:
        """How long the whole log plays at speed 1."""
        return self._end().played if self._blocks else 0.0

    @property
    def last_step(self) -> int:
        """The highest step."""
        return int(self._blocks[-1].top) if self._blocks else 0

    def highest_step(self, byte: int) -> float:
        """A step that no record before a byte is beyond; -1 where there is none."""
        place = bisect_right(self._blocks, byte, key=lambda block: block.start) - 1
        return self._blocks[place].top if place >= 0 else -1.0

    def at_record(self, number: int) -> Moment:
        """The moment at which a record, the first being 1, had just been written; the nearest there is."""
        number = min(max(number, 1), self.records)
        place = bisect_right(self._blocks, number - 1, key=lambda block: block.before) - 1
        return self._moment(place, number - 1 - self._blocks[place].before)

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
        place = max(bisect_right(self._blocks, t, key=lambda block: block.first[0]) - 1, 0)
        index = int(np.searchsorted(self._read(place).t, t, side="right")) - 1
        return self._between(place, max(index, 0), t=t)

    def at_played(self, seconds: float) -> Moment:
        """The moment after so many seconds of playing at speed 1."""
        if seconds >= self.seconds:
            return self._end()
        place = max(bisect_right(self._blocks, seconds, key=lambda block: block.first[1]) - 1, 0)
        index = int(np.searchsorted(self._read(place).played, seconds, side="right")) - 1
        return self._between(place, max(index, 0), played=seconds)

    def played_about(self, t: float) -> float:
        """About how many seconds of playing lead to unix second `t`; reads nothing."""
        place = max(bisect_right(self._blocks, t, key=lambda block: block.first[0]) - 1, 0)
        block, end = self._blocks[place], self._end()
        after = self._blocks[place + 1].first if place + 1 < len(self._blocks) else (end.t, end.played)
        known = (block.first, block.final, after)
        return float(np.interp(t, [when for when, _ in known], [played for _, played in known]))

    def at_step(self, step: int) -> Moment:
        """The last moment at which the run stood at a step: just before the record that went beyond it.

        Where a run was resumed from an earlier step, that is the moment of the branch that counts.
        """
        if step >= self._blocks[-1].top:
            return self.at_record(self.records)
        for place in range(len(self._blocks) - 1, -1, -1):
            block = self._blocks[place]
            if not (min(block.low, block.step_before) <= step < block.high):
                continue
            steps = np.concatenate([[block.step_before], self._read(place).step])
            crossed = np.flatnonzero((steps[:-1] <= step) & (steps[1:] > step))
            if len(crossed):
                return self.at_record(block.before + int(crossed[-1]))
        return self.at_start()

    def _take(self, offset: int, data: bytes) -> None:
        heads = heads_of(data)
        if not len(heads.t):
            return
        self._learn_cadence(heads)
        last = self._blocks[-1] if self._blocks else None
        new = self._block(last, offset, data, heads)
        if last is not None and last.end == offset and new.end - last.start <= BLOCK:
            self._blocks[-1] = _joined(last, new)
        else:
            self._blocks.append(new)

    def _learn_cadence(self, heads: Heads) -> None:
        gaps = np.diff(heads.t)
        gaps = gaps[gaps > 0]
        if self._typical is None and len(gaps):
            self._typical = float(np.median(gaps))

    def _block(self, last: _Block | None, offset: int, data: bytes, heads: Heads) -> _Block:
        before = last.before + last.records if last is not None else 0
        last_t = last.t if last is not None else math.nan
        ended = last.final if last is not None else (-math.inf, 0.0)
        t, played = self._course(heads.t, last_t, ended)
        return _Block(
            start=offset,
            end=offset + len(data),
            before=before,
            records=len(heads.t),
            last_t=last_t,
            t=float(heads.t[-1]),
            first=(float(t[0]), float(played[0])),
            final=(float(t[-1]), float(played[-1])),
            step_before=last.step if last is not None else math.inf,
            step=float(heads.step[-1]),
            low=float(heads.step.min()),
            high=float(heads.step.max()),
            top=max(float(heads.step.max()), last.top if last is not None else -1.0),
        )

    def _course(self, t: Floats, last_t: float, ended: tuple[float, float]) -> tuple[Floats, Floats]:
        """Time so far and seconds of playing at records written at `t` after one at `last_t`."""
        gaps = np.diff(t, prepend=t[0] if math.isnan(last_t) else last_t)
        return np.maximum(np.maximum.accumulate(t), ended[0]), ended[1] + np.cumsum(self._shortened(gaps))

    def _shortened(self, gaps: Floats) -> Floats:
        typical = self._typical or 0.0
        longest = max(LONG_GAP, _LONG_FACTOR * typical)
        return np.where(gaps > longest, max(_SHORT_GAP, typical), np.maximum(gaps, 0.0))

    def _read(self, place: int) -> _Records:
        """The records of a block, from the file."""
        block = self._blocks[place]
        if self._latest is not None and self._latest[:2] == (place, block.end):
            return self._latest[2]
        tailer = Tailer(self._path, start=block.start)
        data = tailer.poll(block.end - block.start).data
        heads = heads_of(data)
        if len(heads.t) != block.records:
            raise InputError("{path} has changed while it was read; open the replay again", path=self._path)
        previous = self._blocks[place - 1].final if place else (-math.inf, 0.0)
        t, played = self._course(heads.t, block.last_t, previous)
        records = _Records(t=t, played=played, step=heads.step, end=block.start + heads.end)
        self._latest = (place, block.end, records)
        return records

    def _moment(self, place: int, index: int) -> Moment:
        block, records = self._blocks[place], self._read(place)
        last = block.before + index + 1 == self.records
        found = Moment(
            record=block.before + index + 1,
            byte=int(records.end[index]),
            t=float(records.t[index]),
            written=float(records.t[index]),
            played=float(records.played[index]),
            step=int(records.step[index]),
        )
        return self._end() if last and found.t >= self._end().t else found

    def _between(self, place: int, index: int, *, t: float | None = None, played: float | None = None) -> Moment:
        """The moment at a time, or after some seconds of playing, from a record of a block on, before the next."""
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
        block = self._blocks[place]
        if index + 1 < block.records:
            records = self._read(place)
            return float(records.t[index + 1]), float(records.played[index + 1])
        if place + 1 < len(self._blocks):
            return self._blocks[place + 1].first
        end = self._end()
        return end.t, end.played

    def _end(self) -> Moment:
        block = self._blocks[-1]
        t, played = block.final
        rest = max(self._tail_t - t, 0.0)
        shown = float(self._shortened(np.array([rest]))[0])
        return Moment(
            record=block.before + block.records,
            byte=self.size,
            t=t + rest,
            written=t,
            played=played + shown,
            step=int(block.step),
            at_end=True,
        )


def _joined(block: _Block, later: _Block) -> _Block:
    return replace(
        block,
        end=later.end,
        records=block.records + later.records,
        t=later.t,
        final=later.final,
        step=later.step,
        low=min(block.low, later.low),
        high=max(block.high, later.high),
        top=later.top,
    )
