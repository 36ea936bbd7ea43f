"""Everything stored of one run.

The reader applies whole batches under a lock and bumps a revision; a drawer compares revisions, seven times a second or
less, and takes immutable views of what it shows. Memory does not grow with the length of a log.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import numpy as np

from seqsetvae.logs.block import Block
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.series import CAPACITY, Series
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.logs.vector_series import VectorSeries, VectorView
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.resume import Resume, resumes_of
from tui.store.log_index import ByteRange, LogIndex, Reach
from tui.store.machine import Machine
from tui.store.reading_facts import Facts, Head

MAX_EVENTS = 2_000
"""Newest events kept of a run."""

MAX_METRICS = 20_000
"""Metrics kept of a run; further ones are counted, not stored."""

_ROOM = ((256, CAPACITY), (1024, CAPACITY // 4), (MAX_METRICS, CAPACITY // 32))
"""Buckets that a new series gets while a run has fewer metrics than this: 20,000 metrics stay within some 250 MB."""

_MAX_VECTORS = 16
"""Metrics kept of a run that are lists; the longest take 16 MB each."""

_CADENCE_GAPS = 512
"""Newest gaps between records that judge how often a run writes."""

_COPIES = count(1)
_REVISIONS_OF_A_COPY = 1 << 40
"""Revisions that one copy may go through before it meets those of the next."""


class RunData:
    """Everything stored of one run. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._series: dict[str, Series] = {}
        self._vectors: dict[str, VectorSeries] = {}
        self._preview: dict[str, Series] = {}
        self._views: dict[str, SeriesView] = {}
        self._names: tuple[int, tuple[str, ...]] | None = None
        self._events: deque[EventRecord] = deque(maxlen=MAX_EVENTS)
        self._gaps: deque[float] = deque(maxlen=_CADENCE_GAPS)
        self._facts = Facts()
        self._head = Head()
        self._machine: Machine | None = None
        self._index = LogIndex()
        self._resumes: tuple[Resume, ...] = ()
        self.revision = 0
        self.given: Names | None = None
        """What the metrics of another tool's log are called here, for who reads it again."""
        self.layout_revision = 0
        """Changes when a metric appears or all are forgotten."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing change within the block, so that all that is taken in it is of one moment; keep it short."""
        with self._lock:
            yield

    def copy(self) -> RunData:
        """What is stored now, going on by itself; no revision of the copy is one of the original's."""
        other = RunData()
        with self._lock:
            other.__dict__.update({name: value for name, value in self.__dict__.items() if name != "_lock"})
            other._series = {name: series.copy() for name, series in self._series.items()}
            other._vectors = {name: series.copy() for name, series in self._vectors.items()}
            other._preview = {name: series.copy() for name, series in self._preview.items()}
            other._views, other._index = dict(self._views), self._index.copy()
            other._events, other._gaps = self._events.copy(), self._gaps.copy()
        other.revision = next(_COPIES) * _REVISIONS_OF_A_COPY
        return other

    @property
    def nbytes(self) -> int:
        """Bytes that the numbers take; what else there is takes little beside them."""
        with self._lock:
            scalars = sum(series.nbytes for series in self._series.values())
            return scalars + sum(series.nbytes for series in self._vectors.values())

    def apply(self, block: Block) -> None:
        """Add what was read next."""
        with self._lock:
            dropped = 0
            for name, column in block.columns.items():
                series = self._series.get(name) or self._new_series(self._series, name)
                if series is None:
                    dropped += 1
                else:
                    series.append(column.trail, column.values)
            self._add_vectors(block)
            dropped = max(self._facts.dropped_metrics, dropped)
            self._facts = replace(self._facts.with_block(block), dropped_metrics=dropped)
            self._advance(block)
            self._index.add(ByteRange(start=block.start, end=block.read, reach=_reach(block)))
            self.revision += 1

    def preview(self, block: Block) -> None:
        """Show the end of a long file before its past is read; `caught_up` lets it go."""
        with self._lock:
            for name, column in block.columns.items():
                series = self._new_series(self._preview, name)
                if series is not None:
                    series.append(column.trail, column.values)
            head, gaps = self._head, self._gaps
            self._head, self._gaps = Head(), deque(maxlen=_CADENCE_GAPS)  # it does not follow what is stored
            self._advance(block)
            self._head, self._gaps = replace(self._head, first_t=head.first_t), gaps
            self.revision += 1

    def caught_up(self) -> None:
        """The whole file is read: what was shown ahead of it is no longer needed."""
        with self._lock:
            if self._preview:
                self._preview = {}
                self._views = {}
                self.revision += 1
                self.layout_revision += 1

    def add_events(self, events: Sequence[EventRecord]) -> None:
        """Add events, in the order of the log."""
        with self._lock:
            self._events.extend(events)
            self._resumes = (*self._resumes, *resumes_of(events))
            self.revision += 1

    def forget_events(self) -> None:
        """Start the events over."""
        with self._lock:
            self._events.clear()
            self._resumes = ()
            self.revision += 1

    def forget_metrics(self, *, counted_as_reset: bool) -> None:
        """Start the metrics over: the file was replaced, or must be read again."""
        with self._lock:
            self._series, self._vectors, self._preview, self._views = {}, {}, {}, {}
            self._gaps.clear()
            self._head = Head()
            self._index = LogIndex()
            self._facts = Facts(resets=self._facts.resets + counted_as_reset)
            self.revision += 1
            self.layout_revision += 1

    def set_machine(self, machine: Machine | None) -> None:
        """Replace what the run's ranks say of their machines."""
        with self._lock:
            self._machine = machine
            self.revision += 1

    def note(
        self,
        *,
        progress: float,
        pending: int = 0,
        missing: bool = False,
        problem: str | None = None,
        bad_lines: int = 0,
        tool: str | None = None,
    ) -> None:
        """Record how far the reading is, and what stands in its way; `bad_lines` are further ones, of other files."""
        with self._lock:
            facts = replace(
                self._facts,
                progress=progress,
                pending=pending,
                missing=missing,
                problem=problem,
                bad_lines=self._facts.bad_lines + bad_lines,
                tool=tool,
            )
            if facts != self._facts:
                self._facts = facts
                self.revision += 1

    @property
    def facts(self) -> Facts:
        """How the reading goes."""
        return self._facts

    @property
    def head(self) -> Head:
        """The newest record."""
        return self._head

    @property
    def machine(self) -> Machine | None:
        """What the run's ranks last said of their machines, or None when they have said nothing."""
        return self._machine

    @property
    def resumes(self) -> tuple[Resume, ...]:
        """The resumptions among the events; they say which points are superseded."""
        return self._resumes

    @property
    def read_to(self) -> int:
        """The byte of the log up to which its points are stored."""
        with self._lock:
            return self._index.end

    def ranges(self, axis: Axis, low: float, high: float, since: int = 0) -> tuple[ByteRange, ...]:
        """Where in the log, among what is stored, points between two places of an axis stand.

        Relative time is asked for in unix seconds; bytes before `since` are left out.
        """
        with self._lock:
            return self._index.find(axis, low, high, since)

    def names(self) -> tuple[str, ...]:
        """All metrics that are single numbers, sorted."""
        with self._lock:
            if self._names is None or self._names[0] != self.layout_revision:
                self._names = self.layout_revision, tuple(sorted(self._series.keys() | self._preview.keys()))
            return self._names[1]

    def vector_names(self) -> tuple[str, ...]:
        """All metrics that are lists, sorted."""
        with self._lock:
            return tuple(sorted(self._vectors))

    def latest(self, names: Sequence[str]) -> tuple[tuple[float, int], ...]:
        """Newest value and series revision of each metric; NaN and -1 for an unknown one."""
        with self._lock:
            return tuple(self._latest(name) for name in names)

    def series(self, name: str) -> SeriesView | None:
        """One metric's series, or None when the run has no such metric."""
        with self._lock:
            past, ahead = self._series.get(name), self._preview.get(name)
            revision = (past.revision if past else 0) + (ahead.revision if ahead else 0)
            cached = self._views.get(name)
            if cached is not None and cached.revision == revision:
                return cached
            view = past.view() if past else None
            if ahead is not None:
                view = view.followed_by(ahead.view()) if view else ahead.view()
            if view is not None:
                view = replace(view, revision=revision)
                self._views[name] = view
            return view

    def vector(self, name: str) -> VectorView | None:
        """One list metric's history, or None when the run has no such metric."""
        with self._lock:
            series = self._vectors.get(name)
            return series.view() if series else None

    def events(self) -> tuple[EventRecord, ...]:
        """The kept events, oldest first."""
        with self._lock:
            return tuple(self._events)

    def _latest(self, name: str) -> tuple[float, int]:
        past, ahead = self._series.get(name), self._preview.get(name)
        newest = ahead if ahead is not None and (past is None or ahead.last_step > past.last_step) else past
        if newest is None:
            return np.nan, -1
        return newest.last, (past.revision if past else 0) + (ahead.revision if ahead else 0)

    def _new_series(self, table: dict[str, Series], name: str) -> Series | None:
        if name in table:
            return table[name]
        capacity = next((capacity for most, capacity in _ROOM if len(table) < most), None)
        if capacity is None:
            return None
        series = table[name] = Series(capacity)
        self.layout_revision += 1
        return series

    def _add_vectors(self, block: Block) -> None:
        for name, column in block.vectors.items():
            if name not in self._vectors and len(self._vectors) < _MAX_VECTORS:
                self._vectors[name] = VectorSeries()
                self.layout_revision += 1
            if name in self._vectors:
                for step, row in zip(column.trail.step.tolist(), column.rows, strict=True):
                    self._vectors[name].append(step, row)

    def _advance(self, block: Block) -> None:
        newest, times = block.newest, block.cadence.t
        if not len(newest):
            return
        gaps = np.diff(times[-_CADENCE_GAPS - 1 :])
        previous = self._head.t
        if previous is not None and previous < times[0]:
            self._gaps.append(float(times[0]) - previous)
        self._gaps.extend(gaps[gaps > 0].tolist())
        known = sorted(self._gaps)
        epochs = newest.epoch[np.isfinite(newest.epoch)]
        self._head = Head(
            t=float(newest.t[-1]),
            step=int(newest.step[-1]),
            epoch=float(epochs[-1]) if len(epochs) else self._head.epoch,
            typical_gap=known[len(known) // 2] if known else None,
            longest_gap=known[-1] if known else None,
            first_t=self._head.first_t if self._head.first_t is not None else float(times[0]),
        )


def _reach(block: Block) -> Reach:
    trails = [block.lines.trail] if block.lines is not None else [column.trail for column in block.columns.values()]
    reach = Reach()
    for trail in trails:
        reach = reach.joined(Reach.of(trail))
    return reach
