"""Reading values off the curve of a metric."""

from __future__ import annotations

import numpy as np

from seqsetvae.logs.series_view import SeriesView
from seqsetvae.logs.smoothing import moving_average
from seqsetvae.logs.trail import Floats

#: Larger numbers are those of a run that has diverged; figures treat them as infinite, and can always be drawn.
LARGEST = 1e100


def drawable_values(values: Floats) -> Floats:
    """Return values with infinity in the place of numbers beyond `LARGEST`."""
    return np.where(np.abs(values) > LARGEST, np.copysign(np.inf, values), values)


def at_steps(curve: SeriesView, steps: Floats, smooth: float = 0.0) -> Floats:
    """Return a curve's values at steps, `[steps]`, interpolated between its points; NaN where it has none at all."""
    known = np.isfinite(curve.mean)
    if not known.any():
        return np.full(len(steps), np.nan)
    return np.asarray(np.interp(steps, curve.steps[known], moving_average(curve.mean[known], smooth)))
