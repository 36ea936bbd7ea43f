"""A series in bounded memory: buckets of neighbouring points, merged in pairs when there are too many.

A bucket keeps what a chart needs (smallest, largest, first, last, mean, how many, how many not finite), so that neither
a spike nor a NaN is lost however often buckets merge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import count

import numpy as np
import numpy.typing as npt

from tui.chart.downsample import Points
from tui.chart.scale import Floats

CAPACITY = 2048
"""Buckets a series: four for each dot column of a wide chart, 200 KB when full."""

_FIRST_ROOM = 32
"""Buckets allocated for a new series; a log may hold ten thousand metrics of one point each."""

_REVISIONS = count(1)
"""No two contents of series have the same revision, so that a series and its copies are told apart."""


class _Row(IntEnum):
    T0 = 0
    T1 = 1
    STEP0 = 2
    STEP1 = 3
    EPOCH0 = 4
    EPOCH1 = 5
    LOW = 6
    HIGH = 7
    FIRST = 8
    LAST = 9
    MEAN = 10
    COUNT = 11
    NAN = 12
    ABOVE = 13
    BELOW = 14


_ROWS = len(_Row)


class Axis(StrEnum):
    """What the x axis counts."""

    STEP = "step"
    EPOCH = "epoch"
    WALL = "wall"
    RELATIVE = "relative"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trail:
    """Where the points of a block lie: unix seconds, step and epoch (NaN when unknown), shape `[n]` each."""

    t: Floats
    step: Floats
    epoch: Floats

    def __len__(self) -> int:
        return len(self.t)

    def take(self, index: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Trail:
        """The part that a numpy index chooses."""
        return Trail(t=self.t[index], step=self.step[index], epoch=self.epoch[index])


@dataclass(frozen=True, kw_only=True, slots=True)
class Bucket:
    """Some neighbouring points: where the last of them lies, and their values; NaN where none is finite.

    `count` tells how many are finite, `nan`, `above` and `below` how many are NaN, +Infinity and -Infinity.
    """

    step: float
    epoch: float
    t: float
    low: float
    high: float
    mean: float
    count: int
    nan: int
    above: int
    below: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesView:
    """A series as it was at one moment; `data` is `[15, buckets]` and never changes. `last` may be any float."""

    data: Floats
    last: float
    last_step: float
    revision: int

    @property
    def low(self) -> Floats:
        """Smallest finite value of each bucket."""
        return np.asarray(self.data[_Row.LOW])

    @property
    def high(self) -> Floats:
        """Largest finite value of each bucket."""
        return np.asarray(self.data[_Row.HIGH])

    @property
    def mean(self) -> Floats:
        """Mean of the finite values of each bucket."""
        return np.asarray(self.data[_Row.MEAN])

    @property
    def first(self) -> Floats:
        """First finite value of each bucket."""
        return np.asarray(self.data[_Row.FIRST])

    @property
    def final(self) -> Floats:
        """Last finite value of each bucket."""
        return np.asarray(self.data[_Row.LAST])

    @property
    def count(self) -> int:
        """Finite values in all buckets."""
        return int(self.data[_Row.COUNT].sum())

    @property
    def nonfinite(self) -> int:
        """NaN and infinite values in all buckets."""
        return int(self.data[_Row.NAN : _Row.BELOW + 1].sum())

    @property
    def steps(self) -> Floats:
        """Last step of each bucket."""
        return np.asarray(self.data[_Row.STEP1])

    @property
    def times(self) -> Floats:
        """Last unix second of each bucket."""
        return np.asarray(self.data[_Row.T1])

    def points(self, axis: Axis, origin: float = 0.0) -> Points:
        """The series along an axis; `origin` is the unix second at which relative time is 0."""
        start, end = self.ends(axis, origin)
        known = np.isfinite(start) & np.isfinite(end)
        data = self.data
        if not known.all():
            data, start, end = data[:, known], start[known], end[known]
        return Points(
            start=start,
            end=end,
            low=data[_Row.LOW],
            high=data[_Row.HIGH],
            mean=data[_Row.MEAN],
            count=data[_Row.COUNT],
            nan=data[_Row.NAN] > 0,
            above=data[_Row.ABOVE] > 0,
            below=data[_Row.BELOW] > 0,
        )

    def ends(self, axis: Axis, origin: float = 0.0) -> tuple[Floats, Floats]:
        """Where each bucket begins and ends along an axis, shape `[buckets]` each; NaN where that is unknown."""
        first, last = self.data[_AXIS_ROWS[axis][0]], self.data[_AXIS_ROWS[axis][1]]
        shift = origin if axis is Axis.RELATIVE else 0.0
        return np.minimum(first, last) - shift, np.maximum(first, last) - shift

    def bucket(self, index: int) -> Bucket:
        """One bucket."""
        row: list[float] = self.data[:, index].tolist()
        return Bucket(
            step=row[_Row.STEP1],
            epoch=row[_Row.EPOCH1],
            t=row[_Row.T1],
            low=row[_Row.LOW],
            high=row[_Row.HIGH],
            mean=row[_Row.MEAN],
            count=int(row[_Row.COUNT]),
            nan=int(row[_Row.NAN]),
            above=int(row[_Row.ABOVE]),
            below=int(row[_Row.BELOW]),
        )

    def followed_by(self, later: SeriesView) -> SeriesView:
        """This series, and what a later one holds beyond its last step."""
        beyond = later.data[:, later.data[_Row.STEP0] > self.last_step]
        if not beyond.shape[1]:
            return self
        return SeriesView(
            data=np.concatenate([self.data, beyond], axis=1),
            last=later.last,
            last_step=later.last_step,
            revision=self.revision + later.revision,
        )


_AXIS_ROWS = {
    Axis.STEP: (_Row.STEP0, _Row.STEP1),
    Axis.EPOCH: (_Row.EPOCH0, _Row.EPOCH1),
    Axis.WALL: (_Row.T0, _Row.T1),
    Axis.RELATIVE: (_Row.T0, _Row.T1),
}


class Series:
    """The buckets of one metric. Every bucket but the last holds `width` points; `width` doubles when room ends.

    Not thread-safe; the store that owns it holds a lock.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity must be even and at least 2, not {capacity}")
        self._capacity = capacity
        self._data: Floats = np.empty((_ROWS, min(capacity, _FIRST_ROOM)))
        self._size = 0
        self._fill = 0  # points in the last bucket
        self.width = 1
        self.last = math.nan
        self.last_step = -1.0
        self.revision = 0

    def __len__(self) -> int:
        return self._size

    def append(self, trail: Trail, values: Floats) -> None:
        """Add points, in the order of the log; shapes `[n]`."""
        if not len(values):
            return
        self.last, self.last_step = float(values[-1]), float(trail.step[-1])
        self.revision = next(_REVISIONS)
        done = 0
        while done < len(values):
            gap = self.width - self._fill if self._size else 0
            room = gap + (self._capacity - self._size) * self.width
            if not room:
                self._merge_pairs()
                continue
            take = min(room, len(values) - done)
            buckets = _reduced(trail, values, done, done + take, self.width, gap)
            if gap:
                self._data[:, self._size - 1] = _joined(self._data[:, self._size - 1].tolist(), buckets[:, 0].tolist())
            self._add(buckets[:, 1:] if gap else buckets)
            self._fill = self._fill + take if take <= gap else (take - gap - 1) % self.width + 1
            done += take

    def copy(self) -> Series:
        """A series that goes on from here by itself."""
        other = Series(self._capacity)
        other._data, other._size, other._fill = self._data.copy(), self._size, self._fill
        other.width, other.last, other.last_step, other.revision = self.width, self.last, self.last_step, self.revision
        return other

    @property
    def nbytes(self) -> int:
        """Bytes that the buckets take."""
        return self._data.nbytes

    def view(self) -> SeriesView:
        """The series as it is now."""
        return SeriesView(
            data=self._data[:, : self._size].copy(), last=self.last, last_step=self.last_step, revision=self.revision
        )

    def _add(self, buckets: Floats) -> None:
        needed = self._size + buckets.shape[1]
        if needed > self._data.shape[1]:
            room = min(self._capacity, max(needed, 2 * self._data.shape[1]))
            grown = np.empty((_ROWS, room))
            grown[:, : self._size] = self._data[:, : self._size]
            self._data = grown
        self._data[:, self._size : needed] = buckets
        self._size = needed

    def _merge_pairs(self) -> None:
        pairs = _merged(self._data[:, : self._size : 2], self._data[:, 1 : self._size : 2])
        self._size //= 2
        self._data[:, : self._size] = pairs
        self.width *= 2
        self._fill = self.width


