"""The points of one metric in some ranges of a log, read from its files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from seqsetvae.logs.block import Column
from seqsetvae.logs.log import Log
from seqsetvae.logs.log_range import read_range
from seqsetvae.logs.metric_names import Names
from seqsetvae.stream.resume import Resume
from tui.store.log_index import ByteRange

SLICE = 256 * 1024
"""Bytes decoded at once, some 2 ms: the screen is never kept waiting, and an unwanted close-up ends at once."""


def points_in(
    ranges: Sequence[ByteRange], log: Log, metric: str, *, resumes: Sequence[Resume], names: Names | None
) -> Iterator[Column | None]:
    """The metric's points, a slice at a time; None for a slice that has none.

    Args:
        ranges: the parts of the log to read.
        log: where it lies.
        metric: whose points, by the name that it has here.
        resumes: the resumptions that supersede points.
        names: what another tool's metrics are called here; those given so far hold.

    Raises:
        InputError: they cannot be read.
    """
    for part in ranges:
        first = part.reach.step[0], part.reach.epoch[0]
        epoch = first if math.isfinite(first[1]) else None
        for block in read_range(log, part.start, part.end, resumes=resumes, names=names, epoch=epoch, max_bytes=SLICE):
            yield block.columns.get(metric)
