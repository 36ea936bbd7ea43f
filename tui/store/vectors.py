"""Metrics that are lists, such as KL per dimension, over time in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np

from tui.chart.scale import Floats

CAPACITY = 512
"""Records kept of one list; a strip chart has fewer columns than that on most screens."""

MAX_LENGTH = 4096
"""Numbers kept of one record; longer lists are cut."""

_REVISIONS = count(1)
"""No two contents have the same revision, so that a series and its copies are told apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorView:
    """A list metric at one moment: steps `[records]`, rows `[records, length]`; the last row is unreduced."""

    steps: Floats
    rows: Floats
    revision: int


class VectorSeries:
    """The history of one list metric; when room ends, neighbouring records are averaged in pairs.

    A list of another length than before begins a new history: its numbers mean something else.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._steps: list[float] = []
        self._rows: list[Floats] = []
        self._each = 1  # records averaged in one row
        self._open = 0  # records in the last row
        self._last: Floats = np.empty(0)
        self.revision = 0

    def append(self, step: float, values: Floats) -> None:
        """Add one record; `values` has the shape `[length]`."""
        values = values[:MAX_LENGTH].copy() if len(values) > MAX_LENGTH else values  # a view would hold all of it
        self.revision = next(_REVISIONS)
        if len(values) != len(self._last):
            self._steps, self._rows, self._each, self._open = [], [], 1, 0
        self._last = values
        if self._rows and self._open < self._each:
            self._open += 1
            self._rows[-1] = self._rows[-1] + (values - self._rows[-1]) / self._open
            self._steps[-1] = step
            return
        if len(self._rows) >= self._capacity:
            self._merge_pairs()
        self._rows.append(values)
        self._steps.append(step)
        self._open = 1

    def copy(self) -> VectorSeries:
        """A history that goes on from here by itself; rows are never changed in place, so both share them."""
        other = VectorSeries(self._capacity)
        other._steps, other._rows, other._last = list(self._steps), list(self._rows), self._last
        other._each, other._open, other.revision = self._each, self._open, self.revision
        return other

    @property
    def nbytes(self) -> int:
        """Bytes that the rows take, those shared with a copy included."""
        return sum(row.nbytes for row in self._rows)

    def view(self) -> VectorView:
        """The history as it is now."""
        rows = np.stack([*self._rows[:-1], self._last]) if self._rows else np.empty((0, 0))
        return VectorView(steps=np.array(self._steps), rows=rows, revision=self.revision)

    def _merge_pairs(self) -> None:
        even = len(self._rows) // 2 * 2
        merged = [(self._rows[i] + self._rows[i + 1]) / 2 for i in range(0, even, 2)]
        self._rows = [*merged, *self._rows[even:]]
        self._steps = [*self._steps[1:even:2], *self._steps[even:]]
        self._each *= 2
        self._open = self._each
