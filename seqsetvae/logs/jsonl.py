"""The log of a run of this package: `metrics.jsonl`, `events.jsonl` and `run.json` of one directory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from seqsetvae.logs.block import BAD_EVENTS, BAD_LINES, MAX_BYTES, NO_LINES, Block, RunFacts
from seqsetvae.logs.bounded_event import bounded
from seqsetvae.logs.line_places import PlaceDecoder
from seqsetvae.logs.metrics_lines import LineDecoder
from seqsetvae.logs.tailer import Chunk, Tailer
from seqsetvae.stream.codec import BadLine, decode_event
from seqsetvae.stream.records import EventRecord
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, ManifestProblem, read_manifest


class JsonlReader:
    """Follows one run; all its events so far come before the next points.

    Args:
        path: the run's directory.
        start: byte of the metrics to begin at, negative from their end.
        prefix: leave out lines without a metric whose name begins so.
        events: read the events too.
        points: False leaves out the metrics: the lines say where they lie.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: int = 0,
        prefix: str = "",
        events: bool = True,
        points: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._clock = clock
        self._containing = f'"{prefix}'.encode() if prefix else b""
        self._decoder: LineDecoder | PlaceDecoder = LineDecoder() if points else PlaceDecoder()
        self._with_events = events
        self._begin(start)

    @property
    def facts(self) -> RunFacts:
        """What the manifest says."""
        manifest = read_manifest(self._path / MANIFEST)
        if isinstance(manifest, ManifestProblem):
            return RunFacts(problem=None if manifest.missing else manifest.reason)
        return RunFacts(
            run=manifest.run,
            host=manifest.host,
            total_steps=manifest.total_steps,
            total_epochs=manifest.total_epochs,
            config=manifest.config,
            manifest=manifest,
        )

    def poll(self, max_bytes: int = MAX_BYTES) -> Block:
        """Read on; see `LogReader`."""
        heard = self._events.poll(max_bytes) if self._events is not None else Chunk()
        if heard.reset:
            return self._start_over(max_bytes)
        events, bad_events = _decoded(heard)
        if not heard.at_end:
            return self._without_points(events, bad_events)
        chunk = self._metrics.poll(max_bytes)
        if chunk.reset:
            return self._start_over(max_bytes)
        block = self._decoder.decode(chunk.data, chunk.offset, containing=self._containing)
        bad = Counter({BAD_LINES: chunk.long_lines, BAD_EVENTS: bad_events})
        return replace(
            block,
            events=events,
            at_end=chunk.at_end,
            damaged=+(bad + Counter(block.damaged)),
            ends=block.lines.starts[1:] if block.lines is not None and block.lines.starts is not None else None,
            start=chunk.offset,
            read=chunk.next_offset,
            size=max(chunk.size, chunk.next_offset),
            pending=chunk.pending,
            missing=chunk.missing,
            problem=chunk.problem or heard.problem,
        )

    def _begin(self, start: int) -> None:
        self._metrics = Tailer(self._path / METRICS, start=start, clock=self._clock)
        self._events = Tailer(self._path / EVENTS, clock=self._clock) if self._with_events else None

    def _start_over(self, max_bytes: int) -> Block:
        """A file was replaced or cut: the whole run is read once more."""
        self._begin(0)
        return replace(self.poll(max_bytes), reset=True)

    def _without_points(self, events: tuple[EventRecord, ...], bad: int) -> Block:
        """Events of which there are more to come."""
        here = self._metrics.offset
        try:
            size = self._metrics.path.stat().st_size
        except OSError:  # not there yet, or out of reach; the next poll says which
            size = here
        return Block(
            events=events,
            lines=NO_LINES,
            at_end=False,
            damaged={BAD_EVENTS: bad} if bad else {},
            start=here,
            read=here,
            size=max(size, here),
        )


def events_near_end(path: Path, max_bytes: int) -> list[EventRecord]:
    """The events in the last bytes of an `events.jsonl`, newest first."""
    events, _ = _decoded(Tailer(path, start=-max_bytes).poll(max_bytes))
    return list(reversed(events))


def _decoded(chunk: Chunk) -> tuple[tuple[EventRecord, ...], int]:
    """The events in lines, and how many lines are bad."""
    records: list[EventRecord] = []
    bad = chunk.long_lines
    for line in chunk.lines:
        try:
            records.append(bounded(decode_event(line), len(line)))
        except BadLine:
            bad += 1
    return tuple(records), bad
