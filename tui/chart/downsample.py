"""From a series to columns: every column keeps the smallest and the largest value that falls into it.

What a reduction must not lose is what the eye looks for: a single spike among a million points, and a NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqsetvae.logs.series_view import AxisPoints
from tui.chart.scale import Floats

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """A reduced series, shape `[columns]` each. Empty columns are NaN.

    `line` is the mean, drawn on between neighbours through columns without points, but not across a gap that
    only holds non-finite values.
    """

    low: Floats
    high: Floats
    line: Floats
    nan: Bools
    above: Bools
    below: Bools

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Smallest and largest value in sight, or None when nothing finite is."""
        return _bounds(np.concatenate([self.low, self.high, self.line]))

    @property
    def line_bounds(self) -> tuple[float, float] | None:
        """Smallest and largest value of the line alone."""
        return _bounds(self.line)

    @property
    def smallest(self) -> float:
        """Smallest non-zero magnitude in sight; 0 when there is none."""
        seen = np.abs(np.concatenate([self.low, self.high]))
        seen = seen[np.isfinite(seen) & (seen > 0)]
        return float(seen.min()) if len(seen) else 0.0


def _bounds(values: Floats) -> tuple[float, float] | None:
    seen = values[np.isfinite(values)]
    return (float(seen.min()), float(seen.max())) if len(seen) else None


def reduce_columns(points: AxisPoints, low: float, high: float, count: int) -> Columns:
    """Reduce the part of a series between `low` and `high` of its axis to `count` columns.

    Raises:
        ValueError: when there is no column, or `high` does not lie above `low`.
    """
    if count < 1 or not high > low:
        raise ValueError(f"a chart needs a column and a range, not {count} columns from {low} to {high}")
    seen = (points.end >= low) & (points.start <= high)
    centre = points.start / 2 + points.end / 2
    first = _column(points.start[seen], low, high, count)
    last = np.maximum(_column(points.end[seen], low, high, count), first)
    lows, highs = _envelope(points.low[seen], points.high[seen], first, last, count)
    middle = _column(centre[seen], low, high, count)
    return Columns(
        low=lows,
        high=highs,
        line=_line(points, centre, low, high, count),
        nan=_marked(points.nan[seen], middle, count),
        above=_marked(points.above[seen], middle, count),
        below=_marked(points.below[seen], middle, count),
    )


def _column(x: Floats, low: float, high: float, count: int) -> Ints:
    return np.clip((x - low) / (high - low) * count, 0, count - 1).astype(np.int64)


def _envelope(lows: Floats, highs: Floats, first: Ints, last: Ints, count: int) -> tuple[Floats, Floats]:
    """Smallest and largest value of every column; a bucket wider than a column reaches through all it covers."""
    widths = last - first + 1
    bucket = np.repeat(np.arange(len(first)), widths)
    column = first[bucket] + np.arange(len(bucket)) - np.repeat(np.cumsum(widths) - widths, widths)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.fmin.at(low, column, lows[bucket])
    np.fmax.at(high, column, highs[bucket])
    empty = low > high
    low[empty] = high[empty] = np.nan
    return low, high


def _line(points: AxisPoints, centre: Floats, low: float, high: float, count: int) -> Floats:
    finite = points.count > 0
    if not finite.any():
        return np.full(count, np.nan)
    order = np.argsort(centre, kind="stable")
    gaps = np.cumsum(~finite[order])
    kept = order[finite[order]]
    x, mean, weight, part = centre[kept], points.mean[kept], points.count[kept], gaps[finite[order]]
    places = low + (np.arange(count) + 0.5) * (high - low) / count
    right = np.searchsorted(x, places)
    left = right - 1
    inside = (left >= 0) & (right < len(x))
    inside[inside] &= part[left[inside]] == part[right[inside]]
    line = np.where(inside, np.interp(places, x, mean), np.nan)
    seen = (x >= low) & (x <= high)
    column = _column(x[seen], low, high, count)
    total = np.bincount(column, weight[seen], minlength=count)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weight[seen] / total[column]
        own = np.bincount(column, mean[seen] * share, minlength=count)
    return np.where(total > 0, own, line)


def _marked(flags: Bools, column: Ints, count: int) -> Bools:
    marks = np.zeros(count, dtype=np.bool_)
    marks[column[flags]] = True
    return marks
