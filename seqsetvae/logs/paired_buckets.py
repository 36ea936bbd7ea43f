"""Points in bounded memory: neighbours share a bucket, and buckets are merged in pairs when there are too many."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import count
from typing import Self

import numpy as np

from seqsetvae.logs.trail import Floats

_FIRST_ROOM = 32
"""Buckets allocated at first; a log may hold ten thousand metrics of one point each."""

_REVISIONS = count(1)
"""No two contents have the same revision, so that a series and its copies are distinct."""


class PairedBuckets(ABC):
    """Every bucket but the last holds `width` points; `width` doubles when room ends.

    A bucket is a column of `[rows, buckets]`. A subclass knows what the rows are and how buckets become one.

    Args:
        rows: Numbers of a bucket.
        capacity: Buckets to keep at most, an even number.
    """

    def __init__(self, rows: int, capacity: int) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError(f"capacity must be even and at least 2, not {capacity}")
        self._capacity = capacity
        self._clear(rows)
        self.revision = 0

    def __len__(self) -> int:
        return self._size

    @property
    def nbytes(self) -> int:
        """Bytes that the buckets take."""
        return self._data.nbytes

    def copy(self) -> Self:
        """The same, which goes on from here by itself."""
        twin = copy.copy(self)
        twin._data = self._data.copy()
        return twin

    @abstractmethod
    def _joined(self, last: Floats, more: Floats) -> Floats | list[float]:
        """The last bucket, which holds `_fill` points, and the points that continue it, as one; shape `[rows]` each."""

    @abstractmethod
    def _merged(self, left: Floats, right: Floats) -> Floats:
        """Neighbours of equally many points as one, shape `[rows, n]` each."""

    def _clear(self, rows: int) -> None:
        self._data: Floats = np.empty((rows, min(self._capacity, _FIRST_ROOM)))
        self._size = 0
        self._fill = 0  # points in the last bucket
        self.width = 1

    def _renew(self) -> None:
        """Count as changed."""
        self.revision = next(_REVISIONS)

    def _extend(self, points: int, reduced: Callable[[int, int, int], Floats]) -> None:
        """Add points in the order of the log.

        Args:
            points: How many.
            reduced: Points from one place to another as buckets of `width` points, `[rows, buckets]`. The third number
                says how many of them continue the last bucket and are one bucket here; 0 for none.
        """
        self._renew()
        done = 0
        while done < points:
            gap = self.width - self._fill if self._size else 0
            room = gap + (self._capacity - self._size) * self.width
            if not room:
                self._merge_pairs()
                continue
            taken = min(room, points - done)
            buckets = reduced(done, done + taken, gap)
            if gap:
                self._data[:, self._size - 1] = self._joined(self._data[:, self._size - 1], buckets[:, 0])
            self._add(buckets[:, 1:] if gap else buckets)
            self._fill = self._fill + taken if taken <= gap else (taken - gap - 1) % self.width + 1
            done += taken

    def _add(self, buckets: Floats) -> None:
        needed = self._size + buckets.shape[1]
        if needed > self._data.shape[1]:
            room = min(self._capacity, max(needed, 2 * self._data.shape[1]))
            grown = np.empty((len(self._data), room))
            grown[:, : self._size] = self._data[:, : self._size]
            self._data = grown
        self._data[:, self._size : needed] = buckets
        self._size = needed

    def _merge_pairs(self) -> None:
        pairs = self._merged(self._data[:, : self._size : 2], self._data[:, 1 : self._size : 2])
        self._size //= 2
        self._data[:, : self._size] = pairs
        self.width *= 2
        self._fill = self.width