def _reduced(trail: Trail, values: Floats, start: int, end: int, width: int, first: int) -> Floats:
    """Points `start` to `end` as buckets of `width` points, shape `[15, buckets]`.

    The first bucket takes `first` points unless that is 0; the last may hold fewer than it could.
    """
    if end - start == 1:
        return _single(trail, float(values[start]), start)
    if width == 1:
        return _one_each(trail, values, start, end)
    part = values[start:end]
    starts = np.arange(first, len(part), width)
    if first:
        starts = np.concatenate([[0], starts])
    ends = np.append(starts[1:], len(part)) - 1
    out = np.zeros((_ROWS, len(starts)))
    for row, column in ((_Row.T0, trail.t), (_Row.STEP0, trail.step), (_Row.EPOCH0, trail.epoch)):
        out[row], out[row + 1] = column[start + starts], column[start + ends]
    finite = np.isfinite(part)
    if finite.all():
        out[_Row.LOW], out[_Row.HIGH] = np.minimum.reduceat(part, starts), np.maximum.reduceat(part, starts)
        out[_Row.FIRST], out[_Row.LAST] = part[starts], part[ends]
        out[_Row.COUNT] = ends - starts + 1
        out[_Row.MEAN] = _means(part, starts, out[_Row.COUNT])
        return out
    _reduce_mixed(out, part, finite, starts, ends)
    return out


