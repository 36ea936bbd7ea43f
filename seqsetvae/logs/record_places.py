"""Where the records of a block lie: its lines, or what a log without lines says of one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from seqsetvae.logs.block import Block
from seqsetvae.logs.merged_lines import NEAR
from seqsetvae.logs.trail import Floats, Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordPlaces:
    """Unix seconds, step and the byte of the log behind each record, in the order of the log; shape `[records]`."""

    t: Floats
    step: Floats
    end: Ints

    def __len__(self) -> int:
        return len(self.t)


def places_in(blocks: Iterable[Block]) -> RecordPlaces:
    """The records of some blocks that follow one another."""
    found = [_lines(block) if block.lines is not None else _steps(block) for block in blocks]
    return RecordPlaces(
        t=np.concatenate([np.empty(0), *(part.t for part in found)]),
        step=np.concatenate([np.empty(0), *(part.step for part in found)]),
        end=np.concatenate([np.empty(0, np.int64), *(part.end for part in found)]),
    )


def _lines(block: Block) -> RecordPlaces:
    assert block.lines is not None
    ends = np.empty(0, np.int64) if block.ends is None else block.ends[block.lines.order]
    return RecordPlaces(t=block.lines.trail.t, step=block.lines.trail.step, end=ends)


def _steps(block: Block) -> RecordPlaces:
    """Points of one step, in turn and written within a second of each other, are a record, with the newest's time.

    What lies between two records, such as the epoch of the first, belongs to the first.
    """
    columns = tuple(block.columns.values())
    if not columns or block.ends is None:
        return RecordPlaces(t=np.empty(0), step=np.empty(0), end=np.empty(0, np.int64))
    order = np.concatenate([column.order for column in columns])
    in_turn = np.argsort(order, kind="stable")
    order = order[in_turn]
    t = np.concatenate([column.t for column in columns])[in_turn]
    step = np.concatenate([column.step for column in columns])[in_turn]
    goes_on = (np.diff(step) == 0) & (np.abs(np.diff(t)) <= NEAR) | (np.diff(order) == 0)
    last = np.flatnonzero(np.append(~goes_on, True))
    before_next = np.searchsorted(block.ends, block.ends[order[last[:-1] + 1]]) - 1
    end = np.append(block.ends[before_next], block.ends[-1])
    return RecordPlaces(t=t[last], step=step[last], end=end)
