"""Metrics that are lists, such as KL per dimension, over time in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.paired_buckets import PairedBuckets
from seqsetvae.logs.trail import Floats

CAPACITY = 512
"""Buckets kept of one list; a strip chart has fewer columns than that on most screens."""

MAX_LENGTH = 4096
"""Numbers kept of one record; longer lists are cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorView:
    """A list metric at one moment: steps `[records]`, rows `[records, length]`; the last row is unreduced."""

    steps: Floats
    rows: Floats
    revision: int


class VectorSeries(PairedBuckets):
    """The history of one list metric: of each bucket the last step, and the mean of its lists.

    A list of another length than before begins a new history: its numbers mean something else.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        super().__init__(1, capacity)
        self._last: Floats = np.empty(0)

    def append(self, step: float, values: Floats) -> None:
        """Add one record; `values` has the shape `[length]`."""
        values = values[:MAX_LENGTH]
        if len(values) != len(self._last):
            self._clear(1 + len(values))
        bucket = np.concatenate([[step], values])
        self._last = bucket[1:]
        self._extend(1, lambda *_: bucket[:, None])

    def view(self) -> VectorView:
        """The history as it is now."""
        buckets = self._data[:, : self._size].copy()
        if self._size:
            buckets[1:, -1] = self._last
        return VectorView(steps=buckets[0], rows=buckets[1:].T, revision=self.revision)

    def _joined(self, last: Floats, more: Floats) -> Floats:
        mean = last + (more - last) / (self._fill + 1)
        mean[0] = more[0]
        return mean

    def _merged(self, left: Floats, right: Floats) -> Floats:
        mean = (left + right) / 2
        mean[0] = right[0]
        return mean
