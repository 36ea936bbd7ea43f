"""Reading a growing file of bytes that its owner decodes.

What `seqsetvae.logs.tailer.Tailer` is for lines, and like there the file is opened again for every read.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from seqsetvae.i18n.message import Message
from seqsetvae.logs.debounce import Debounce
from seqsetvae.logs.read_problem import unreadable
from seqsetvae.logs.tailer import DEBOUNCE_SECONDS
from seqsetvae.small_file import open_nonblocking, read_up_to


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """What one read gave: bytes from `offset` on. The other fields are those of `Block`."""

    data: bytes = b""
    offset: int = 0
    size: int = 0
    reset: bool = False
    missing: bool = False
    problem: str | None = None


class GrowingFile:
    """Reads a file from where its owner stands; `advance` moves that place.

    Args:
        path: the file; it need not exist yet.
        start: byte to begin at; negative counts from the end as it is at the first read.
        debounce: seconds before a sign that the file was replaced or cut is believed.
        clock: a monotonic clock, in seconds.
        opener: opens a path for unbuffered binary reading.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: int = 0,
        debounce: float = DEBOUNCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        opener: Callable[[Path], BinaryIO] = open_nonblocking,
    ) -> None:
        self.path = path
        self.offset = max(start, 0)
        self._start = start
        self._debounce = Debounce(debounce, clock)
        self._opener = opener
        self._identity: tuple[int, int] | None = None

    def advance(self, count: int) -> None:
        """Leave so many bytes behind."""
        self.offset += count

    def read(self, max_bytes: int) -> Piece:
        """At most `max_bytes` from the present place on. Never raises on I/O errors."""
        try:
            with self._opener(self.path) as file:
                return self._look(file, max_bytes)
        except FileNotFoundError:
            return Piece(offset=self.offset, missing=True)
        except OSError as error:
            reason = error.strerror or str(error)
            return Piece(offset=self.offset, problem=unreadable(self.path, reason))

    def _look(self, file: BinaryIO, max_bytes: int) -> Piece:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return Piece(
                offset=self.offset,
                problem=Message("{path} is not a regular file; nothing is read from it", path=self.path),
            )
        identity, size = (status.st_dev, status.st_ino), status.st_size
        if self._identity is None:
            self._identity = identity
            self.offset = max(0, size + self._start) if self._start < 0 else self._start
        reset = identity != self._identity or size < self.offset
        if reset and not self._debounce.confirms():
            return Piece(offset=self.offset, size=self.offset)
        self._debounce.reset()
        if reset:
            self._identity, self.offset = identity, 0
        file.seek(self.offset)
        data = read_up_to(file, max_bytes) if size > self.offset else b""
        return Piece(data=data, offset=self.offset, size=max(size, self.offset + len(data)), reset=reset)
