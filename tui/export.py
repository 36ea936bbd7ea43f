"""A run's metrics out of its log and into a table: a row a logged line, a column a metric, in bounded memory.

The log is read twice: once for the names of its metrics, once for their values. Points that a resumption made void are
left out. NaN and the infinities are values and stay what they are; a metric that a line does not hold is an empty cell.
"""

from __future__ import annotations

import csv
import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from seqsetvae.stream.codec import BadLine, decode_event, decode_metrics
from seqsetvae.stream.discovery import EVENTS, METRICS
from seqsetvae.stream.records import EventRecord, MetricsRecord, Value
from seqsetvae.stream.supersede import Resume, is_superseded, resumes_of
from seqsetvae.stream.tailer import Tailer
from tui.format import clean
from tui.frame import matches, ordered

HEAD = ("step", "epoch", "t")
"""The first columns: optimizer step, fractional epoch (empty where unknown), unix seconds."""

MAX_COLUMNS = 20_000
"""Columns of a table; a log with more names is asked for fewer of them."""

STDOUT = Path("-")
"""The file that is standard output."""

Row = tuple[float | None, ...]


class ExportError(ValueError):
    """A table that cannot be written; the message says what to do instead."""


class Sink(Protocol):
    """Where rows go."""

    def write(self, row: Row) -> None:
        """Take one row; None is an empty cell."""

    def close(self) -> None:
        """Write what is still held."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """What a table holds, and what was left out of it."""

    rows: int
    columns: int
    bad_lines: int
    superseded: int

    def __str__(self) -> str:
        """In words."""
        parts = [f"{_count(self.rows, 'row')} of {_count(self.columns, 'metric')}"]
        parts += [f"{_count(self.bad_lines, 'bad line')} left out"] * bool(self.bad_lines)
        parts += [f"{_count(self.superseded, 'superseded line')} left out"] * bool(self.superseded)
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A metric, or one number of a metric that is a list; ``label`` is its unique, printable name."""

    metric: str
    place: int | None
    label: str


def export_run(run: Path, target: Path, pattern: str = "") -> Exported:
    """Write the metrics of a run whose name matches; ``target`` ends in ``.csv`` or ``.parquet``, or is ``-``.

    A file appears whole or not at all, and replaces one of that name.

    Raises:
        ExportError: the file's name says no format, pyarrow is absent, or there is no such metric.
        OSError: the file cannot be written.
    """
    suffix = target.suffix.lower()
    if target != STDOUT and suffix not in (".csv", ".parquet"):
        raise ExportError(f"--export {target}: end the name in .csv or .parquet, or write - for standard output")
    log = RunLog(run)
    columns = columns_of(log, pattern)
    if target == STDOUT:
        return _fill(CsvSink(sys.stdout, columns), log, columns)
    with _whole_file(target) as part:
        if suffix == ".parquet":
            from tui.parquet import ParquetSink  # needs pyarrow, which a login node may not have

            return _fill(ParquetSink(part, columns), log, columns)
        with part.open("w", encoding="utf-8", newline="") as file:
            return _fill(CsvSink(file, columns), log, columns)


class RunLog:
    """The lines of one run's metrics as they are now, read from the beginning as often as asked.

    Attributes:
        bad_lines, superseded: Counts of the last reading.
    """

    def __init__(self, run: Path) -> None:
        self._metrics = run / METRICS
        self._resumes = resumes_in(run)
        self.bad_lines = 0
        self.superseded = 0

    def records(self) -> Iterator[MetricsRecord]:
        """The records that count, in the order of the log.

        Raises:
            ExportError: the file is not there or cannot be read.
        """
        self.bad_lines = self.superseded = 0
        for offset, line, skipped in _lines(self._metrics):
            self.bad_lines += skipped
            if line is None:
                continue
            try:
                record = decode_metrics(line)
            except BadLine:
                self.bad_lines += 1
                continue
            if self._resumes and is_superseded(self._resumes, step=record.step, t=record.t, offset=offset):
                self.superseded += 1
            else:
                yield record


def resumes_in(run: Path) -> tuple[Resume, ...]:
    """The resumptions that a run's events tell of."""
    return resumes_of(_events(run / EVENTS))


