"""What the kernel knows of another process: processor time, peak memory, and the moment it ends."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KB_A_MB = 1024


def cpu_seconds(stat: str) -> float:
    """Processor time, in user and kernel mode, in `/proc/PID/stat`; the command there may hold any character."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def peak_mb(status: str) -> float:
    """The largest resident size so far, in MB, in the text of `/proc/PID/status`.

    Raises:
        ValueError: when the text has no such line, as for a process that has ended.
    """
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / _KB_A_MB
    raise ValueError("no VmHWM in /proc/PID/status: the process has ended; look why the watcher quit")


class Process:
    """A process that somebody else has started."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        return cpu_seconds(Path(f"/proc/{self.pid}/stat").read_text())

    def peak_mb(self) -> float:
        """The most memory that it has held, in MB."""
        return peak_mb(Path(f"/proc/{self.pid}/status").read_text())

    @contextmanager
    def ending(self, timeout: float = 10.0) -> Iterator[None]:
        """Waits, after the block, until the process is gone.

        Raises:
            TimeoutError: when it still runs after `timeout` seconds.
        """
        handle = os.pidfd_open(self.pid)
        try:
            yield
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            if not poll.poll(1_000 * timeout):
                raise TimeoutError(f"process {self.pid} still runs {timeout:.0f} s after it was to quit")
        finally:
            os.close(handle)
