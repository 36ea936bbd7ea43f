"""A log's lines that count, in its order and in bounded memory: those of plain numbers as tables, others as records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from seqsetvae.errors import InputError
from seqsetvae.logs.buckets import Trail
from seqsetvae.logs.read_problem import without_retry
from seqsetvae.logs.tailer import Chunk, Tailer
from seqsetvae.stream.codec import BadLine, decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, MetricsRecord
from seqsetvae.stream.resume import Resume, is_superseded, resumes_of
from seqsetvae.stream.run_directory import EVENTS, METRICS
from tui.chart.scale import Floats
from tui.follow.columns import Ints, superseded, trail_of
from tui.follow.rows import RowReader
from tui.views.format import clean

_MAX_KINDS = 1_000
"""Kinds of lines, by their keys, of which tables are tried; a log of more is read line by line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlainRows:
    """Lines of plain numbers.

    Attributes:
        places: each line's number among its neighbours.
        trail: step, epoch and time of each line.
        keys: the metrics that the lines may hold.
        values: shape `[keys, lines]`, NaN where a line lacks a key.
    """

    places: Ints
    trail: Trail
    keys: tuple[str, ...]
    values: Floats

    def take(self, kept: npt.NDArray[np.bool_]) -> PlainRows:
        """Those of the rows."""
        return replace(self, places=self.places[kept], trail=self.trail.take(kept), values=self.values[:, kept])


@dataclass(kw_only=True, slots=True)
class LogRows:
    """Neighbouring lines; a place is a line's number among them."""

    plain: PlainRows | None = None
    records: list[tuple[int, MetricsRecord]] = field(default_factory=list)

    def parts(self, most: int) -> Iterator[LogRows]:
        """The same lines, at most so many at a time."""
        count = 1 + max([place for place, _ in self.records[-1:]] + self.plain_places[-1:].tolist(), default=-1)
        if count <= most:
            yield self
            return
        for start in range(0, count, most):
            inside = range(start, start + most)
            plain = self.plain.take((self.plain.places // most) == start // most) if self.plain is not None else None
            yield LogRows(plain=plain, records=[entry for entry in self.records if entry[0] in inside])

    @property
    def plain_places(self) -> Ints:
        """The places of the plain lines."""
        return self.plain.places if self.plain is not None else np.array([], dtype=np.int64)


class RunLog:
    """The lines of one run's metrics as they are now, read from the beginning as often as asked.

    Attributes:
        bad_lines, superseded: Counts of the last reading.
    """

    def __init__(self, run: Path) -> None:
        self._metrics = run / METRICS
        self._resumes = resumes_in(run)
        self._reader = RowReader()
        self._known: set[tuple[str, ...]] = set()
        self.bad_lines = 0
        self.superseded = 0

    def rows(self) -> Iterator[LogRows]:
        """The lines that count, as many at a time as a look at the file gives.

        Raises:
            InputError: the file is not there or cannot be read.
        """
        self.bad_lines = self.superseded = 0
        for chunk in _chunks(self._metrics):
            self.bad_lines += chunk.long_lines
            yield self._at_once(chunk) or self._sorted(chunk)

    def _at_once(self, chunk: Chunk) -> LogRows | None:
        """A chunk of plain lines alone, as most are, without a look at each; None when there are others."""
        if self._resumes or b"[" in chunk.data or b':"' in chunk.data:
            return None
        table = self._table(chunk.data)
        return None if table is None else LogRows(plain=table)

    def _sorted(self, chunk: Chunk) -> LogRows:
        """Lines that cannot be plain are taken out first, so that a list every few lines does not slow all down."""
        lines = chunk.lines
        offsets = chunk.offset + np.cumsum([0, *(len(line) + 1 for line in lines)])
        plain = [place for place, line in enumerate(lines) if b"[" not in line and b':"' not in line]
        table = self._table(b"".join([lines[place] + b"\n" for place in plain]))
        odd: Iterable[int] = range(len(lines))
        if table is not None:
            table = self._counting(replace(table, places=np.array(plain)), offsets)
            odd = sorted(set(odd).difference(plain))
        records = [(place, record) for place in odd if (record := self._record(lines[place], int(offsets[place])))]
        return LogRows(plain=table, records=records)

    def _table(self, data: bytes) -> PlainRows | None:
        values = self._reader.read(data)
        trail = trail_of(self._reader.keys, values) if values is not None else None
        if values is None or trail is None:
            return None
        return PlainRows(places=np.arange(len(trail)), trail=trail, keys=self._reader.keys, values=values)

    def _counting(self, rows: PlainRows, offsets: Ints) -> PlainRows:
        """The rows that no resumption made void."""
        kept = ~superseded(rows.trail, offsets[rows.places], self._resumes)
        self.superseded += int((~kept).sum())
        return rows.take(kept) if not kept.all() else rows

    def _record(self, line: bytes, offset: int) -> MetricsRecord | None:
        try:
            record = decode_metrics(line)
        except BadLine:
            self.bad_lines += 1
            return None
        self._learn(record)
        if self._resumes and is_superseded(self._resumes, step=record.step, t=record.t, offset=offset):
            self.superseded += 1
            return None
        return record

    def _learn(self, record: MetricsRecord) -> None:
        """Let later lines of these keys be read as a table."""
        keys = tuple(record.values)
        if keys not in self._known and len(self._known) < _MAX_KINDS:
            self._known.add(keys)
            self._reader.learn(("t", "step", "epoch", *(key for key in keys if isinstance(record.values[key], float))))


def resumes_in(run: Path) -> tuple[Resume, ...]:
    """The resumptions that a run's events tell of."""
    return resumes_of(_events(run / EVENTS))


def _events(path: Path) -> Iterator[EventRecord]:
    if not path.exists():
        return
    for chunk in _chunks(path):
        for line in chunk.lines:
            try:
                yield decode_event(line)
            except BadLine:
                continue


def _chunks(path: Path) -> Iterator[Chunk]:
    tailer = Tailer(path)
    while True:
        chunk = tailer.poll()
        if chunk.missing:
            raise InputError("{path} is not there yet; export once the run has logged", path=clean(str(path)))
        if chunk.problem:
            raise InputError(without_retry(chunk.problem))
        yield chunk
        if chunk.at_end:
            return