def columns_of(log: RunLog, pattern: str) -> tuple[Column, ...]:
    """A column for every metric that matches, in the order of the watcher; a list has one for each of its numbers.

    Raises:
        ExportError: none matches, or there are too many.
    """
    sizes: dict[str, int | None] = {}
    for record in log.records():
        for name, value in record.values.items():
            if isinstance(value, float):
                sizes.setdefault(name, None)
            elif name not in sizes or len(value) > (sizes[name] or 0):
                sizes[name] = max(len(value), sizes.get(name) or 0)
    chosen = ordered(tuple(name for name in sizes if matches(name, pattern)))
    if not chosen:
        known = "the log holds none yet" if not sizes else f"there are {clean(', '.join(ordered(tuple(sizes))), 200)}"
        raise ExportError(f"no metric matches {clean(pattern, 80)!r}; {known}" if pattern else f"no metrics: {known}")
    count = sum(1 if (size := sizes[name]) is None else size for name in chosen)
    if count > MAX_COLUMNS:
        raise ExportError(f"{count:,} columns are more than {MAX_COLUMNS:,}; choose fewer with --metrics GLOB")
    labels = _Labels()
    columns: list[Column] = []
    for name in chosen:
        size = sizes[name]
        if size is None:
            columns.append(Column(metric=name, place=None, label=labels.of(name)))
        else:
            columns += [Column(metric=name, place=i, label=labels.of(f"{name}[{i}]")) for i in range(size)]
    return tuple(columns)


class CsvSink:
    """Rows as comma-separated values; NaN, Infinity and -Infinity are spelled out."""

    def __init__(self, file: TextIO, columns: Sequence[Column]) -> None:
        self._file = file
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow([*HEAD, *(column.label for column in columns)])

    def write(self, row: Row) -> None:
        """Take one row."""
        step, *rest = row
        self._writer.writerow([int(step or 0), *map(csv_number, rest)])

    def close(self) -> None:
        """Write what is still held."""
        self._file.flush()


def csv_number(value: float | None) -> str:
    """A number with all its digits; the empty word for None."""
    if value is None:
        return ""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


class _Labels:
    """Column names that a terminal can show, each once: two names may differ in what cannot be shown."""

    def __init__(self) -> None:
        self._taken = set(HEAD)

    def of(self, name: str) -> str:
        label, again = clean(name), 2
        while label in self._taken:
            label, again = f"{clean(name)} ({again})", again + 1
        self._taken.add(label)
        return label


def _fill(sink: Sink, log: RunLog, columns: Sequence[Column]) -> Exported:
    places = [(column.metric, column.place) for column in columns]
    wanted = {column.metric for column in columns}
    rows = 0
    for record in log.records():
        if wanted.isdisjoint(record.values):
            continue
        cells = [_cell(record.values.get(name), place) for name, place in places]
        sink.write((float(record.step), record.epoch, record.t, *cells))
        rows += 1
    sink.close()
    return Exported(rows=rows, columns=len(wanted), bad_lines=log.bad_lines, superseded=log.superseded)


def _cell(value: Value | None, place: int | None) -> float | None:
    if value is None or isinstance(value, float):
        return value if place is None else None
    return value[place] if place is not None and place < len(value) else None


def _lines(path: Path) -> Iterator[tuple[int, bytes | None, int]]:
    """Offset and content of each whole line; None, and how many, where lines were too long to be records."""
    tailer = Tailer(path)
    while True:
        chunk = tailer.poll()
        if chunk.missing:
            raise ExportError(f"{clean(str(path))} is not there yet; export once the run has logged")
        if chunk.problem:
            raise ExportError(clean(chunk.problem.removesuffix("; trying again")))
        if chunk.long_lines:
            yield chunk.offset, None, chunk.long_lines
        offset = chunk.offset
        for line in chunk.lines:
            yield offset, line, 0
            offset += len(line) + 1
        if chunk.at_end:
            return


def _events(path: Path) -> Iterator[EventRecord]:
    if not path.exists():
        return
    for _, line, _ in _lines(path):
        if line is not None:
            try:
                yield decode_event(line)
            except BadLine:
                continue


@contextmanager
def _whole_file(target: Path) -> Iterator[Path]:
    """A file beside the target that takes its place at the end; a pipe is written to as it is."""
    if target.exists() and not target.is_file():
        yield target
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
