"""A thread that appends lines to the files of one directory, and never makes its caller wait for a disk."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.atomic_file import replacing
from seqsetvae.stream.append import NO_SPACE, AppendFile, OsCalls
from seqsetvae.stream.overwriting import overwrite

FLUSH_INTERVAL = 0.5
"""Seconds between two writes at most, so also what a `kill -9` may lose. A line after a pause is written at once."""

RETRY_INTERVAL = 5.0
"""Seconds between attempts on a full or lost disk."""

BACKLOG_BYTES = 32 << 20
"""Lines kept in memory while they cannot be written: hours of an ordinary run. Later ones are dropped and counted."""

_WHOLE_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A time in which lines could not be written: since when (unix seconds), why, and how many were dropped."""

    since: float
    reason: str
    dropped: int


def to_stderr(sentence: str) -> None:
    """Say a sentence on the console; a console that is gone is no reason to stop training."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f"seqsetvae log: {sentence}", file=sys.stderr, flush=True)


class LineWriter:
    """Appends lines to named files of a directory.

    Args:
        directory: where the files are. It must exist; it is not made again when it vanishes, because below a lost
            mount that would fill another disk.
        order: file names in the order in which one batch is written.
        on_recovery: called in the thread after a gap, when writing works again; returns lines as (name, line) to add.
        flush_interval: seconds between two writes at most.
        retry_interval: seconds between attempts while writing fails.
        backlog_bytes: bytes kept while writing fails.
        clock: unix seconds.
        report: says a sentence to the user, once when writing fails and once when it works again.
        calls: the system calls.

    In a forked child (a data loader's worker, say) a writer is mute: the thread stays with the parent.
    """

    def __init__(
        self,
        directory: Path,
        *,
        order: Sequence[str] = (),
        on_recovery: Callable[[Gap], Sequence[tuple[str, bytes]]] | None = None,
        flush_interval: float = FLUSH_INTERVAL,
        retry_interval: float = RETRY_INTERVAL,
        backlog_bytes: int = BACKLOG_BYTES,
        clock: Callable[[], float] = time.time,
        report: Callable[[str], None] = to_stderr,
        calls: OsCalls | None = None,
    ) -> None:
        self._directory = directory
        self._on_recovery = on_recovery
        self._flush_interval = flush_interval
        self._retry_interval = retry_interval
        self._backlog_bytes = backlog_bytes
        self._clock = clock
        self._report = report
        self._calls = calls or OsCalls()
        self._pid = os.getpid()
        # Shared with the thread, under the condition's lock:
        self._changed = threading.Condition()
        self._queued: dict[str, list[bytes]] = {name: [] for name in order}
        self._replacements: dict[str, bytes] = {}
        self._backlog = 0
        self._dropped = 0
        self._dropped_in_all = 0
        self._gap_since: float | None = None
        self._begun = self._ended = 0
        self._hanging: int | None = None
        self._failing = False
        self._hurry = False
        self._closing = False
        # The thread's own:
        self._files: dict[str, AppendFile] = {}
        self._fault: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"log-writer-{directory.name}", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Lines dropped so far."""
        return self._dropped_in_all

    @property
    def hangs(self) -> bool:
        """Whether the attempt to write that is under way is one that a flush has waited for in vain."""
        with self._changed:
            return self._ended < self._begun == self._hanging

    def put(self, name: str, line: bytes) -> None:
        """Queue one line, with its newline; it is dropped and counted when the backlog is full."""
        if os.getpid() != self._pid:
            return
        with self._changed:
            if self._closing or self._backlog + len(line) > self._backlog_bytes:
                self._count_dropped(1)
                return
            self._queued.setdefault(name, []).append(line)
            self._backlog += len(line)
            self._changed.notify_all()

    def replace(self, name: str, content: bytes) -> None:
        """Queue a whole small file, replaced atomically; only the last content queued is written."""
        if os.getpid() != self._pid:
            return
        with self._changed:
            self._replacements[name] = content
            self._changed.notify_all()

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all that was queued is written; False when it could not be, or not in `timeout` seconds."""
        if os.getpid() != self._pid:
            return False
        with self._changed:
            next_attempt = self._begun + 1
            self._hurry = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_idle() or (self._failing and self._ended >= next_attempt), timeout)
            self._hanging = self._begun if self._ended < self._begun else None
            return self._is_idle()

    def forget(self) -> None:
        """Drop what is queued, uncounted."""
        with self._changed:
            self._queued = {name: [] for name in self._queued}
            self._replacements = {}
            self._backlog = 0

    def close(self, timeout: float = 10.0) -> bool:
        """Write what is queued and end the thread; False when lines were left behind."""
        if os.getpid() != self._pid:
            return False
        with self._changed:
            self._closing = self._hurry = True
            self._changed.notify_all()
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._report(f"{self._directory} did not take the last lines within {timeout:g} s; they are given up")
            return False
        return self._backlog == 0

    def _is_idle(self) -> bool:
        return self._begun == self._ended and not self._has_work()

    def _has_work(self) -> bool:
        return self._backlog > 0 or bool(self._replacements)

    def _count_dropped(self, lines: int) -> None:
        self._dropped += lines
        self._dropped_in_all += lines
        if self._gap_since is None:
            self._gap_since = self._clock()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._has_work() or self._closing)
                last = self._closing
                self._hurry = False
                self._begun += 1
                lines, self._queued = self._queued, {name: [] for name in self._queued}
                replacements, self._replacements = self._replacements, {}
            fault = self._write(lines, replacements)
            self._tell(fault)
            with self._changed:
                self._settle(failing=fault is not None)
                if last and (fault or not self._has_work()):
                    break
                pause = self._retry_interval if fault else self._flush_interval
                self._changed.wait_for(lambda: self._hurry or self._closing, pause)
        self._end()

    def _write(self, lines: dict[str, list[bytes]], replacements: dict[str, bytes]) -> str | None:
        """Write what can be written; why not all of it, or None."""
        fault: str | None = None
        for name, batch in lines.items():
            file = self._files.get(name)
            if file is None:
                file = self._files[name] = AppendFile(self._directory / name, self._calls)
            if batch:
                file.pending += b"".join(batch)
            try:
                file.drain()
            except OSError as error:
                fault = f"cannot write {file.path}: {error.strerror or error}"
            if file.lost:
                with self._changed:
                    self._count_dropped(file.lost)
                file.lost = 0
        for name, content in replacements.items():
            try:
                replace_file(self._directory / name, content, self._calls)
            except OSError as error:
                if self._closing and error.errno in NO_SPACE and overwrite(self._directory / name, content):
                    continue
                fault = f"cannot write {self._directory / name}: {error.strerror or error}"
                with self._changed:
                    self._replacements.setdefault(name, content)
        return fault

    def _settle(self, *, failing: bool) -> None:
        waiting = sum(len(file.pending) for file in self._files.values())
        self._backlog = waiting + sum(len(line) for batch in self._queued.values() for line in batch)
        self._failing = failing
        self._ended += 1
        self._changed.notify_all()

    def _tell(self, fault: str | None) -> None:
        """Say that writing began to fail, or that it works again."""
        if fault is not None:
            if self._fault is None:
                keeps = f"up to {self._backlog_bytes / 2**20:.0f} MiB are kept until it can be written"
                self._report(f"{fault}; training goes on and {keeps}")
                with self._changed:
                    self._gap_since = self._gap_since or self._clock()
            self._fault = fault
            return
        with self._changed:
            since, dropped = self._gap_since, self._dropped
            self._gap_since, self._dropped = None, 0
        if since is None:
            return
        gap = Gap(since=since, reason=self._fault or "lines came faster than they could be written", dropped=dropped)
        self._fault = None
        self._report(f"writing to {self._directory} again; {dropped} lines were dropped")
        lines = self._on_recovery(gap) if self._on_recovery else ()
        with self._changed:
            for name, line in lines:
                self._queued.setdefault(name, []).append(line)
            self._hurry = True

    def _end(self) -> None:
        for file in self._files.values():
            file.close()
        left = sum(file.pending.count(b"\n") for file in self._files.values())
        if left:
            self._report(f"{self._fault}; the last {left} lines of {self._directory} are given up")


def replace_file(path: Path, content: bytes, calls: OsCalls | None = None) -> None:
    """Put a file in place as a whole: readers see the old content or the new one, never a part.

    Raises:
        OSError: when it cannot be written; the old file is untouched.
    """
    calls = calls or OsCalls()
    with replacing(path) as partial:
        fd = calls.open(partial, _WHOLE_FILE, 0o666)
        try:
            rest = content
            while rest:
                rest = rest[calls.write(fd, rest) :]
        finally:
            calls.close(fd)
