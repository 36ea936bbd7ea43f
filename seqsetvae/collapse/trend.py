"""Trends of a noisy number over checks."""

from __future__ import annotations

from collections.abc import Sequence

#: Checks below which there is no trend.
MIN_CHECKS = 10


def slope(values: Sequence[float]) -> float:
    """Return the least-squares slope of values over their index; of two or more values."""
    middle = (len(values) - 1) / 2
    mean = sum(values) / len(values)
    above = sum((i - middle) * (value - mean) for i, value in enumerate(values))
    return above / sum((i - middle) ** 2 for i in range(len(values)))


def relative_change(values: Sequence[float]) -> float:
    """Return what the fitted line gains from the first value to the last, relative to its start; 0 for too few."""
    if len(values) < MIN_CHECKS:
        return 0.0
    rise = slope(values) * (len(values) - 1)
    start = sum(values) / len(values) - rise / 2
    return rise / start if start > 0 else 0.0
