"""Many dimensions as two: UMAP where it is installed, principal components elsewhere."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Fewer points have no neighbourhoods worth UMAP's while, and its eigenvectors need more points than dimensions.
FEWEST_POINTS = 20
#: UMAP's own default: how many neighbours decide where a point lies.
NEIGHBOURS = 15
#: Points whose coordinates deviate by no more than this are one point.
SAME = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Points in a plane.

    Attributes:
        method: `UMAP` or `PCA`.
        points: `[points, 2]`.
        note: What has to be said with it: the share of variance that is seen, or why it is not UMAP.
    """

    method: str
    points: NDArray[np.float64]
    note: str


def find_umap() -> Any:
    """Return the module of umap-learn, or None where it is not installed or cannot be used."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numba, about the machine; nothing that a reader of figures could change
        try:
            module = importlib.import_module("umap")
        except ImportError:
            return None
    return module if hasattr(module, "UMAP") else None


def project(rows: ArrayLike, *, umap: Any, seed: int) -> Projection:
    """Project rows `[points, dimensions]` to a plane.

    Args:
        rows: Finite numbers.
        umap: From `find_umap`; None for principal components.
        seed: Makes UMAP repeatable.
    """
    wide = np.asarray(rows, dtype=np.float64)
    if wide.std(axis=0).max() <= SAME:
        return Projection(method="PCA", points=np.zeros((len(wide), 2)), note="all points are the same")
    if umap is None:
        return _components(wide, "")
    if len(wide) < FEWEST_POINTS:
        return _components(wide, f"; too few points for UMAP, which needs {FEWEST_POINTS}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a seed costs parallelism is known
        mapper = umap.UMAP(n_components=2, n_neighbors=min(NEIGHBOURS, len(wide) - 1), random_state=seed)
        points = np.asarray(mapper.fit_transform(wide), dtype=np.float64)
    return Projection(method="UMAP", points=points, note=f"{NEIGHBOURS} neighbours")


def _components(rows: NDArray[np.float64], reason: str) -> Projection:
    """Return the first two principal components; the sign of each is that of its largest coordinate."""
    centred = rows - rows.mean(0)
    left, singular, directions = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(rows), 2))
    shares = np.zeros(2)
    for axis in range(min(2, len(singular))):
        largest = directions[axis][np.argmax(np.abs(directions[axis]))]
        points[:, axis] = left[:, axis] * singular[axis] * np.sign(largest)
        shares[axis] = singular[axis] ** 2 / np.sum(singular**2)
    return Projection(
        method="PCA",
        points=points,
        note=f"{100 * shares[0]:.0f} % and {100 * shares[1]:.0f} % of the variance{reason}",
    )
