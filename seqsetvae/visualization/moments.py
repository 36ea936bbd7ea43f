"""Means and covariances of rows that come in batches, without keeping the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: A column that deviates by no more than this (times its mean, where that is larger than 1) is constant: what is left
#: is the rounding of float32, and its correlations would be noise.
CONSTANT_DEVIATION = 1e-5


class CoMoments:
    """Running mean and covariance in float64, merged batch by batch (Chan et al. 1983)."""

    def __init__(self, columns: int) -> None:
        self.count = 0
        self.mean: NDArray[np.float64] = np.zeros(columns)
        self._scatter: NDArray[np.float64] = np.zeros((columns, columns))

    def add(self, rows: ArrayLike) -> None:
        """Add rows, `[rows, columns]`."""
        new = np.asarray(rows, dtype=np.float64)
        centre = new.mean(0)
        new = new - centre
        apart = centre - self.mean
        total = self.count + len(new)
        self._scatter += new.T @ new + np.outer(apart, apart) * (self.count * len(new) / total)
        self.mean = self.mean + apart * (len(new) / total)
        self.count = total

    @property
    def variance(self) -> NDArray[np.float64]:
        """`[columns]`, unbiased; 0 for a single row."""
        return np.diagonal(self._scatter) / max(self.count - 1, 1)

    @property
    def constant(self) -> NDArray[np.bool_]:
        """`[columns]`, whether all rows have the same value there, up to rounding."""
        same: NDArray[np.bool_] = np.sqrt(self.variance) <= CONSTANT_DEVIATION * np.maximum(1.0, np.abs(self.mean))
        return same

    def correlation(self) -> NDArray[np.float64]:
        """`[columns, columns]`; NaN in the rows and columns of what is constant."""
        deviation = np.sqrt(np.diagonal(self._scatter))
        scale = np.where(self.constant, np.nan, deviation)
        found: NDArray[np.float64] = np.clip(self._scatter / np.outer(scale, scale), -1.0, 1.0)
        return found
