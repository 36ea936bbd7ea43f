"""A series in bounded memory: buckets of neighbouring points, with the extremes at their steps.

A bucket keeps what a chart needs (smallest, largest, first, last, mean, how many, how many not finite), so that neither
a spike nor a NaN is lost however often buckets merge.
"""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqsetvae.logs.buckets import ROWS, Row, joined, merged, reduced
from seqsetvae.logs.paired_buckets import PairedBuckets
from seqsetvae.logs.series_view import Point, SeriesView
from seqsetvae.logs.trail import Floats, Trail

CAPACITY = 2048
"""Buckets a series: four for each dot column of a wide chart, 200 KB when full."""


class Series(PairedBuckets):
    """The buckets of one metric.

    Not thread-safe; the store that owns it holds a lock.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        super().__init__(ROWS, capacity)
        self.last = math.nan
        self.last_step = -1.0
        self.lowest: Point | None = None
        self.highest: Point | None = None

    def append(self, trail: Trail, values: Floats) -> None:
        """Add points, in the order of the log; shapes `[n]`."""
        if not len(values):
            return
        self.last, self.last_step = float(values[-1]), float(trail.step[-1])

        def buckets(start: int, end: int, gap: int) -> Floats:
            found = reduced(trail, values, start, end, self.width, gap)
            self._note_extremes(found, trail.step[start:end], values[start:end])
            return found

        self._extend(len(values), buckets)

    def add(self, step: float, value: float) -> None:
        """Add one point of which only the step is known."""
        unknown = np.array([math.nan])
        self.append(Trail(t=unknown, step=np.array([float(step)]), epoch=unknown), np.array([float(value)]))

    @property
    def newest(self) -> Point | None:
        """The newest point, None without points."""
        return Point(int(self.last_step), self.last) if self._size else None

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
        self._renew()

    def _note_extremes(self, buckets: Floats, steps: Floats, values: Floats) -> None:
        """Remember where the smallest and the largest value are, if these points hold one of them."""
        low, high = float(np.fmin.reduce(buckets[Row.LOW])), float(np.fmax.reduce(buckets[Row.HIGH]))
        if low == low and (self.lowest is None or low < self.lowest.value):
            self.lowest = Point(int(steps[(values == low).argmax()]), low)
        if high == high and (self.highest is None or high > self.highest.value):
            self.highest = Point(int(steps[(values == high).argmax()]), high)

    def _joined(self, last: Floats, more: Floats) -> list[float]:
        return joined(last.tolist(), more.tolist())

    def _merged(self, left: Floats, right: Floats) -> Floats:
        return merged(left, right)