def _means(part: Floats, starts: npt.NDArray[np.int64], count: Floats) -> Floats:
    """Mean of each bucket; numbers whose sum is beyond all floats are divided before they are added."""
    with np.errstate(over="ignore"):
        means = np.add.reduceat(part, starts) / count
    if np.isfinite(means).all():
        return np.asarray(means)
    return np.asarray(np.add.reduceat(part / np.repeat(count, count.astype(np.int64)), starts))


def _reduce_mixed(out: Floats, part: Floats, finite: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
    """Fill in the values of buckets that hold NaN or infinities."""
    count = np.add.reduceat(finite.astype(np.float64), starts)
    some = count > 0
    index = np.arange(len(part))
    first = np.minimum.reduceat(np.where(finite, index, len(part)), starts)
    last = np.maximum.reduceat(np.where(finite, index, -1), starts)
    shared = np.where(finite, part, 0.0) / np.repeat(np.maximum(count, 1), ends - starts + 1)
    out[_Row.COUNT] = count
    for row, filled in (
        (_Row.LOW, np.minimum.reduceat(np.where(finite, part, np.inf), starts)),
        (_Row.HIGH, np.maximum.reduceat(np.where(finite, part, -np.inf), starts)),
        (_Row.MEAN, np.add.reduceat(shared, starts)),
        (_Row.FIRST, part[np.minimum(first, len(part) - 1)]),
        (_Row.LAST, part[last]),
    ):
        out[row] = np.where(some, filled, np.nan)
    for row, flags in ((_Row.NAN, np.isnan(part)), (_Row.ABOVE, part == np.inf), (_Row.BELOW, part == -np.inf)):
        out[row] = np.add.reduceat(flags.astype(np.float64), starts)


def _single(trail: Trail, value: float, index: int) -> Floats:
    """One point as a bucket; the usual case of a live run, so it is done without array arithmetic."""
    finite = value - value == 0
    kept = value if finite else math.nan
    t, step, epoch = trail.t[index], trail.step[index], trail.epoch[index]
    nan, above, below = value != value, value == math.inf, value == -math.inf
    return np.array(
        [t, t, step, step, epoch, epoch, kept, kept, kept, kept, kept, finite, nan, above, below], dtype=np.float64
    )[:, None]


def _one_each(trail: Trail, values: Floats, start: int, end: int) -> Floats:
    """Points as a bucket each: all that a short series holds, so that a run of ten thousand is read at once."""
    part = values[start:end]
    out = np.zeros((_ROWS, len(part)))
    for row, column in ((_Row.T0, trail.t), (_Row.STEP0, trail.step), (_Row.EPOCH0, trail.epoch)):
        out[row : row + 2] = column[start:end]
    finite = np.isfinite(part)
    out[_Row.LOW : _Row.COUNT] = np.where(finite, part, np.nan)
    out[_Row.COUNT] = finite
    if not finite.all():
        out[_Row.NAN], out[_Row.ABOVE], out[_Row.BELOW] = np.isnan(part), part == np.inf, part == -np.inf
    return out


def _joined(left: list[float], right: list[float]) -> list[float]:
    """One bucket and what continues it, as one: `_merged` for a single pair, without array arithmetic."""
    if not right[_Row.COUNT] or not left[_Row.COUNT]:
        values = left if left[_Row.COUNT] else right
        middle = values[_Row.LOW : _Row.COUNT]
    else:
        share = left[_Row.COUNT] / (left[_Row.COUNT] + right[_Row.COUNT])
        middle = [
            min(left[_Row.LOW], right[_Row.LOW]),
            max(left[_Row.HIGH], right[_Row.HIGH]),
            left[_Row.FIRST],
            right[_Row.LAST],
            left[_Row.MEAN] * share + right[_Row.MEAN] * (1 - share),
        ]
    counts = [left[row] + right[row] for row in (_Row.COUNT, _Row.NAN, _Row.ABOVE, _Row.BELOW)]
    ends = [place for row in (_Row.T0, _Row.STEP0, _Row.EPOCH0) for place in (left[row], right[row + 1])]
    return [*ends, *middle, *counts]


def _merged(left: Floats, right: Floats) -> Floats:
    """Neighbouring buckets as one, shapes `[15, n]`."""
    out = np.empty((_ROWS, left.shape[1]))
    for row in (_Row.T0, _Row.STEP0, _Row.EPOCH0):
        out[row], out[row + 1] = left[row], right[row + 1]
    out[_Row.LOW] = np.fmin(left[_Row.LOW], right[_Row.LOW])
    out[_Row.HIGH] = np.fmax(left[_Row.HIGH], right[_Row.HIGH])
    has_left, has_right = left[_Row.COUNT] > 0, right[_Row.COUNT] > 0
    out[_Row.FIRST] = np.where(has_left, left[_Row.FIRST], right[_Row.FIRST])
    out[_Row.LAST] = np.where(has_right, right[_Row.LAST], left[_Row.LAST])
    total = left[_Row.COUNT] + right[_Row.COUNT]
    share = left[_Row.COUNT] / np.maximum(total, 1)
    mean = np.where(has_left, left[_Row.MEAN], 0) * share + np.where(has_right, right[_Row.MEAN], 0) * (1 - share)
    out[_Row.MEAN] = np.where(total > 0, mean, np.nan)
    for row in (_Row.COUNT, _Row.NAN, _Row.ABOVE, _Row.BELOW):
        out[row] = left[row] + right[row]
    return out
