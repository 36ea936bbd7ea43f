"""Points in columns to the lines of a stream: what was logged together becomes one line again."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from seqsetvae.logs.block import Block
from seqsetvae.stream.codec import MAX_TIME
from seqsetvae.stream.records import MetricsRecord

NEAR = 1.0
"""Seconds within which points of one step make one line, with the time of the first: one call logs them in less."""

_MOST = 4096
"""Values of one line at most; readers pass over lines of more than 2 MiB."""


class LineMerger:
    """Gathers points of one step that come one after the other. The last line stays open until the next block."""

    def __init__(self) -> None:
        self._values: dict[str, float] = {}
        self._t = 0.0
        self._step = -1
        self._epoch = math.nan

    def lines(self, block: Block) -> Iterator[MetricsRecord]:
        """The lines that are whole now."""
        columns = tuple(block.columns.values())
        if not columns:
            return
        names = tuple(block.columns)
        order = np.argsort(np.concatenate([column.order for column in columns]), kind="stable")
        owners = np.repeat(np.arange(len(columns)), [len(column.t) for column in columns])[order].tolist()
        times = np.concatenate([column.t for column in columns])[order].tolist()
        steps = np.concatenate([column.step for column in columns])[order].tolist()
        epochs = np.concatenate([column.epoch for column in columns])[order].tolist()
        values = np.concatenate([column.values for column in columns])[order].tolist()
        for owner, t, step, epoch, value in zip(owners, times, steps, epochs, values, strict=True):
            name = names[owner]
            together = step == self._step and abs(t - self._t) <= NEAR
            if not together or name in self._values or len(self._values) >= _MOST:
                yield from self.rest()
                self._t, self._step, self._epoch = t, step, epoch
            self._values[name] = value

    def rest(self) -> Iterator[MetricsRecord]:
        """The line that is still open, if there is one."""
        if self._values:
            epoch = self._epoch if abs(self._epoch) <= MAX_TIME else None
            yield MetricsRecord(t=self._t, step=self._step, epoch=epoch, values=self._values)
            self._values = {}
