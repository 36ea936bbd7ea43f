"""Lightning's `metrics.csv`: a header, one row per call, empty cells where a row lacks a metric.

The file has no times. The last row that is there at the first poll gets the time of the file's last write, and each
row above it one second less; rows that come later get the time of the write that brought them. Steps and epochs are
the file's own. When a new metric turns up, the logger rewrites the whole file under a longer header; that is a
reset here.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from seqsetvae.logs.block import EPOCH, MAX_BYTES, Block, Column, RunFacts
from seqsetvae.logs.growing_file import GrowingFile
from seqsetvae.logs.tailer import Chunk, Tailer
from seqsetvae.logs.trail import Floats, Ints, Trail
from seqsetvae.stream.codec import MAX_STEP

ODD_ROWS = "rows that do not fit the header"
NO_NUMBERS = "non-numeric cells"
NO_HEADER = "headers without a column step"

ROW_SECONDS = 1.0
"""Seconds between two rows of a past that has no times."""

_STEP = "step"
_LONGEST_HEADER = 1 << 20
_COUNTED_AT_ONCE = 1 << 20


class MetricsCsvReader:
    """Follows one file.

    Args:
        path: the file.
        start: byte to begin at; negative counts from the end. A start inside a row begins with the next one.
        clock: a monotonic clock, in seconds.
    """

    facts = RunFacts()

    def __init__(self, path: Path, *, start: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._begin(start)

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        first = GrowingFile(self._path, clock=self._clock).read(max(len(self._header), 1))
        if first.problem or first.missing:
            return Block(problem=first.problem, missing=first.missing)
        if self._header and first.data != self._header and len(first.data) == len(self._header):
            self._begin(0)
            return replace(self._look(max_bytes), reset=True)
        return self._look(max_bytes)

    def _begin(self, start: int) -> None:
        self._tailer = Tailer(self._path, start=start, clock=self._clock)
        self._header = b""
        self._names: list[str] = []
        self._reported = False
        self._past: int | None = None
        self._past_end = 0.0

    def _look(self, max_bytes: int) -> Block:
        if not self._header and not self._read_header():
            first, self._reported = bool(self._names) and not self._reported, bool(self._names)
            return Block(damaged={NO_HEADER: 1} if first else {})
        chunk = self._tailer.poll(max_bytes)
        if chunk.reset:
            self._begin(0)
            return replace(self._look(max_bytes), reset=True)
        modified, rows_left = self._measure(chunk)
        ends = chunk.offset + np.cumsum([len(line) + 1 for line in chunk.lines], dtype=np.int64)
        lines = chunk.lines[1:] if chunk.offset == 0 else chunk.lines
        damaged = Counter({ODD_ROWS: chunk.long_lines})
        columns = self._columns(lines, self._times(len(lines), modified, rows_left), damaged) if lines else {}
        return Block(
            columns=columns,
            at_end=chunk.at_end,
            damaged=+damaged,
            ends=ends[len(ends) - len(lines) :],
            read=chunk.next_offset,
            size=max(chunk.size, chunk.next_offset),
            pending=chunk.pending,
            missing=chunk.missing,
            problem=chunk.problem,
        )

    def _read_header(self) -> bool:
        """Learn the names of the columns; False when the header is not whole yet, or has no steps."""
        piece = GrowingFile(self._path, clock=self._clock).read(_LONGEST_HEADER)
        line, newline, _ = piece.data.partition(b"\n")
        if not newline:
            self._names = [""] if len(piece.data) == _LONGEST_HEADER else []
            return False
        self._names = _cells(line)
        if _STEP not in self._names:
            return False
        self._header = line + newline
        return True

    def _measure(self, chunk: Chunk) -> tuple[float, int]:
        """When the file was last written, and how many rows it has behind this chunk (at first)."""
        try:
            modified = self._path.stat().st_mtime
            rows = _newlines(self._path, chunk.next_offset) if self._past is None and chunk.data else 0
        except OSError:  # gone since it was read
            return time.time(), 0
        return modified, rows

    def _columns(self, lines: Sequence[bytes], t: Floats, damaged: Counter[str]) -> dict[str, Column]:
        rows = [_cells(line) for line in lines]
        places = [place for place, cells in enumerate(rows) if len(cells) == len(self._names)]
        damaged[ODD_ROWS] += sum(bool(cells) for cells in rows) - len(places)
        if not places:
            return {}
        transposed = zip(*(rows[place] for place in places), strict=True)
        cells_of: dict[str, Sequence[str]] = dict(zip(self._names, transposed, strict=True))
        t, step, epoch = t[places], self._steps(cells_of.pop(_STEP), damaged), np.full(len(places), np.nan)
        if EPOCH in cells_of:
            at, values = _numbers(cells_of.pop(EPOCH), damaged)
            epoch[at] = values
        columns: dict[str, Column] = {}
        for name, cells in cells_of.items():
            at, values = _numbers(cells, damaged)
            placed = step[at] >= 0
            at, values = at[placed], values[placed]
            if len(at):
                trail = Trail(t=t[at], step=step[at].astype(np.float64), epoch=epoch[at])
                columns[name] = Column(trail=trail, values=values, order=np.array(places)[at])
        return columns

    @staticmethod
    def _steps(cells: Sequence[str], damaged: Counter[str]) -> Ints:
        """The step of each row; -1 where it is none."""
        at, values = _numbers(cells, damaged)
        whole = (values >= 0) & (values == np.floor(values)) & (values <= MAX_STEP)
        steps = np.full(len(cells), -1, np.int64)
        steps[at[whole]] = values[whole].astype(np.int64)
        damaged[ODD_ROWS] += int((steps < 0).sum())
        return steps

    def _times(self, rows: int, modified: float, rows_left: int) -> Floats:
        """Past rows a second apart, so that the last one is at the file's last write; new rows at their write."""
        if self._past is None:
            self._past, self._past_end = rows + rows_left, modified
        behind = self._past - 1 - np.arange(rows)
        self._past = max(self._past - rows, 0)
        t: Floats = np.where(behind >= 0, self._past_end - ROW_SECONDS * behind, max(modified, self._past_end))
        return t


def _cells(line: bytes) -> list[str]:
    try:
        return next(csv.reader([line.rstrip(b"\r").decode("utf-8", "replace")], strict=True), [])
    except csv.Error:
        return [""]


def _numbers(cells: Sequence[str], damaged: Counter[str]) -> tuple[Ints, Floats]:
    """Where there are numbers, and which; empty cells are holes, other non-numeric cells are counted."""
    places = [place for place, cell in enumerate(cells) if cell]
    try:
        values = [float(cells[place]) for place in places]
    except ValueError:
        places, values = _lenient(cells, places, damaged)
    return np.array(places, np.int64), np.array(values, np.float64)


def _lenient(cells: Sequence[str], places: Sequence[int], damaged: Counter[str]) -> tuple[list[int], list[float]]:
    good: list[int] = []
    values: list[float] = []
    for place in places:
        try:
            values.append(float(cells[place]))
        except ValueError:
            damaged[NO_NUMBERS] += 1
        else:
            good.append(place)
    return good, values


def _newlines(path: Path, offset: int) -> int:
    """How many lines end behind a byte of a file."""
    count = 0
    with path.open("rb") as file:
        file.seek(offset)
        while part := file.read(_COUNTED_AT_ONCE):
            count += part.count(b"\n")
    return count
