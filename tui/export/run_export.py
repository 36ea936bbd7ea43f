"""A run's metrics out of its log and into a table: a row a logged line, a column a metric, in bounded memory.

The log is read twice: once for the names of its metrics, once for their values. Points that a resumption superseded are
left out. NaN and the infinities are values and stay what they are; a metric that a line does not hold is an empty cell.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

import numpy as np

from seqsetvae.atomic_file import replacing
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.i18n.message import Message
from seqsetvae.logs.log import Log
from seqsetvae.logs.log_rows import LogRows
from seqsetvae.logs.metric_names import matches
from seqsetvae.logs.table_rows import HEAD, TableColumn, TableRows, rows_of
from seqsetvae.strict_json import encode
from tui.export.csv_header import write_header
from tui.views.format import clean
from tui.views.listed_metrics import ordered

BLOCK_CELLS = 400_000
"""Cells of the rows that are held at once: some 30 MB while they are written."""

MAX_COLUMNS = 20_000
"""Columns of a table; a log with more names is asked for fewer of them."""

STDOUT = Path("-")
"""The file that is standard output."""


class RowSink(Protocol):
    """Where rows go."""

    def write(self, block: TableRows) -> None:
        """Take some rows, at least one."""

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
        rows = tr("1 row") if self.rows == 1 else tr("{count:,} rows", count=self.rows)
        metrics = tr("1 metric") if self.columns == 1 else tr("{count:,} metrics", count=self.columns)
        parts = [tr("{rows} of {metrics}", rows=rows, metrics=metrics)]
        if self.bad_lines:
            one = self.bad_lines == 1
            parts.append(tr("1 bad line left out") if one else tr("{count:,} bad lines left out", count=self.bad_lines))
        if self.superseded:
            more = tr("{count:,} superseded lines left out", count=self.superseded)
            parts.append(tr("1 superseded line left out") if self.superseded == 1 else more)
        return tr(", ").join(parts)


def export_run(log: Log, target: Path, pattern: str = "") -> Exported:
    """Write the metrics of a run whose name matches; `target` ends in `.csv` or `.parquet`, or is `-`.

    A file appears whole or not at all, and never in the place of another; links are not followed.

    Raises:
        InputError: the file's name says no format or is in use, pyarrow is absent, or there is no such metric.
        OSError: the file cannot be written.
    """
    suffix = target.suffix.lower()
    if target != STDOUT and suffix not in (".csv", ".parquet"):
        raise InputError(
            "--export {path}: end the name in .csv or .parquet, or write - for standard output", path=target
        )
    source = LogRows(log)
    columns = columns_of(source, pattern)
    if target == STDOUT:
        return _fill(CsvSink(sys.stdout, columns), source, columns)
    with _created(target) as part:
        if suffix == ".parquet":
            from tui.export.parquet import ParquetSink  # needs pyarrow, which a login node may not have

            return _fill(ParquetSink(part, columns), source, columns)
        with part.open("w", encoding="utf-8", newline="") as file:
            return _fill(CsvSink(file, columns), source, columns)


@contextmanager
def _created(target: Path) -> Iterator[Path]:
    """Yield the path to write to, which becomes `target` at the end; a pipe is written to as it is."""
    _refuse_existing(target)
    if target.is_fifo() or target.is_char_device():
        yield target
        return
    with replacing(target) as part:
        part.touch(exist_ok=False)  # not through a link that lies there
        yield part
        _refuse_existing(target)


def _refuse_existing(target: Path) -> None:
    if target.is_symlink():
        raise InputError("--export {path}: it is a link, and links are not followed; choose another name", path=target)
    if target.is_file():
        raise InputError("--export {path}: the file exists, and is not overwritten; choose another name", path=target)


def columns_of(source: LogRows, pattern: str) -> tuple[TableColumn, ...]:
    """A column for every metric that matches, in the order of the watcher; a list has one for each of its numbers.

    Raises:
        InputError: none matches, or there are too many.
    """
    sizes = source.sizes()
    chosen = ordered(tuple(name for name in sizes if matches(name, pattern)))
    if not chosen:
        raise _no_metrics(sizes, pattern)
    count = sum(1 if (size := sizes[name]) is None else size for name in chosen)
    if count > MAX_COLUMNS:
        raise InputError(
            "{count:,} columns are more than {most:,}; choose fewer with --metrics GLOB", count=count, most=MAX_COLUMNS
        )
    labels = _Labels()
    columns: list[TableColumn] = []
    for name in chosen:
        size = sizes[name]
        if size is None:
            columns.append(TableColumn(metric=name, place=None, label=labels.of(name)))
        else:
            columns += [TableColumn(metric=name, place=i, label=labels.of(f"{name}[{i}]")) for i in range(size)]
    return tuple(columns)


def _no_metrics(sizes: Mapping[str, int | None], pattern: str) -> InputError:
    """Nothing matches a pattern."""
    known = Message("the log holds none yet")
    if sizes:
        known = Message("there are {names}", names=clean(", ".join(ordered(tuple(sizes))), 200))
    if not pattern:
        return InputError("no metrics: {known}", known=known)
    return InputError("no metric matches {pattern!r}; {known}", pattern=clean(pattern, 80), known=known)


class CsvSink:
    """Rows as comma-separated values; NaN, Infinity and -Infinity are spelled out, and no digit is lost."""

    def __init__(self, file: TextIO, columns: Sequence[TableColumn]) -> None:
        self._file = file
        write_header(file, [*HEAD, *(column.label for column in columns)])

    def write(self, block: TableRows) -> None:
        """Take some rows."""
        odd = (~np.isfinite(block.cells) & ~block.empty).any(axis=1)
        lines = _number_lines(block)
        for row in np.flatnonzero(odd).tolist():
            cells = zip(block.cells[row].tolist(), block.empty[row].tolist(), strict=True)
            lines[row] = ",".join([str(block.steps[row]), *(csv_number(None if gap else cell) for cell, gap in cells)])
        self._file.write("\n".join([*lines, ""]))

    def close(self) -> None:
        """Write what is still held."""
        self._file.flush()


def _number_lines(block: TableRows) -> list[str]:
    """Each row with an empty cell for what is no finite number.

    JSON's numbers have as few digits as read back the same, and are written many times as fast as Python does it.
    """
    numbers = np.concatenate([block.steps[:, None].astype(np.float64), block.cells], axis=1)
    text = encode(numbers.tolist()).decode()
    rows = text[2:-2].replace("null", "").split("],[")
    return [row.replace(".0", "", 1) for row in rows]  # the step, which comes first, is whole


def csv_number(value: float | None) -> str:
    """A number with all its digits; the empty word for None."""
    if value is None:
        return ""
    if math.isfinite(value):
        return repr(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


class _Labels:
    """TableColumn names that a terminal can show, each once: two names may differ in what cannot be shown."""

    def __init__(self) -> None:
        self._taken = set(HEAD)

    def of(self, name: str) -> str:
        label, again = clean(name), 2
        while label in self._taken:
            label, again = f"{clean(name)} ({again})", again + 1
        self._taken.add(label)
        return label


def _fill(sink: RowSink, source: LogRows, columns: Sequence[TableColumn]) -> Exported:
    count = 0
    most = max(BLOCK_CELLS // (len(columns) + len(HEAD)), 1)
    for rows in (rows for block in source.blocks() for rows in rows_of(block, columns, most)):
        sink.write(rows)
        count += len(rows.steps)
    sink.close()
    metrics = len({column.metric for column in columns})
    return Exported(rows=count, columns=metrics, bad_lines=source.bad_lines, superseded=source.superseded)
