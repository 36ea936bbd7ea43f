"""Which process writes a run, and whether it still lives: host, boot, pid and the process's start together."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seqsetvae.stream.records import Manifest

_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessIdentity:
    """A process, distinguished from every other one even when pids are used again or a log directory is shared.

    `boot_id` and `start` (clock ticks since boot) are None where the system does not tell them.
    """

    host: str
    pid: int
    boot_id: str | None
    start: int | None


def this_process() -> ProcessIdentity:
    """The identity of the calling process."""
    pid = os.getpid()
    status = _status(pid)
    start = None if status is None else status.start
    return ProcessIdentity(host=socket.gethostname(), pid=pid, boot_id=_boot_id(), start=start)


def writer_of(manifest: Manifest) -> ProcessIdentity:
    """The identity that a manifest records."""
    return ProcessIdentity(host=manifest.host, pid=manifest.pid, boot_id=manifest.boot_id, start=manifest.process_start)


def process_alive(manifest: Manifest) -> bool | None:
    """Whether the process that wrote the manifest runs; None when this machine cannot know."""
    writer = writer_of(manifest)
    if writer.host != socket.gethostname() or writer.pid <= 0 or os.name != "posix":
        return None
    boot_id = _boot_id()
    if writer.boot_id is not None and boot_id is not None and writer.boot_id != boot_id:
        return False
    if not _pid_exists(writer.pid):
        return False
    status = _status(writer.pid)
    if status is None:
        return True
    return not status.is_zombie and writer.start in (None, status.start)


def _pid_exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it runs, as another user
        return True
    except OverflowError:
        return False
    return True


@cache
def _boot_id() -> str | None:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text().strip() or None
    except OSError:
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Status:
    start: int
    is_zombie: bool


def _status(pid: int) -> _Status | None:
    """What `/proc/PID/stat` says, or None on systems and for processes without it."""
    try:
        content = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = content.rpartition(")")[2].split()  # the command's name, in brackets before, may hold spaces
    if len(fields) < 20:
        return None
    return _Status(start=int(fields[19]), is_zombie=fields[0] == "Z")
