"""Which latent dimensions say the same: the order in which they stand beside each other, and how many repeat others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Two dimensions whose means correlate more strongly than this say much the same.
STRONG = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationOrder:
    """Absolute correlations of the latent means, in an order that shows groups.

    Attributes:
        order: `[dimensions]` indices; those of constant dimensions at the end.
        constant: How many dimensions are constant, and correlate with nothing.
        matrix: `[varying, varying]` absolute correlations in that order, without the constant ones.
        pairs: `[pairs]` the same, each pair of different dimensions once.
    """

    order: NDArray[np.int64]
    constant: int
    matrix: NDArray[np.float64]
    pairs: NDArray[np.float64]

    @property
    def strong_share(self) -> float | None:
        """Share of pairs above `STRONG`; None without a pair."""
        return float((self.pairs > STRONG).mean()) if len(self.pairs) else None


def correlation_order(correlation: NDArray[np.float64]) -> CorrelationOrder:
    """Order dimensions by the Fiedler vector of their absolute correlations, which puts alike beside alike.

    The vector belongs to the second smallest eigenvalue of the Laplacian and solves the relaxed problem of seriation
    (Atkins et al. 1998, "A Spectral Algorithm for Seriation").

    Args:
        correlation: `[dimensions, dimensions]`, NaN in the rows and columns of constant dimensions.
    """
    constant = np.isnan(np.diagonal(correlation))
    varying = np.flatnonzero(~constant)
    matrix = np.abs(correlation[np.ix_(varying, varying)])
    if len(varying) > 2:
        laplacian = np.diag(matrix.sum(0)) - matrix
        fiedler = np.linalg.eigh(laplacian).eigenvectors[:, 1]
        fiedler = fiedler * np.sign(fiedler[np.argmax(np.abs(fiedler))])
        within = np.argsort(fiedler, kind="stable")
        varying, matrix = varying[within], matrix[np.ix_(within, within)]
    return CorrelationOrder(
        order=np.concatenate((varying, np.flatnonzero(constant))),
        constant=int(constant.sum()),
        matrix=matrix,
        pairs=matrix[np.triu_indices(len(matrix), 1)],
    )
