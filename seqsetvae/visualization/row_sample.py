"""A uniform sample of rows that come in batches, of bounded size and the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = dict[str, NDArray[Any]]


class RowSample:
    """Keeps the rows with the smallest of random keys, which is a uniform sample without replacement.

    Args:
        size: Rows that are kept, at most.
        seed: Decides which.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        #: Rows that were offered.
        self.seen = 0
        self._rng = np.random.default_rng(seed)
        self._parts: list[Columns] = []
        self._kept = 0

    def add(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Offer rows, as equally long columns; every call has the same ones."""
        rows = len(next(iter(columns.values())))
        order = np.arange(self.seen, self.seen + rows)
        self._parts.append({**columns, "": np.stack((self._rng.random(rows), order), axis=1)})
        self.seen += rows
        self._kept += rows
        # Cut now and then, not for every batch: sorting the sample costs more than some spare rows.
        if self._kept > 2 * self.size:
            self._cut()

    def columns(self) -> Columns:
        """Return the sample in the order in which its rows came; empty before the first row."""
        self._cut()
        if not self._parts:
            return {}
        return {name: column for name, column in self._parts[0].items() if name}

    def _cut(self) -> None:
        if not self._parts:
            return
        joined = {name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]}
        keys, order = joined[""].T
        chosen = np.argsort(keys, kind="stable")[: self.size]
        chosen = chosen[np.argsort(order[chosen], kind="stable")]
        self._parts = [{name: column[chosen] for name, column in joined.items()}]
        self._kept = len(chosen)
