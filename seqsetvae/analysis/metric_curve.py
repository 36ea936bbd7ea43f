"""One metric of a run in bounded memory: neighbouring points as buckets, with every extreme at its step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seqsetvae.collapse.series import Point
from seqsetvae.logs.buckets import Floats, Row, Trail
from seqsetvae.logs.series import Series

#: Buckets of a curve at most, an even number; a figure's panel is some 700 dots wide.
CAPACITY = 1024

#: Larger numbers are those of a run that has diverged; figures treat them as infinite, and can always be drawn.
LARGEST = 1e100


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricCurve:
    """A metric over a run, all arrays `[buckets]`.

    Attributes:
        step: Optimizer step of each bucket's last point.
        low, high, mean: The smallest and largest finite value and their mean; NaN where none is finite.
        nonfinite: Whether any of the bucket's values is NaN, infinite or beyond `LARGEST`; the others are finite here.
        points: Points in all buckets.
        lowest, highest: The extremes and their steps; None where no value is finite.
    """

    step: Floats
    low: Floats
    high: Floats
    mean: Floats
    nonfinite: npt.NDArray[np.bool_]
    points: int
    lowest: Point | None
    highest: Point | None


class CurveBuilder:
    """Reduces the points of one metric as they come, in the order of the log.

    Args:
        capacity: Buckets to keep at most, an even number.
    """

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._series = Series(capacity)
        self._points = 0
        self._lowest: Point | None = None
        self._highest: Point | None = None

    def extend(self, trail: Trail, values: Floats) -> None:
        """Add points; a value may be NaN or infinite."""
        known = np.abs(values) <= LARGEST
        if not known.all():
            values = np.where(known | np.isnan(values), values, np.copysign(np.inf, values))
        self._series.append(trail, values)
        self._points += len(values)
        if known.any():
            self._note_extremes(trail.step, np.where(known, values, np.nan))

    def curve(self) -> MetricCurve | None:
        """Return what there is so far, or None where there is nothing."""
        if not self._points:
            return None
        view = self._series.view()
        return MetricCurve(
            step=view.steps.copy(),
            low=view.low.copy(),
            high=view.high.copy(),
            mean=view.mean.copy(),
            nonfinite=np.asarray(view.data[Row.NAN : Row.BELOW + 1].any(axis=0)),
            points=self._points,
            lowest=self._lowest,
            highest=self._highest,
        )

    def _note_extremes(self, step: Floats, values: Floats) -> None:
        low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
        if self._lowest is None or values[low] < self._lowest.value:
            self._lowest = Point(int(step[low]), float(values[low]))
        if self._highest is None or values[high] > self._highest.value:
            self._highest = Point(int(step[high]), float(values[high]))


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
