"""Which lines of a small stream, events or readings of a machine, had been written at a moment."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from seqsetvae.logs.tailer import MAX_BYTES, Tailer
from seqsetvae.stream.codec import BadLine


class _Written(Protocol):
    @property
    def t(self) -> float: ...


R = TypeVar("R", bound=_Written)


class LineIndex(Generic[R]):
    """Remembers place and time of each good line, 16 bytes a line; the lines themselves are read when asked for.

    Args:
        path: the file; it need not exist.
        decode: one line to a record; raises BadLine.
        noted: called with each record, with its place, once.
    """

    def __init__(self, path: Path, decode: Callable[[bytes], R], noted: Callable[[int, R], None] | None = None) -> None:
        self._path = path
        self._decode = decode
        self._noted = noted
        self._tailer = Tailer(path)
        self._starts = array("q")
        self._ends = array("q")
        self._times = array("d")
        self.replaced = False
        """The file was replaced or cut while it was read: begin again."""

    first_place = 0
    """The first of the lines that count."""

    def __len__(self) -> int:
        return len(self._times)

    @property
    def last_t(self) -> float:
        """When the newest line was written, in unix seconds; -inf before the first."""
        return self._times[-1] if self._times else -math.inf

    def extend(self) -> bool:
        """Read the next part of the file; True when there is more at once."""
        chunk = self._tailer.poll()
        if chunk.reset:
            self.replaced = True
            return False
        start = chunk.offset
        for line in chunk.lines:
            end = start + len(line) + 1
            try:
                record = self._decode(line)
            except BadLine:
                start = end
                continue
            if self._noted is not None:
                self._noted(len(self), record)
            self._starts.append(start)
            self._ends.append(end)
            self._times.append(max(record.t, self.last_t))
            start = end
        return not chunk.at_end

    def count_at(self, t: float) -> int:
        """How many lines had been written at unix second `t`."""
        return bisect_right(self._times, t)

    def time_of(self, place: int) -> float:
        """When a line, the first being 0, was written, in unix seconds."""
        return self._times[place]

    def continues(self, first: int, end: int) -> bool:
        """Whether those who know the lines before `first` need only those up to `end`."""
        return first <= end

    def read(self, first: int, end: int) -> list[R]:
        """The records from line `first` up to, not including, `end`."""
        records: list[R] = []
        if first >= end:
            return records
        tailer, stop = Tailer(self._path, start=self._starts[first]), self._ends[end - 1]
        at = self._starts[first]
        while at < stop:
            chunk = tailer.poll(min(MAX_BYTES, stop - at))
            if not chunk.data:
                break
            at = chunk.next_offset
            for line in chunk.lines:
                try:
                    records.append(self._decode(line))
                except BadLine:
                    continue
        return records[: end - first]
