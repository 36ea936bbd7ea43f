"""The arithmetic of buckets: points reduced to them, and neighbouring buckets merged.

A bucket is a column of `[rows, buckets]`, one row for each member of `Row`.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from seqsetvae.logs.trail import Floats, Trail


class Row(IntEnum):
    """What a bucket keeps, in the order of its rows; the last three count values that are not finite."""

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


ROWS = len(Row)


def reduced(trail: Trail, values: Floats, start: int, end: int, width: int, first: int) -> Floats:
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
    out = np.zeros((ROWS, len(starts)))
    for row, column in ((Row.T0, trail.t), (Row.STEP0, trail.step), (Row.EPOCH0, trail.epoch)):
        out[row], out[row + 1] = column[start + starts], column[start + ends]
    finite = np.isfinite(part)
    if finite.all():
        out[Row.LOW], out[Row.HIGH] = np.minimum.reduceat(part, starts), np.maximum.reduceat(part, starts)
        out[Row.FIRST], out[Row.LAST] = part[starts], part[ends]
        out[Row.COUNT] = ends - starts + 1
        out[Row.MEAN] = _means(part, starts, out[Row.COUNT])
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
    out[Row.COUNT] = count
    for row, filled in (
        (Row.LOW, np.minimum.reduceat(np.where(finite, part, np.inf), starts)),
        (Row.HIGH, np.maximum.reduceat(np.where(finite, part, -np.inf), starts)),
        (Row.MEAN, np.add.reduceat(shared, starts)),
        (Row.FIRST, part[np.minimum(first, len(part) - 1)]),
        (Row.LAST, part[last]),
    ):
        out[row] = np.where(some, filled, np.nan)
    for row, flags in ((Row.NAN, np.isnan(part)), (Row.ABOVE, part == np.inf), (Row.BELOW, part == -np.inf)):
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
    out = np.zeros((ROWS, len(part)))
    for row, column in ((Row.T0, trail.t), (Row.STEP0, trail.step), (Row.EPOCH0, trail.epoch)):
        out[row : row + 2] = column[start:end]
    finite = np.isfinite(part)
    out[Row.LOW : Row.COUNT] = np.where(finite, part, np.nan)
    out[Row.COUNT] = finite
    if not finite.all():
        out[Row.NAN], out[Row.ABOVE], out[Row.BELOW] = np.isnan(part), part == np.inf, part == -np.inf
    return out


def joined(left: list[float], right: list[float]) -> list[float]:
    """One bucket and what continues it, as one: `merged` for a single pair, without array arithmetic."""
    if not right[Row.COUNT] or not left[Row.COUNT]:
        values = left if left[Row.COUNT] else right
        middle = values[Row.LOW : Row.COUNT]
    else:
        share = left[Row.COUNT] / (left[Row.COUNT] + right[Row.COUNT])
        middle = [
            min(left[Row.LOW], right[Row.LOW]),
            max(left[Row.HIGH], right[Row.HIGH]),
            left[Row.FIRST],
            right[Row.LAST],
            left[Row.MEAN] * share + right[Row.MEAN] * (1 - share),
        ]
    counts = [left[row] + right[row] for row in (Row.COUNT, Row.NAN, Row.ABOVE, Row.BELOW)]
    ends = [place for row in (Row.T0, Row.STEP0, Row.EPOCH0) for place in (left[row], right[row + 1])]
    return [*ends, *middle, *counts]


def merged(left: Floats, right: Floats) -> Floats:
    """Neighbouring buckets as one, shapes `[15, n]`."""
    out = np.empty((ROWS, left.shape[1]))
    for row in (Row.T0, Row.STEP0, Row.EPOCH0):
        out[row], out[row + 1] = left[row], right[row + 1]
    out[Row.LOW] = np.fmin(left[Row.LOW], right[Row.LOW])
    out[Row.HIGH] = np.fmax(left[Row.HIGH], right[Row.HIGH])
    has_left, has_right = left[Row.COUNT] > 0, right[Row.COUNT] > 0
    out[Row.FIRST] = np.where(has_left, left[Row.FIRST], right[Row.FIRST])
    out[Row.LAST] = np.where(has_right, right[Row.LAST], left[Row.LAST])
    total = left[Row.COUNT] + right[Row.COUNT]
    share = left[Row.COUNT] / np.maximum(total, 1)
    mean = np.where(has_left, left[Row.MEAN], 0) * share + np.where(has_right, right[Row.MEAN], 0) * (1 - share)
    out[Row.MEAN] = np.where(total > 0, mean, np.nan)
    for row in (Row.COUNT, Row.NAN, Row.ABOVE, Row.BELOW):
        out[row] = left[row] + right[row]
    return out
