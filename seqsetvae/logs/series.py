"""A series in bounded memory: buckets of neighbouring points, merged in pairs when there are too many.

A bucket keeps what a chart needs (smallest, largest, first, last, mean, how many, how many not finite), so that neither
a spike nor a NaN is lost however often buckets merge.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np

from seqsetvae.logs.buckets import ROWS, Row, joined, merged, reduced
from seqsetvae.logs.series_view import Point, SeriesView
from seqsetvae.logs.trail import Floats, Trail

CAPACITY = 2048
"""Buckets a series: four for each dot column of a wide chart, 200 KB when full."""

_FIRST_ROOM = 32
"""Buckets allocated for a new series; a log may hold ten thousand metrics of one point each."""

_REVISIONS = count(1)
"""No two contents of series have the same revision, so that a series and its copies are told apart."""


class Series:
    """The buckets of one metric. Every bucket but the last holds `width` points; `width` doubles when room ends.

    Not thread-safe; the store that owns it holds a lock.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity must be even and at least 2, not {capacity}")
        self._capacity = capacity
        self._data: Floats = np.empty((ROWS, min(capacity, _FIRST_ROOM)))
        self._size = 0
        self._fill = 0  # points in the last bucket
        self.width = 1
        self.last = math.nan
        self.last_step = -1.0
        self.lowest: Point | None = None
        self.highest: Point | None = None
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
            buckets = reduced(trail, values, done, done + take, self.width, gap)
            self._note_extremes(buckets, trail.step[done : done + take], values[done : done + take])
            if gap:
                self._data[:, self._size - 1] = joined(self._data[:, self._size - 1].tolist(), buckets[:, 0].tolist())
            self._add(buckets[:, 1:] if gap else buckets)
            self._fill = self._fill + take if take <= gap else (take - gap - 1) % self.width + 1
            done += take

    def add(self, step: float, value: float) -> None:
        """Add one point of which only the step is known."""
        unknown = np.array([math.nan])
        self.append(Trail(t=unknown, step=np.array([float(step)]), epoch=unknown), np.array([float(value)]))

    @property
    def newest(self) -> Point | None:
        """The newest point, None without points."""
        return Point(int(self.last_step), self.last) if self._size else None

    def copy(self) -> Series:
        """A series that goes on from here by itself."""
        other = Series(self._capacity)
        other._data, other._size, other._fill = self._data.copy(), self._size, self._fill
        other.width, other.last, other.last_step, other.revision = self.width, self.last, self.last_step, self.revision
        other.lowest, other.highest = self.lowest, self.highest
        return other

    @property
    def nbytes(self) -> int:
        """Bytes that the buckets take."""
        return self._data.nbytes

    def view(self) -> SeriesView:
        """The series as it is now."""
        return SeriesView(
            data=self._data[:, : self._size].copy(),
            last=self.last,
            last_step=self.last_step,
            lowest=self.lowest,
            highest=self.highest,
            revision=self.revision,
        )

    def state_dict(self) -> dict[str, Any]:
        """Everything as values of strict JSON, the buckets as compressed bytes in Base64."""
        return {
            "width": self.width,
            "fill": self._fill,
            "last": [self.last_step, str(self.last)],
            "lowest": None if self.lowest is None else list(self.lowest),
            "highest": None if self.highest is None else list(self.highest),
            "buckets": base64.b64encode(zlib.compress(self._data[:, : self._size].tobytes(), 1)).decode(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the `state_dict` of a series of this capacity."""
        buckets = np.frombuffer(zlib.decompress(base64.b64decode(state["buckets"]))).reshape(ROWS, -1)
        self._size = 0
        self._add(buckets)
        self.width, self._fill = int(state["width"]), int(state["fill"])
        self.last_step, self.last = float(state["last"][0]), float(state["last"][1])
        self.lowest, self.highest = (
            None if point is None else Point(int(point[0]), float(point[1]))
            for point in (state["lowest"], state["highest"])
        )
        self.revision = next(_REVISIONS)

    def _note_extremes(self, buckets: Floats, steps: Floats, values: Floats) -> None:
        """Remember where the smallest and the largest value are, if these points hold one of them."""
        low, high = float(np.fmin.reduce(buckets[Row.LOW])), float(np.fmax.reduce(buckets[Row.HIGH]))
        if low == low and (self.lowest is None or low < self.lowest.value):
            self.lowest = Point(int(steps[(values == low).argmax()]), low)
        if high == high and (self.highest is None or high > self.highest.value):
            self.highest = Point(int(steps[(values == high).argmax()]), high)

    def _add(self, buckets: Floats) -> None:
        needed = self._size + buckets.shape[1]
        if needed > self._data.shape[1]:
            room = min(self._capacity, max(needed, 2 * self._data.shape[1]))
            grown = np.empty((ROWS, room))
            grown[:, : self._size] = self._data[:, : self._size]
            self._data = grown
        self._data[:, self._size : needed] = buckets
        self._size = needed

    def _merge_pairs(self) -> None:
        pairs = merged(self._data[:, : self._size : 2], self._data[:, 1 : self._size : 2])
        self._size //= 2
        self._data[:, : self._size] = pairs
        self.width *= 2
        self._fill = self.width
