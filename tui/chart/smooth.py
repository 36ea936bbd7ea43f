"""Smoothing of a series, beside its raw envelope."""

from __future__ import annotations

from dataclasses import replace

from seqsetvae.logs.series_view import AxisPoints
from seqsetvae.logs.smoothing import moving_average

STEPS = (0.0, 0.6, 0.9, 0.97)
"""The weights that the watcher offers; 0 is off."""


def smoothed(points: AxisPoints, weight: float) -> AxisPoints:
    """The series with its `mean` smoothed; minima and maxima stay, so that the raw envelope can be drawn behind.

    Args:
        points: the series; the smoothing runs over its entries (points, or buckets once they have been merged).
        weight: how much of the past is kept at each entry, 0 ≤ weight < 1.
    """
    return replace(points, mean=moving_average(points.mean, weight)) if weight else points
