"""The points of one metric in some stretches of a log, read from its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import LogReader
from seqsetvae.logs.buckets import Trail
from seqsetvae.logs.log_discovery import ForeignLog, LogFormat
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.tailer import Tailer
from seqsetvae.logs.tensorboard import event_files
from seqsetvae.stream.resume import Resume
from tui.chart.scale import Floats
from tui.close_up.log_index import Stretch
from tui.follow.columns import decode_chunk
from tui.follow.foreign_batch import counting, trail_of
from tui.follow.rows import RowReader

SLICE = 256 * 1024
"""Bytes decoded at once, some 2 ms: the screen is never kept waiting, and an unwanted close-up ends at once."""

Found = tuple[Trail, Floats] | None
"""What one look gave of the metric."""


class Points(Protocol):
    """Reads a log once, forwards."""

    def read(self, stretches: Sequence[Stretch]) -> Iterator[Found]:
        """The points in and perhaps around the next stretches, a look at a time.

        Raises:
            InputError: they cannot be read.
        """


class StreamPoints:
    """Points of a `metrics.jsonl`, whose stretches are read alone.

    Args:
        log: the file.
        metric: whose points.
        resumes: what makes points void.
    """

    def __init__(self, log: Path, metric: str, resumes: Sequence[Resume]) -> None:
        self._log = log
        self._metric = metric
        self._resumes = resumes
        self._rows = RowReader()

    def read(self, stretches: Sequence[Stretch]) -> Iterator[Found]:
        """The points in the stretches; see `Points`."""
        for stretch in stretches:
            tailer = Tailer(self._log, start=stretch.start)
            while tailer.offset < stretch.end:
                before = tailer.offset
                chunk = tailer.poll(min(SLICE, stretch.end - before))
                if chunk.missing or chunk.problem or tailer.offset == before:
                    raise InputError(chunk.problem or Message("{path} has changed while it was read", path=self._log))
                yield decode_chunk(chunk, self._resumes, self._rows).scalars.get(self._metric)


class ForeignPoints:
    """Points of another tool's log, read from the first stretch on; of a log in several files, from its beginning.

    Args:
        log: where it lies.
        metric: whose points, by the name that it has here.
        resumes: what makes points void.
        names: what the log's metrics are called here; those given so far hold.
    """

    def __init__(self, log: ForeignLog, metric: str, resumes: Sequence[Resume], names: Names | None) -> None:
        self._log = log
        self._metric = metric
        self._resumes = resumes
        self._names = names
        self._reader: LogReader | None = None
        self._reached = 0

    def read(self, stretches: Sequence[Stretch]) -> Iterator[Found]:
        """The points up to the end of the stretches; see `Points`."""
        if self._reader is None:
            start = stretches[0].start if stretches and not self._has_parts() else 0
            self._reader = open_log(self._log, names=self._names, start=start)
        end = max((stretch.end for stretch in stretches), default=0)
        while self._reached < end:
            block = self._reader.poll(SLICE)
            if block.reset or block.missing or block.problem or block.read <= self._reached:
                changed = Message("{path} has changed while it was read", path=self._log.path)
                raise InputError(block.problem or changed)
            self._reached = block.read
            column = counting(block.columns, self._resumes)[0].get(self._metric)
            yield None if column is None else (trail_of(column), column.values)

    def _has_parts(self) -> bool:
        return self._log.format is LogFormat.TENSORBOARD and len(event_files(self._log.path)) != 1
