"""The interface of every reader of a log: the points that are new, as columns, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from seqsetvae.logs.trail import NO_TRAIL, Flags, Floats, Ints, Trail
from seqsetvae.stream.codec import MAX_STEP, MAX_TIME
from seqsetvae.stream.records import EventRecord, Manifest, RunState

MAX_BYTES = 1 << 20
"""Default bytes of a poll: some 3,000 lines of this package or 20,000 TensorBoard events, decoded in about 20 ms."""

EPOCH = "epoch"
"""The column that says how far the others are: it becomes their `epoch`."""

BAD_LINES, BAD_EVENTS = "bad lines", "bad lines of events"
"""Kinds of damage in a log of this package: lines that are no record, and lines that are too long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One metric's new points in the order of the log; all arrays have one length.

    Attributes:
        trail: where they lie; columns of one block may share it.
        values: any floats.
        order: rises, and tells the order of points of all columns of a block. In a log with lines it is the number
            of the point's line in the block.
    """

    trail: Trail
    values: Floats
    order: Ints

    @property
    def t(self) -> Floats:
        """Unix seconds."""
        return self.trail.t

    @property
    def step(self) -> Floats:
        """Whole numbers from 0 on."""
        return self.trail.step

    @property
    def epoch(self) -> Floats:
        """NaN where the log does not say it."""
        return self.trail.epoch


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorColumn:
    """One metric's new lists in the order of the log; `order` is that of `Column`, each row has its own length."""

    trail: Trail
    rows: tuple[Floats, ...]
    order: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """The lines of a block.

    Attributes:
        count: how many there are, bad ones included.
        trail: where the good ones lie.
        order: the numbers of the good ones in the block.
        starts: the byte of the log at which each of all lines begins, and where the last ends, shape `[count + 1]`;
            None for lines that were put together from points.
    """

    count: int
    trail: Trail
    order: Ints
    starts: Ints | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What one poll of a log gave.

    Attributes:
        columns: new points by metric.
        vectors: new lists of numbers by metric.
        events: new facts and verdicts; one of kind `resumed` supersedes earlier points beyond its step.
        lines: the lines that these came from; None for a log whose points have none.
        reset: forget what was read before; this block is from the log's beginning. The log was replaced or cut,
            unless `again` is set.
        again: the log is read once more since a resumption superseded points that were given before.
        at_end: there was nothing more to read. Also True when there is a problem.
        superseded: points (lines, in a log that has them) that were left out since a resumption superseded them.
        ignored: values in sound lines that are not numeric.
        skipped: sound content that is no curve (images, text …), by kind.
        damaged: content that could not be understood, by kind.
        ends: byte of the log behind each unit that `order` counts (line, row, record), shape `[units]`.
        start: byte of the log at which the block begins.
        read: bytes of the log behind the reader.
        size: bytes of the log in all.
        pending: bytes at the end that are not yet a whole record.
        missing: there is no such file (yet).
        problem: a sentence for the user, or None; the next poll tries again.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    vectors: Mapping[str, VectorColumn] = field(default_factory=dict)
    events: tuple[EventRecord, ...] = ()
    lines: Lines | None = None
    reset: bool = False
    again: bool = False
    at_end: bool = True
    superseded: int = 0
    ignored: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    damaged: Mapping[str, int] = field(default_factory=dict)
    ends: Ints | None = None
    start: int = 0
    read: int = 0
    size: int = 0
    pending: int = 0
    missing: bool = False
    problem: str | None = None

    @property
    def points(self) -> int:
        """How many numbers are new."""
        return sum(len(column.values) for column in self.columns.values())

    @property
    def progress(self) -> float:
        """Share of the log that has been read, 0 to 1."""
        return 1.0 if self.at_end or not self.size else min(self.read / self.size, 1.0)

    @property
    def cadence(self) -> Trail:
        """Where records of one kind lie: its lines, or else the points of the metric that has the most."""
        if self.lines is not None:
            return self.lines.trail
        return max((column.trail for column in self.columns.values()), key=len, default=NO_TRAIL)

    @property
    def newest(self) -> Trail:
        """Where its lines lie, or else the points of the metric that has the newest."""
        if self.lines is not None:
            return self.lines.trail
        newest = max(self.columns.values(), key=lambda column: int(column.order[-1]), default=None)
        return NO_TRAIL if newest is None else newest.trail


NO_LINES = Lines(count=0, trail=NO_TRAIL, order=np.empty(0, np.int64), starts=np.empty(0, np.int64))


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """What a log says of its run as a whole; all of it may be unknown.

    `ended` is how it ended, as another tool's log tells. `manifest` is all that a run of this package says of itself,
    `problem` why that cannot be read.
    """

    run: str | None = None
    host: str = ""
    total_steps: int | None = None
    total_epochs: float | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    ended: RunState | None = None
    manifest: Manifest | None = None
    problem: str | None = None


class LogReader(Protocol):
    """Follows one log.

    Events of a log of this package come before the points that they stand beside: its `events.jsonl` is read first.
    """

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on by about `max_bytes` at most; never raises because of what the log holds."""

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
    ends: list[int] = field(default_factory=list)
    end: int = 0
    """Byte of the log behind what the next points are from."""

    def add(self, name: str, t: float, step: int, value: float) -> None:
        """Add one point."""
        self.names.append(name)
        self.t.append(t)
        self.step.append(step)
        self.values.append(value)
        self.ends.append(self.end)

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
            trail = Trail(t=t[own], step=step[own].astype(np.float64), epoch=np.full(count, np.nan))
            columns[name] = Column(trail=trail, values=values[own], order=order[own])
    return columns


def with_epoch(column: Column, epoch: Floats) -> Column:
    """The same points with other epochs."""
    return replace(column, trail=replace(column.trail, epoch=epoch))
