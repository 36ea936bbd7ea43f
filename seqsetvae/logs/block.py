"""What every reader of a foreign log gives: the points that are new, as columns, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from seqsetvae.stream.codec import MAX_STEP, MAX_TIME
from seqsetvae.stream.records import EventRecord

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MAX_BYTES = 1 << 20
"""Default bytes a look: some 20,000 TensorBoard events, decoded in about 20 ms."""

EPOCH = "epoch"
"""The column that says how far the others are: it becomes their `epoch`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One metric's new points in the order of the log; all arrays have one length.

    `t` is unix seconds and `step` 0 or more, both within what a stream can carry; `epoch` is NaN where the log
    does not say it. `order` rises: columns of one block are put back together, line by line, by it.
    """

    t: Floats
    step: Ints
    epoch: Floats
    values: Floats
    order: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What one look at a log gave.

    Attributes:
        columns: new points by metric.
        events: new facts and verdicts; one of kind `resumed` makes earlier points beyond its step void.
        reset: forget what was read before, the log was replaced; this block is from its new beginning.
        at_end: there was nothing more to read. Also True when there is a problem.
        skipped: sound content that is no curve (images, text …), by kind.
        damaged: content that could not be understood, by kind.
        read: bytes of the log behind the reader.
        size: bytes of the log in all.
        pending: bytes at the end that are not yet a whole record.
        missing: there is no such file (yet).
        problem: a sentence for the user, or None; the next look tries again.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    events: tuple[EventRecord, ...] = ()
    reset: bool = False
    at_end: bool = True
    skipped: Mapping[str, int] = field(default_factory=dict)
    damaged: Mapping[str, int] = field(default_factory=dict)
    read: int = 0
    size: int = 0
    pending: int = 0
    missing: bool = False
    problem: str | None = None

    @property
    def points(self) -> int:
        """How many numbers are new."""
        return sum(len(column.values) for column in self.columns.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """What a log says of its run as a whole; all of it may be unknown."""

    run: str | None = None
    host: str = ""
    total_steps: int | None = None
    total_epochs: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


class LogReader(Protocol):
    """Follows one log."""

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Look once and take in about `max_bytes` at most; never raises because of what the log holds."""

    @property
    def facts(self) -> RunFacts:
        """What the log has said of its run so far."""


def can_be_placed(t: float, step: float) -> bool:
    """Whether a run has room for a point of this time and step."""
    return abs(t) <= MAX_TIME and 0 <= step <= MAX_STEP


def placed(t: Floats, step: Ints) -> Flags:
    """Which points a run has room for; see `can_be_placed`."""
    return (np.abs(t) <= MAX_TIME) & (step >= 0) & (step <= MAX_STEP)


@dataclass(kw_only=True, slots=True)
class Points:
    """Points one after the other, for readers that find them one by one; `columns` sorts them by metric."""

    names: list[str] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    step: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, name: str, t: float, step: int, value: float) -> None:
        """Add one point."""
        self.names.append(name)
        self.t.append(t)
        self.step.append(step)
        self.values.append(value)

    def columns(self) -> dict[str, Column]:
        """All points by metric, in the order in which the metrics first came."""
        numbers: dict[str, int] = {}
        tags = np.array([numbers.setdefault(name, len(numbers)) for name in self.names], np.int64)
        t, step, values = np.array(self.t), np.array(self.step, np.int64), np.array(self.values)
        return columns_of(tuple(numbers), tags, t=t, step=step, values=values, order=np.arange(len(tags)))


def columns_of(
    names: tuple[str, ...], tags: Ints, *, t: Floats, step: Ints, values: Floats, order: Ints
) -> dict[str, Column]:
    """Columns from points of many metrics; `tags` are indices into `names`, `order` need not be sorted."""
    by_tag = np.lexsort((order, tags))
    counts = np.bincount(tags, minlength=len(names))
    ends = np.cumsum(counts)
    columns: dict[str, Column] = {}
    for name, count, end in zip(names, counts, ends, strict=True):
        if count:
            own = by_tag[end - count : end]
            epoch = np.full(count, np.nan)
            columns[name] = Column(t=t[own], step=step[own], epoch=epoch, values=values[own], order=order[own])
    return columns
