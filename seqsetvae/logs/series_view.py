"""A series as it was at one moment, for whoever draws it or reads values off it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from seqsetvae.logs.buckets import Row
from seqsetvae.logs.trail import Floats

Bools = npt.NDArray[np.bool_]


class Axis(StrEnum):
    """What the x axis counts."""

    STEP = "step"
    EPOCH = "epoch"
    WALL = "wall"
    RELATIVE = "relative"


_AXIS_ROWS = {
    Axis.STEP: (Row.STEP0, Row.STEP1),
    Axis.EPOCH: (Row.EPOCH0, Row.EPOCH1),
    Axis.WALL: (Row.T0, Row.T1),
    Axis.RELATIVE: (Row.T0, Row.T1),
}


class Point(NamedTuple):
    """A value and its optimizer step."""

    step: int
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisPoints:
    """A series along one axis, each entry one point or a bucket of neighbours; all arrays have the shape `[n]`.

    `start`/`end` are the first and last place on the axis, `count` the finite values in it. `low`, `high`
    and `mean` are NaN where `count` is 0. `nan`, `above` and `below` tell of NaN, +Infinity and -Infinity.
    """

    start: Floats
    end: Floats
    low: Floats
    high: Floats
    mean: Floats
    count: Floats
    nan: Bools
    above: Bools
    below: Bools

    def __len__(self) -> int:
        return len(self.start)

    @staticmethod
    def of(x: Floats, values: Floats) -> AxisPoints:
        """Single points, unreduced."""
        finite = np.isfinite(values)
        kept = np.where(finite, values, np.nan)
        return AxisPoints(
            start=x,
            end=x,
            low=kept,
            high=kept,
            mean=kept,
            count=finite.astype(np.float64),
            nan=np.isnan(values),
            above=np.isposinf(values),
            below=np.isneginf(values),
        )

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last place on the axis, or None without points."""
        if not len(self):
            return None
        low, high = float(np.nanmin(self.start)), float(np.nanmax(self.end))
        return (low, high) if np.isfinite(low) and np.isfinite(high) else None


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
    """A series as it was at one moment.

    Attributes:
        data: The buckets, `[15, buckets]`; never changed.
        last: The newest value, which may be non-finite.
        last_step: Its step, -1 without points.
        lowest, highest: The first of the smallest and of the largest finite values; None where none is finite.
        revision: Differs between any two contents.
    """

    data: Floats
    last: float
    last_step: float
    lowest: Point | None = None
    highest: Point | None = None
    revision: int

    @property
    def low(self) -> Floats:
        """Smallest finite value of each bucket."""
        return np.asarray(self.data[Row.LOW])

    @property
    def high(self) -> Floats:
        """Largest finite value of each bucket."""
        return np.asarray(self.data[Row.HIGH])

    @property
    def mean(self) -> Floats:
        """Mean of the finite values of each bucket."""
        return np.asarray(self.data[Row.MEAN])

    @property
    def first(self) -> Floats:
        """First finite value of each bucket."""
        return np.asarray(self.data[Row.FIRST])

    @property
    def final(self) -> Floats:
        """Last finite value of each bucket."""
        return np.asarray(self.data[Row.LAST])

    @property
    def count(self) -> int:
        """Finite values in all buckets."""
        return int(self.data[Row.COUNT].sum())

    @property
    def nonfinite(self) -> int:
        """NaN and infinite values in all buckets."""
        return int(self.data[Row.NAN : Row.BELOW + 1].sum())

    @property
    def has_nonfinite(self) -> Bools:
        """Which buckets hold NaN or infinite values."""
        return np.asarray((self.data[Row.NAN : Row.BELOW + 1] > 0).any(axis=0))

    @property
    def total(self) -> int:
        """Values in all buckets, finite or not."""
        return self.count + self.nonfinite

    @property
    def epochs(self) -> Floats:
        """Last epoch of each bucket, NaN where the log does not say it."""
        return np.asarray(self.data[Row.EPOCH1])

    @property
    def steps(self) -> Floats:
        """Last step of each bucket."""
        return np.asarray(self.data[Row.STEP1])

    @property
    def times(self) -> Floats:
        """Last unix second of each bucket."""
        return np.asarray(self.data[Row.T1])

    def points(self, axis: Axis, origin: float = 0.0) -> AxisPoints:
        """The series along an axis; `origin` is the unix second at which relative time is 0."""
        start, end = self.ends(axis, origin)
        known = np.isfinite(start) & np.isfinite(end)
        data = self.data
        if not known.all():
            data, start, end = data[:, known], start[known], end[known]
        return AxisPoints(
            start=start,
            end=end,
            low=data[Row.LOW],
            high=data[Row.HIGH],
            mean=data[Row.MEAN],
            count=data[Row.COUNT],
            nan=data[Row.NAN] > 0,
            above=data[Row.ABOVE] > 0,
            below=data[Row.BELOW] > 0,
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
            step=row[Row.STEP1],
            epoch=row[Row.EPOCH1],
            t=row[Row.T1],
            low=row[Row.LOW],
            high=row[Row.HIGH],
            mean=row[Row.MEAN],
            count=int(row[Row.COUNT]),
            nan=int(row[Row.NAN]),
            above=int(row[Row.ABOVE]),
            below=int(row[Row.BELOW]),
        )

    def followed_by(self, later: SeriesView) -> SeriesView:
        """This series, and what a later one holds beyond its last step."""
        beyond = later.data[:, later.data[Row.STEP0] > self.last_step]
        if not beyond.shape[1]:
            return self
        return SeriesView(
            data=np.concatenate([self.data, beyond], axis=1),
            last=later.last,
            last_step=later.last_step,
            lowest=lower(self.lowest, later.lowest),
            highest=higher(self.highest, later.highest),
            revision=self.revision + later.revision,
        )


def lower(one: Point | None, later: Point | None) -> Point | None:
    """The smaller of two points; the first where they are equal."""
    return one if later is None or (one is not None and one.value <= later.value) else later


def higher(one: Point | None, later: Point | None) -> Point | None:
    """The larger of two points; the first where they are equal."""
    return one if later is None or (one is not None and one.value >= later.value) else later
