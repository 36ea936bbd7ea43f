"""One log of another tool to a run of this package's stream, piece by piece and all or nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from seqsetvae import __version__
from seqsetvae.atomic_file import replacing
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.block import Block, LogReader, RunFacts
from seqsetvae.logs.log import Log
from seqsetvae.logs.merged_lines import LineMerger, records_of
from seqsetvae.logs.metric_names import Names
from seqsetvae.logs.opening import open_log
from seqsetvae.logs.tailer import MAX_LINE
from seqsetvae.stream.append import AppendFile
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics
from seqsetvae.stream.line_writer import replace_file
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, MAX_MANIFEST, METRICS

IMPORTED = "imported"
"""Kind of the event that ends an imported run; data: source, format, points, skipped, damaged, names."""

TOO_LONG = "lines too long for the log format"
LARGE_SETTINGS = "settings too large for a manifest"

_WRITTEN_AT_ONCE = 1 << 20
"""Bytes of lines that are gathered between two writes."""


@dataclass(kw_only=True, slots=True)
class ImportReport:
    """What became of one log.

    Attributes:
        log: where it came from.
        target: the run's directory.
        points: numbers written.
        metrics: their names.
        first_step: smallest step, -1 without points.
        last_step: largest step.
        events: facts and verdicts written.
        skipped: sound content that is no curve, by kind.
        damaged: content that could not be understood, by kind.
        unfinished: bytes at the end that are no whole record.
        names: names that were replaced, by the log's.
    """

    log: Log
    target: Path
    points: int = 0
    metrics: set[str] = field(default_factory=set)
    first_step: int = -1
    last_step: int = -1
    events: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)
    unfinished: int = 0
    names: Mapping[str, str] = field(default_factory=dict)


def import_log(
    log: Log,
    target: Path,
    *,
    names: Names | None = None,
    progress: Callable[[int, int], None] | None = None,
    clock: Callable[[], float] = time.time,
) -> ImportReport:
    """Write a log as the run in `target`, which must not exist yet.

    Args:
        log: what to read.
        target: the run's directory; it appears when it is whole.
        names: what metrics are called.
        progress: called with bytes read and bytes in all.
        clock: unix seconds.

    Raises:
        InputError: when the target exists or cannot be written, the log cannot be read, or holds no number.
    """
    if target.exists():
        raise InputError("{path} exists already; choose another name with --run, or remove it first", path=target)
    names = Names() if names is None else names
    reader = open_log(log, names=names)
    try:
        with replacing(target) as partial:
            partial.mkdir(parents=True)
            run = _RunImport(ImportReport(log=log, target=target), partial)
            run.copy(reader, progress)
            run.end(reader.facts, names, clock())
    except OSError as error:
        raise InputError(
            "cannot write {path}: {reason}; choose another place", path=target, reason=error.strerror or error
        ) from error
    return run.report


class _RunImport:
    """One log on its way."""

    def __init__(self, report: ImportReport, directory: Path) -> None:
        self.report = report
        self._directory = directory
        self._metrics = AppendFile(directory / METRICS)
        self._events = AppendFile(directory / EVENTS)
        self._merger = LineMerger()
        self._first_t: float | None = None
        self._last_t = 0.0
        self._lines: list[bytes] = []
        self._length = 0

    def copy(self, reader: LogReader, progress: Callable[[int, int], None] | None) -> None:
        """Write all points and events of the log."""
        while True:
            block = reader.poll()
            if block.missing or block.problem:
                raise InputError(block.problem or Message("{path} does not exist", path=self.report.log.path))
            if block.reset:
                raise InputError("{path} was replaced while it was read; import it again", path=self.report.log.path)
            self._add(block)
            if progress is not None:
                progress(block.read, block.size)
            if block.at_end:
                break
        self._write(records_of(self._merger.rest()))
        self._drain()
        if not self.report.points:
            raise InputError(
                "{path} holds no numbers: {contents}", path=self.report.log.path, contents=_what_it_holds(self.report)
            )

    def end(self, facts: RunFacts, names: Names, now: float) -> None:
        """Write into the stream where it came from, and put the manifest in place."""
        self.report.names = names.changed
        self._event(self._origin())
        self._events.drain()
        self._events.close()
        self._metrics.close()
        manifest = self._manifest(facts, now)
        content = encode_manifest(manifest)
        if len(content) > MAX_MANIFEST:
            self.report.skipped[LARGE_SETTINGS] += 1
            content = encode_manifest(replace(manifest, config={}))
        replace_file(self._directory / MANIFEST, content)

    def _origin(self) -> EventRecord:
        report, path = self.report, self.report.log.path
        data = {
            "source": str(path.resolve()),
            "format": str(report.log.format),
            "points": report.points,
            "skipped": dict(report.skipped),
            "damaged": dict(report.damaged),
            "names": dict(report.names),
        }
        message = f"imported from {report.log.format.tool}: {path}"
        return EventRecord(
            t=self._last_t, step=report.last_step, level=Level.INFO, kind=IMPORTED, message=message, data=data
        )

    def _manifest(self, facts: RunFacts, now: float) -> Manifest:
        return Manifest(
            run=facts.run or self.report.target.name,
            started=self._last_t if self._first_t is None else self._first_t,
            updated=now,
            ended=self._last_t,
            state=RunState.FINISHED,
            reason=f"imported from {self.report.log.format.tool}",
            host=facts.host,
            total_steps=facts.total_steps or self.report.last_step,
            total_epochs=facts.total_epochs,
            versions={"seqsetvae": __version__},
            config=facts.config,
        )

    def _add(self, block: Block) -> None:
        report = self.report
        report.skipped.update(block.skipped)
        report.damaged.update(block.damaged)
        report.unfinished = block.pending
        for record in block.events:
            report.events += 1
            self._event(record)
        self._write(records_of(self._merger.feed(block)))

    def _event(self, record: EventRecord) -> None:
        self._events.pending += encode_event(record)

    def _write(self, records: Iterator[MetricsRecord]) -> None:
        for record in records:
            line = encode_metrics(record)
            if len(line) > MAX_LINE:
                self.report.damaged[TOO_LONG] += 1
                continue
            self._count(record)
            self._lines.append(line)
            self._length += len(line)
            if self._length > _WRITTEN_AT_ONCE:
                self._drain()

    def _count(self, record: MetricsRecord) -> None:
        report = self.report
        report.points += len(record.values)
        report.metrics.update(record.values)
        report.first_step = record.step if report.first_step < 0 else min(report.first_step, record.step)
        report.last_step = max(report.last_step, record.step)
        self._first_t = record.t if self._first_t is None else min(self._first_t, record.t)
        self._last_t = max(self._last_t, record.t)

    def _drain(self) -> None:
        self._metrics.pending += b"".join(self._lines)
        self._lines, self._length = [], 0
        self._metrics.drain()
        self._events.drain()


def _what_it_holds(report: ImportReport) -> str:
    counts = report.skipped + report.damaged
    if report.unfinished:
        counts["unfinished bytes"] = report.unfinished
    return counted(counts) or "it is empty"


def counted(counts: Mapping[str, int]) -> str:
    """Counts in words: `unfinished bytes (12), values that are no scalars (3)`."""
    return ", ".join(f"{kind} ({count:,})" for kind, count in sorted(counts.items()))
