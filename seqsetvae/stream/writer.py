"""Writing one run: metrics, events and system lines, and the manifest.

Rank 0 of a training job writes `run.json`, `metrics.jsonl`, `events.jsonl` and `system.jsonl` through a
`RunWriter`; every other rank writes only its own `system-rankR.jsonl`, through a `SystemWriter`.
"""

from __future__ import annotations

import atexit
import dataclasses
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqsetvae import __version__
from seqsetvae.errors import InputError
from seqsetvae.stream.append import OsCalls
from seqsetvae.stream.codec import RecordError, encode_event, encode_manifest, encode_metrics, encode_system
from seqsetvae.stream.line_writer import BACKLOG_BYTES, FLUSH_INTERVAL, Gap, LineWriter, replace_file, to_stderr
from seqsetvae.stream.process import process_alive, this_process, writer_of
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value
from seqsetvae.stream.resume import RESUMED
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, read_manifest, system_file

CATCH_UP = 1.0
"""Seconds that a checkpoint waits for the log, which a disk that hangs never takes."""

LOG_GAP = "log_gap"
"""Kind of the event written after a time in which lines could not be written; data: dropped, since, reason."""

LOG_REJECTED = "log_rejected"
"""Kind of the event written when a record first was one that the format cannot carry."""


class RunWriter:
    """Writes one run's files. Once it is open, no method blocks on a disk or raises because of one.

    Args:
        run_dir: the run's directory.
        run: the run's name; the directory's by default.
        config: the run's settings; what JSON cannot carry is written as its text.
        versions: of the software, added to those of Python and of this package.
        append: go on in a directory that already holds a run. Call `resumed` when training starts from a step.
        reopened: go on with a run of this process: a directory that is gone is not made, and what cannot be written yet
            is kept as ever.
        flush_interval: seconds between two writes at most; what a `kill -9` may lose.
        backlog_bytes: bytes kept in memory while the disk takes none; lines beyond are dropped and counted.
        clock: unix seconds.
        report: says a sentence on the console.
        calls: the system calls.

    Raises:
        ValueError: when the directory cannot be written, when it holds a run and `append` is not set, or when the
            process that writes that run is still alive.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        run: str | None = None,
        config: Mapping[str, Any] | None = None,
        versions: Mapping[str, str] | None = None,
        append: bool = False,
        reopened: bool = False,
        flush_interval: float = FLUSH_INTERVAL,
        backlog_bytes: int = BACKLOG_BYTES,
        clock: Callable[[], float] = time.time,
        report: Callable[[str], None] = to_stderr,
        calls: OsCalls | None = None,
    ) -> None:
        self.path = run_dir
        self._clock = clock
        self._report = report
        self._rejected = 0
        self._closed = False
        if not reopened:
            _make_directory(run_dir)
        previous = _claimable(run_dir, append)
        now = clock()
        own_versions = {"python": platform.python_version(), "seqsetvae": __version__}
        process = this_process()
        self._manifest = Manifest(
            run=run or (previous.run if previous else run_dir.name),
            started=previous.started if previous else now,
            updated=now,
            host=process.host,
            pid=process.pid,
            boot_id=process.boot_id,
            process_start=process.start,
            total_steps=previous.total_steps if previous else None,
            total_epochs=previous.total_epochs if previous else None,
            versions=own_versions | dict(versions or {}),
            config=config if config is not None else previous.config if previous else {},
        )
        self._bytes_before = _begin(run_dir, None if reopened else self._manifest, calls)
        self._lines = LineWriter(
            run_dir,
            order=(EVENTS, METRICS, system_file(0)),  # a `resumed` event comes before the lines it supersedes
            on_recovery=self._gap_lines,
            flush_interval=flush_interval,
            backlog_bytes=backlog_bytes,
            clock=clock,
            report=report,
            calls=calls,
        )
        if reopened:
            self._lines.replace(MANIFEST, encode_manifest(self._manifest))
        atexit.register(self._lines.flush)

    @property
    def manifest(self) -> Manifest:
        """The manifest as last set."""
        return self._manifest

    @property
    def had_metrics(self) -> bool:
        """Whether the directory held metrics before this writer opened it."""
        return self._bytes_before > 0

    @property
    def dropped(self) -> int:
        """Lines dropped because they could not be written."""
        return self._lines.dropped

    @property
    def rejected(self) -> int:
        """Records refused because the format cannot carry them."""
        return self._rejected

    def metrics(self, *, step: int, values: Mapping[str, Value], epoch: float | None = None) -> None:
        """Append a metrics line. A record that the format cannot carry is counted, and said once."""
        try:
            line = encode_metrics(MetricsRecord(t=self._clock(), step=step, epoch=epoch, values=values))
        except RecordError as error:
            self._reject(error, step)
            return
        self._lines.put(METRICS, line)

    def event(
        self, *, step: int, kind: str, message: str, level: Level = Level.INFO, data: Mapping[str, Any] | None = None
    ) -> None:
        """Append an event."""
        try:
            line = self._event_line(step=step, kind=kind, message=message, level=level, data=data or {})
        except RecordError as error:
            self._reject(error, step)
            return
        self._lines.put(EVENTS, line)

    def system(self, *, step: int, values: Mapping[str, Value]) -> None:
        """Append a line to rank 0's system stream."""
        try:
            line = encode_system(SystemRecord(t=self._clock(), step=step, values=values))
        except RecordError as error:
            self._reject(error, step)
            return
        self._lines.put(system_file(0), line)

    def resumed(self, step: int) -> None:
        """Say that training goes on from `step`: what this directory already held beyond it is superseded."""
        data = {"step": step, "metrics_bytes": self._bytes_before}
        self.event(step=step, kind=RESUMED, message=f"resumed from step {step:,}", data=data)

    def update_manifest(
        self,
        *,
        config: Mapping[str, Any] | None = None,
        versions: Mapping[str, str] | None = None,
        total_steps: int | None = None,
        total_epochs: float | None = None,
    ) -> None:
        """Set what is given and replace `run.json`; `config` and `versions` are merged into what is there."""
        old = self._manifest
        self._set_manifest(
            config={**old.config, **(config or {})},
            versions={**old.versions, **(versions or {})},
            total_steps=old.total_steps if total_steps is None else total_steps,
            total_epochs=old.total_epochs if total_epochs is None else total_epochs,
        )

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all lines are written; False when they could not be in `timeout` seconds."""
        return self._lines.flush(timeout)

    def catch_up(self) -> None:
        """Wait until all lines are written, as long as a healthy disk needs; for one that hangs, only once."""
        if not self._lines.hangs:
            self._lines.flush(CATCH_UP)

    def close(self, state: RunState = RunState.FINISHED, reason: str | None = None) -> None:
        """Write what is queued, say in the manifest how the run ended, and stop. Further calls do nothing."""
        if self._closed:
            return
        self._set_manifest(state=state, reason=reason, ended=self._clock())
        self._end()

    def discard(self) -> None:
        """Drop what is queued, and stop."""
        if not self._closed:
            self._lines.forget()
            self._end()

    def _end(self) -> None:
        self._closed = True
        self._lines.close()
        atexit.unregister(self._lines.flush)

    def _set_manifest(self, **changes: Any) -> None:
        self._manifest = dataclasses.replace(self._manifest, updated=self._clock(), **changes)
        self._lines.replace(MANIFEST, encode_manifest(self._manifest))

    def _event_line(self, *, step: int, kind: str, message: str, level: Level, data: Mapping[str, Any]) -> bytes:
        record = EventRecord(t=self._clock(), step=step, level=level, kind=kind, message=message, data=data)
        return encode_event(record)

    def _reject(self, error: RecordError, step: object) -> None:
        self._rejected += 1
        if self._rejected > 1:
            return
        self._report(f"a record was left out: {error}; further ones are counted silently")
        line = self._event_line(
            step=step if type(step) is int and step >= 0 else 0,
            kind=LOG_REJECTED,
            message=f"a record was left out: {error}",
            level=Level.YELLOW,
            data={},
        )
        self._lines.put(EVENTS, line)

    def _gap_lines(self, gap: Gap) -> Sequence[tuple[str, bytes]]:
        message = f"{gap.dropped:,} log lines were dropped: {gap.reason}"
        level = Level.YELLOW if gap.dropped else Level.INFO
        line = self._event_line(step=0, kind=LOG_GAP, message=message, level=level, data=dataclasses.asdict(gap))
        return [(EVENTS, line)]


class SystemWriter:
    """Writes one rank's system stream and nothing else; takes the arguments of `RunWriter` that it has."""

    def __init__(
        self,
        run_dir: Path,
        *,
        rank: int,
        flush_interval: float = FLUSH_INTERVAL,
        clock: Callable[[], float] = time.time,
        report: Callable[[str], None] = to_stderr,
    ) -> None:
        self._rank = rank
        self._clock = clock
        self._lines = LineWriter(run_dir, flush_interval=flush_interval, clock=clock, report=report)

    def system(self, *, step: int, values: Mapping[str, Value]) -> None:
        """Append a line.

        Raises:
            RecordError: for non-numeric values.
        """
        record = SystemRecord(t=self._clock(), step=step, rank=self._rank, values=values)
        self._lines.put(system_file(self._rank), encode_system(record))

    def close(self) -> None:
        """Write what is queued and stop."""
        self._lines.close()


