"""Location and scale of a variable's values that typing errors cannot move.

Raw clinical values hold a pH of 735 and a temperature of −17.8 °C. Mean and standard deviation follow such values: the
scale of pH becomes a hundred times too large, and all true values collapse onto one point. So:

- a variable with one value only (`constant`) gets location 0 and that value's magnitude as scale: its events read
  ±1, since that they happened is what they say;
- one with few distinct values (`discrete`: gender, unit type) gets mean and standard deviation, which cannot go wrong;
- any other (`robust`) gets its median, and as scale the larger of IQR / 1.349 (the standard deviation, were it
  normal) and the standard deviation after winsorising both tails: enzymes and troponins are skewed so far that the IQR
  alone would clip a tenth of them;
- where both are 0, as most values are equal, the plain standard deviation is left (`spread`).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Rule = Literal["constant", "discrete", "robust", "spread"]

#: Up to this many distinct values, values are codes rather than measurements.
DISCRETE_VALUES = 8

#: Share of each tail that is pulled in before the standard deviation is taken; typing errors are far rarer.
WINSORISED_TAIL = 0.02

#: The interquartile range of a standard normal distribution.
NORMAL_IQR = 1.349


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueScale:
    """How a variable is scaled: `(value - location) / scale`; the scale is never 0."""

    location: float
    scale: float
    rule: Rule


def robust_scale(values: NDArray[np.floating]) -> ValueScale:
    """Choose the scale for `values` `[n]`, finite and at least one."""
    values = values.astype(np.float64, copy=False)
    distinct = np.unique(values)
    if distinct.size == 1:
        return ValueScale(location=0.0, scale=float(abs(distinct[0])) or 1.0, rule="constant")
    if distinct.size <= DISCRETE_VALUES:
        return ValueScale(location=float(values.mean()), scale=float(values.std()), rule="discrete")
    tail = WINSORISED_TAIL
    low, first, median, third, high = np.quantile(values, [tail, 0.25, 0.5, 0.75, 1 - tail])
    scale = max((third - first) / NORMAL_IQR, float(np.clip(values, low, high).std()))
    if scale > 0:
        return ValueScale(location=float(median), scale=float(scale), rule="robust")
    return ValueScale(location=float(median), scale=float(values.std()), rule="spread")
