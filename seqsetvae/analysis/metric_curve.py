"""One metric of a run in bounded memory: neighbouring points as buckets that keep every extreme."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from seqsetvae.collapse.series import Point

Floats = npt.NDArray[np.float64]

#: Buckets of a curve at most, an even number; a figure's panel is some 700 dots wide.
CAPACITY = 1024

#: Larger numbers are those of a run that has diverged; figures treat them as infinite, and can always be drawn.
LARGEST = 1e100


class _Field(IntEnum):
    STEP = 0
    EPOCH = 1
    T = 2
    LOW = 3
    HIGH = 4
    MEAN = 5
    COUNT = 6
    NONFINITE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCurve:
    """A metric over a run, all arrays `[buckets]`.

    Attributes:
        step: Optimizer step of each bucket's last point.
        epoch: Its epoch, NaN where the log has none.
        t: When it was written, unix seconds.
        low, high, mean: The smallest and largest finite value and their mean; NaN where none is finite.
        nonfinite: Whether any of the bucket's values is NaN, infinite or beyond `LARGEST`; the others are finite here.
        points: Points in all buckets.
        lowest, highest: The extremes and their steps; None where no value is finite.
        last: The newest value, finite or not.
    """

    step: Floats
    epoch: Floats
    t: Floats
    low: Floats
    high: Floats
    mean: Floats
    nonfinite: npt.NDArray[np.bool_]
    points: int
    lowest: Point | None
    highest: Point | None
    last: Point


class CurveBuilder:
    """Reduces the points of one metric as they come, in the order of the log.

    Args:
        capacity: Buckets to keep at most, at least 2.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._width = 1
        self._data: Floats = np.empty((len(_Field), 0))
        self._points = 0
        self._lowest: Point | None = None
        self._highest: Point | None = None
        self._last: Point | None = None

    def extend(self, step: Floats, epoch: Floats, t: Floats, values: Floats) -> None:
        """Add points, arrays of one length; a value may be NaN or infinite."""
        if not len(values):
            return
        self._points += len(values)
        self._last = Point(int(step[-1]), float(values[-1]))
        self._note_extremes(step, values)
        self._data = np.concatenate([self._data, _reduced(step, epoch, t, values, self._width)], axis=1)
        while self._data.shape[1] > self._capacity:
            self._data = _pairs_merged(self._data)
            self._width *= 2

    def curve(self) -> MetricCurve | None:
        """Return what there is so far, or None where there is nothing."""
        if self._last is None:
            return None
        step, epoch, t, low, high, mean, _, nonfinite = self._data
        return MetricCurve(
            step=step, epoch=epoch, t=t, low=low, high=high, mean=mean, nonfinite=nonfinite > 0, points=self._points,
            lowest=self._lowest, highest=self._highest, last=self._last,
        )  # fmt: skip

    def _note_extremes(self, step: Floats, values: Floats) -> None:
        places = np.flatnonzero(np.abs(values) <= LARGEST)
        if not len(places):
            return
        finite = values[places]
        low, high = int(places[finite.argmin()]), int(places[finite.argmax()])
        if self._lowest is None or values[low] < self._lowest.value:
            self._lowest = Point(int(step[low]), float(values[low]))
        if self._highest is None or values[high] > self._highest.value:
            self._highest = Point(int(step[high]), float(values[high]))


def _reduced(step: Floats, epoch: Floats, t: Floats, values: Floats, width: int) -> Floats:
    """Return points as buckets of `width`, the last of which may have fewer, shape `[8, buckets]`."""
    starts = np.arange(0, len(values), width)
    ends = np.append(starts[1:], len(values)) - 1
    finite = np.abs(values) <= LARGEST
    known = np.where(finite, values, np.nan)
    count = np.add.reduceat(finite.astype(np.float64), starts)
    total = np.add.reduceat(np.where(finite, values, 0.0), starts)
    out = np.empty((len(_Field), len(starts)))
    out[_Field.STEP], out[_Field.EPOCH], out[_Field.T] = step[ends], epoch[ends], t[ends]
    out[_Field.LOW], out[_Field.HIGH] = np.fmin.reduceat(known, starts), np.fmax.reduceat(known, starts)
    out[_Field.MEAN] = np.where(count > 0, total / np.maximum(count, 1.0), np.nan)
    out[_Field.COUNT] = count
    out[_Field.NONFINITE] = np.add.reduceat((~finite).astype(np.float64), starts)
    return out


def _pairs_merged(data: Floats) -> Floats:
    """Return neighbours as one; an odd last bucket stays as it is."""
    even = data.shape[1] // 2 * 2
    left, right = data[:, 0:even:2], data[:, 1:even:2]
    out = right.copy()
    out[_Field.LOW] = np.fmin(left[_Field.LOW], right[_Field.LOW])
    out[_Field.HIGH] = np.fmax(left[_Field.HIGH], right[_Field.HIGH])
    out[_Field.COUNT] = left[_Field.COUNT] + right[_Field.COUNT]
    out[_Field.NONFINITE] = left[_Field.NONFINITE] + right[_Field.NONFINITE]
    total = np.maximum(out[_Field.COUNT], 1.0)
    parts = [
        np.where(side[_Field.COUNT] > 0, side[_Field.MEAN], 0.0) * (side[_Field.COUNT] / total)
        for side in (left, right)
    ]
    out[_Field.MEAN] = np.where(out[_Field.COUNT] > 0, parts[0] + parts[1], np.nan)
    return np.concatenate([out, data[:, even:]], axis=1)


def smoothed(values: Floats, weight: float) -> Floats:
    """Return an exponential moving average, corrected for its start; a gap stays one.

    Args:
        values: `[buckets]`, NaN in gaps.
        weight: How much of the past is kept, 0 ≤ weight < 1.
    """
    if weight == 0:
        return values
    average, trust = 0.0, 0.0
    out = np.empty(len(values))
    for i, value in enumerate(values.tolist()):
        if value == value:
            average = weight * average + (1 - weight) * value
            trust = weight * trust + (1 - weight)
        out[i] = average / trust if value == value else np.nan
    return out


def at_steps(curve: MetricCurve, steps: Floats, smooth: float = 0.0) -> Floats:
    """Return a curve's values at steps, `[steps]`, read off between its points; NaN where it has none at all."""
    known = np.isfinite(curve.mean)
    if not known.any():
        return np.full(len(steps), np.nan)
    return np.asarray(np.interp(steps, curve.step[known], smoothed(curve.mean[known], smooth)))
