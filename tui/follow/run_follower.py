"""Following the files of one run into the store, a bounded slice at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from seqsetvae.logs.log_discovery import RunFiles
from seqsetvae.logs.tailer import Chunk, Tailer
from seqsetvae.stream.codec import BadLine, decode_event
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.resume import Resume, resumes_of
from tui.follow.bounded_event import bounded
from tui.follow.columns import decode_chunk
from tui.follow.machine_follower import MachineFollower
from tui.follow.rows import RowReader
from tui.store import RunData

SLICE = 1024 * 1024
"""Bytes decoded at once, some 8 ms of work: the screen gets its turn between slices."""

_PREVIEW = 256 * 1024
"""Bytes at the end of a longer file that are shown before its past is read."""


class RunFollower:
    """Reads one run's metrics, events and system readings as they grow.

    Args:
        files: where the run lies.
        data: where its records go.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, files: RunFiles, data: RunData, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._data = data
        self._clock = clock
        self._metrics = Tailer(files.metrics, clock=clock)
        self._events = Tailer(files.events, clock=clock)
        self._machine = MachineFollower(files.path, data, clock=clock)
        self._resumes: tuple[Resume, ...] = ()
        self._bad_events = 0  # not told yet
        self._events_problem: str | None = None
        self._previewed = False
        self._rows = RowReader()

    @property
    def source(self) -> RunFiles:
        """What is followed."""
        return self._files

    def poll(self) -> bool:
        """Take in what is new, up to one slice; True when there is more to read at once."""
        if self._poll_events():
            return True
        if not self._previewed:
            self._previewed = True
            self._preview()
        chunk = self._metrics.poll(SLICE)
        if chunk.reset:
            self._data.forget_metrics(counted_as_reset=True)
        if chunk.data or chunk.long_lines:
            self._data.apply(decode_chunk(chunk, self._resumes, self._rows))
        if chunk.at_end:
            self._data.caught_up()
        self._data.note(
            progress=1.0 if chunk.at_end else self._progress(),
            pending=chunk.pending > 0,
            missing=chunk.missing,
            problem=chunk.problem or self._events_problem,
            bad_lines=self._bad_events + self._machine.poll(),
        )
        self._bad_events = 0
        return not chunk.at_end

    def _poll_events(self) -> bool:
        """Take in the next slice; True when there is more to read at once."""
        chunk = self._events.poll(SLICE)
        if chunk.reset:
            self._data.forget_events()
            self._resumes = ()
        records, bad = _decode_events(chunk)
        self._bad_events += bad
        self._events_problem = chunk.problem
        if records:
            self._data.add_events(records)
        resumes = resumes_of(records)
        if resumes:
            self._resumes = (*self._resumes, *resumes)
            self._read_anew()
        return not chunk.at_end

    def _read_anew(self) -> None:
        """Points already stored may be void now, and buckets cannot give them back: read the file once more."""
        if self._metrics.offset > 0:
            self._metrics = Tailer(self._files.metrics, clock=self._clock)
            self._data.forget_metrics(counted_as_reset=False)

    def _preview(self) -> None:
        if self._size() <= _PREVIEW:
            return
        chunk = Tailer(self._files.metrics, start=-_PREVIEW, clock=self._clock).poll(2 * _PREVIEW)
        if chunk.data:
            self._data.preview(replace(decode_chunk(chunk, self._resumes, self._rows), lines=0, bad_lines=0))

    def _progress(self) -> float:
        size = self._size()
        return min(self._metrics.offset / size, 1.0) if size else 1.0

    def _size(self) -> int:
        try:
            return self._files.metrics.stat().st_size
        except OSError:  # not there yet, or out of reach; the tailer reports which
            return 0


def _decode_events(chunk: Chunk) -> tuple[list[EventRecord], int]:
    records: list[EventRecord] = []
    bad = chunk.long_lines
    for line in chunk.lines:
        try:
            records.append(bounded(decode_event(line), len(line)))
        except BadLine:
            bad += 1
    return records, bad
