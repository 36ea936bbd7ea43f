"""Exponential smoothing of a series, corrected for its start, blind to gaps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqsetvae.logs.series_view import AxisPoints

STEPS = (0.0, 0.6, 0.9, 0.97)
"""The weights that the watcher offers; 0 is off."""


def smoothed(points: AxisPoints, weight: float) -> AxisPoints:
    """The series with its `mean` smoothed; minima and maxima stay, so that the raw envelope can be drawn behind.

    Args:
        points: the series; the smoothing runs over its entries (points, or buckets once they have been merged).
        weight: how much of the past is kept at each entry, 0 ≤ weight < 1.
    """
    if weight == 0:
        return points
    average, trust = 0.0, 0.0
    means: list[float] = []
    for value in points.mean.tolist():
        if value == value:
            average = weight * average + (1 - weight) * value
            trust = weight * trust + (1 - weight)
        means.append(average / trust if trust and value == value else np.nan)
    return replace(points, mean=np.array(means))
