"""One file that only grows, by whole lines, whatever the disk does."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

NO_SPACE = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""Errors after which the open file is as good as before: once there is space, writing goes on where it stopped."""

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class OsCalls:
    """The system calls of the writing side, so that tests can make them fail."""

    open: Callable[[Path, int, int], int] = os.open
    write: Callable[[int, bytes], int] = os.write
    fstat: Callable[[int], os.stat_result] = os.fstat
    stat: Callable[[Path], os.stat_result] = os.stat
    close: Callable[[int], None] = os.close


class AppendFile:
    """Appends lines; what could not be written yet waits in memory.

    A batch of whole lines is one `write` on a descriptor opened for appending, so readers see whole lines, and after
    a crash or a full disk at most one torn last line. A torn line that an earlier process left is ended first.

    `pending` is the unwritten rest. `lost` counts lines whose first half went to a file that is gone.
    """

    def __init__(self, path: Path, calls: OsCalls | None = None) -> None:
        self.path = path
        self.pending = b""
        self.lost = 0
        self._calls = calls or OsCalls()
        self._fd: int | None = None
        self._identity = (0, 0)
        self._inside_line = False
        self._needs_newline = False

    def drain(self) -> None:
        """Write all that is pending.

        Raises:
            OSError: when it cannot; the rest stays pending, for the next call.
        """
        if not self.pending:
            return
        if self._fd is not None and self._was_replaced():
            self._close()
        if self._fd is None:
            self._open()
        try:
            self._write()
        except OSError as error:
            if error.errno not in NO_SPACE:
                self._close()
            raise

    def close(self) -> None:
        """Close the file; pending lines are not written."""
        self._close()

    def _write(self) -> None:
        assert self._fd is not None
        while self.pending:
            first = b"\n" if self._needs_newline else b""
            written = self._calls.write(self._fd, first + self.pending)
            if written > 0 and first:
                self._needs_newline = False
                written -= 1
            if written > 0:
                self._inside_line = self.pending[written - 1 : written] != b"\n"
            self.pending = self.pending[written:]

    def _was_replaced(self) -> bool:
        try:
            status = self._calls.stat(self.path)
        except FileNotFoundError:
            return True
        return (status.st_dev, status.st_ino) != self._identity

    def _open(self) -> None:
        fd = self._calls.open(self.path, _FLAGS, 0o666)
        try:
            status = self._calls.fstat(fd)
            ends_torn = status.st_size > 0 and _last_byte(fd) != b"\n"
        except OSError:
            self._calls.close(fd)
            raise
        self._fd = fd
        self._identity = (status.st_dev, status.st_ino)
        self._needs_newline = ends_torn

    def _close(self) -> None:
        fd, self._fd = self._fd, None
        if self._inside_line:
            # The first half of this line is in a file that we let go of: the second half alone would be damage.
            rest = self.pending.partition(b"\n")[2]
            self.lost += rest != self.pending
            self.pending, self._inside_line = rest, False
        if fd is not None:
            self._calls.close(fd)


def _last_byte(fd: int) -> bytes:
    os.lseek(fd, -1, os.SEEK_END)
    return os.read(fd, 1)
