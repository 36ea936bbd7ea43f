"""Quantiles of reconstruction errors in bins: how errors go with time, and with the size of sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Bins of equally many sets over the minutes.
TIME_BINS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBin:
    """Errors of the sets of one bin.

    Attributes:
        low, high: The bin's smallest and largest value: minutes, or events of a set.
        middle: Its median value.
        sets: How many sets it holds.
        lower, median, upper: Quartiles of their errors.
    """

    low: float
    high: float
    middle: float
    sets: int
    lower: float
    median: float
    upper: float


def by_minute(minute: NDArray[Any], error: NDArray[Any]) -> list[ErrorBin]:
    """Bin by minutes: bins of about equally many sets; sets of one minute share a bin."""
    edges = np.unique(np.quantile(minute, np.linspace(0.0, 1.0, TIME_BINS + 1)))
    return _bins(minute, error, np.searchsorted(edges[1:-1], minute, side="right"))


def by_size(size: NDArray[Any], error: NDArray[Any]) -> list[ErrorBin]:
    """Bin by events of a set: 1, 2, 3–4, 5–8, 9–16 and so on."""
    return _bins(size, error, np.ceil(np.log2(size)).astype(np.int64))


def _bins(value: NDArray[Any], error: NDArray[Any], place: NDArray[Any]) -> list[ErrorBin]:
    found = []
    for number in np.unique(place):
        inside = place == number
        lower, median, upper = np.quantile(error[inside], (0.25, 0.5, 0.75)).tolist()
        values = value[inside]
        found.append(
            ErrorBin(
                low=float(values.min()), high=float(values.max()), middle=float(np.median(values)),
                sets=int(inside.sum()), lower=lower, median=median, upper=upper,
            )
        )  # fmt: skip
    return found
