"""Exponential smoothing, corrected for its start, blind to gaps."""

from __future__ import annotations

import numpy as np

from seqsetvae.logs.trail import Floats


def moving_average(values: Floats, weight: float) -> Floats:
    """An exponential moving average of values, shape `[n]`; NaN stands for a gap and stays one.

    Args:
        values: The values; with NaN in gaps.
        weight: How much of the past is kept at each value, 0 ≤ weight < 1; 0 smoothes nothing.
    """
    if weight == 0:
        return values
    average, trust = 0.0, 0.0
    out = np.empty(len(values))
    for i, value in enumerate(values.tolist()):
        if value == value:
            average = weight * average + (1 - weight) * value
            trust = weight * trust + (1 - weight)
        out[i] = average / trust if trust and value == value else np.nan
    return out