def _make_directory(run_dir: Path) -> None:
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(run_dir, error) from error


def _claimable(run_dir: Path, append: bool) -> Manifest | None:
    """The manifest of the run that is to be continued, None for a new run; refuses a directory that is taken."""
    previous = read_manifest(run_dir / MANIFEST)
    if isinstance(previous, Manifest):
        alive = previous.state is RunState.RUNNING and process_alive(previous)
        if alive and writer_of(previous) != this_process():
            raise InputError(
                "{path} is being written by process {pid} on this machine; stop that process or choose "
                "another run name",
                path=run_dir,
                pid=previous.pid,
            )
    elif previous.newer_format:
        raise InputError(previous.reason)
    if not append and any((run_dir / name).exists() for name in (MANIFEST, METRICS)):
        raise InputError("{path} already holds a run; resume it or choose another run name", path=run_dir)
    return previous if isinstance(previous, Manifest) else None


def _begin(run_dir: Path, manifest: Manifest | None, calls: OsCalls | None) -> int:
    """Put a manifest in place, if one is given; how many bytes of metrics were there before."""
    metrics = run_dir / METRICS
    try:
        if manifest is not None:
            replace_file(run_dir / MANIFEST, encode_manifest(manifest), calls)
        return metrics.stat().st_size if metrics.exists() else 0
    except OSError as error:
        raise _unwritable(run_dir, error) from error


def _unwritable(run_dir: Path, error: OSError) -> InputError:
    return InputError(
        "cannot write the log directory {path}: {reason}; choose another one",
        path=run_dir,
        reason=error.strerror or error,
    )
