"""Reading a growing file of lines: whole lines only, a bounded number of bytes at a time, and no surprises.

The file is opened again for every poll, which is what makes NFS clients ask the server for its present size.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from seqsetvae.i18n.message import Message
from seqsetvae.logs.debounce import Debounce
from seqsetvae.logs.read_problem import unreadable
from seqsetvae.small_file import open_nonblocking, read_up_to

MAX_BYTES = 1 << 20
"""Default bytes of a poll: some 3,000 lines, read and split in about a millisecond."""

MAX_LINE = 2 << 20
"""Longest line in bytes. A thousand numbers take 20 KB; a longer line than this is damage, and is skipped. No line up
to it takes a parser so long (some 40 ms, while no other thread runs) that a screen would be felt to stand still."""

DEBOUNCE_SECONDS = 1.0
"""Seconds between a first sign that a file was replaced or cut and believing it: NFS clients may lag about that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk:
    """What one poll gave: `data` is whole lines, each with its newline, from byte `offset` of the file on.

    `reset` says that the file was replaced or cut: forget what was read before, `data` is from the new beginning.
    `at_end` says that no further whole line was there. `long_lines` were skipped in this poll: count them as bad.
    `size` is that of the file. `pending` bytes at the end are an unfinished line. `missing` says that there is no such
    file (yet). `problem` is a sentence for the user, or None; the next poll tries again.
    """

    data: bytes = b""
    offset: int = 0
    reset: bool = False
    at_end: bool = True
    long_lines: int = 0
    size: int = field(default=0, compare=False)
    pending: int = 0
    missing: bool = False
    problem: str | None = None

    @property
    def lines(self) -> list[bytes]:
        """The lines without their newlines."""
        lines = self.data.split(b"\n")
        lines.pop()
        return lines

    @property
    def next_offset(self) -> int:
        """The byte after the last line of `data`."""
        return self.offset + len(self.data)


class Tailer:
    """Follows one file.

    Args:
        path: the file; it need not exist yet.
        start: byte to begin at; negative counts from the end as it is at the first poll. A start inside a line begins
            with the next line.
        max_line: bytes after which a line is skipped.
        debounce: seconds to wait before believing that the file was replaced or cut.
        clock: a monotonic clock, in seconds.
        opener: opens a path for unbuffered binary reading.
        fstat: status of an open file.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: int = 0,
        max_line: int = MAX_LINE,
        debounce: float = DEBOUNCE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        opener: Callable[[Path], BinaryIO] = open_nonblocking,
        fstat: Callable[[int], os.stat_result] = os.fstat,
    ) -> None:
        self.path = path
        self.offset = max(start, 0)
        self._start = start
        self._max_line = max_line
        self._debounce = Debounce(debounce, clock)
        self._opener = opener
        self._fstat = fstat
        self._identity: tuple[int, int] | None = None
        self._skipping = False
        self._last_byte_was_newline = False
        self._seen_size = -1

    def poll(self, max_bytes: int = MAX_BYTES) -> Chunk:
        """Read on: at most about `max_bytes` of whole lines, or one longer line. Never raises on I/O errors."""
        try:
            with self._opener(self.path) as file:
                return self._look(file, max_bytes)
        except FileNotFoundError:
            return Chunk(offset=self.offset, missing=True)
        except OSError as error:
            reason = error.strerror or str(error)
            return Chunk(offset=self.offset, problem=unreadable(self.path, reason))

    def _look(self, file: BinaryIO, max_bytes: int) -> Chunk:
        status = self._fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return Chunk(
                offset=self.offset,
                problem=Message("{path} is not a regular file; nothing is read from it", path=self.path),
            )
        identity = (status.st_dev, status.st_ino)
        if self._identity is None:
            self._begin(identity, status.st_size)
        reset = False
        if self._was_replaced(file, identity, status.st_size):
            if not self._debounce.confirms():
                return Chunk(offset=self.offset, size=self.offset)
            self._restart(identity)
            reset = True
        self._debounce.reset()
        return self._read(file, status.st_size, max_bytes, reset)

    def _begin(self, identity: tuple[int, int], size: int) -> None:
        self._identity = identity
        start = self._start if self._start >= 0 else max(0, size + self._start)
        # One byte earlier, and skip up to a newline: a start at a line's beginning loses nothing.
        self.offset = max(0, start - 1)
        self._skipping = start > 0

    def _restart(self, identity: tuple[int, int]) -> None:
        self._identity = identity
        self.offset = 0
        self._skipping = False
        self._last_byte_was_newline = False
        self._seen_size = -1

    def _was_replaced(self, file: BinaryIO, identity: tuple[int, int], size: int) -> bool:
        if identity != self._identity or size < self.offset:
            return True
        if self._last_byte_was_newline and size != self._seen_size:
            # Cut and grown again past where we stood: the byte before us is then hardly a newline.
            file.seek(self.offset - 1)
            return file.read(1) != b"\n"
        return False

    def _read(self, file: BinaryIO, size: int, max_bytes: int, reset: bool) -> Chunk:
        if size == self._seen_size:
            return Chunk(offset=self.offset, reset=reset, size=size, pending=size - self.offset)
        file.seek(self.offset)
        skipped_start = self._skipping and not self._skip(file, max_bytes)
        if skipped_start:
            return Chunk(offset=self.offset, reset=reset, size=size, at_end=self.offset >= size)
        block = self._whole_lines(file, max_bytes)
        end = block.rfind(b"\n") + 1
        if not end and len(block) >= self._max_line:
            self.offset += len(block)
            self._skipping, self._last_byte_was_newline = True, False
            return Chunk(offset=self.offset, reset=reset, size=size, at_end=False, long_lines=1)
        chunk_offset = self.offset
        self.offset += end
        self._last_byte_was_newline = self._last_byte_was_newline or end > 0
        reached_end = chunk_offset + len(block) >= size
        at_end = reached_end or not block
        self._seen_size = size if at_end else -1
        pending = len(block) - end if at_end else 0
        return Chunk(data=block[:end], offset=chunk_offset, reset=reset, size=size, at_end=at_end, pending=pending)

    def _skip(self, file: BinaryIO, max_bytes: int) -> bool:
        """Move past the next newline; False when it was not among the next `max_bytes`."""
        block = read_up_to(file, max_bytes)
        newline = block.find(b"\n")
        self.offset += newline + 1 if newline >= 0 else len(block)
        if newline >= 0:
            self._skipping, self._last_byte_was_newline = False, True
            file.seek(self.offset)
        return newline >= 0

    def _whole_lines(self, file: BinaryIO, max_bytes: int) -> bytes:
        """The next `max_bytes`, or as much more as the first line takes, up to `max_line`."""
        block = read_up_to(file, min(max_bytes, self._max_line))
        if b"\n" in block or len(block) < min(max_bytes, self._max_line):
            return block
        parts, length = [block], len(block)
        while length < self._max_line:
            block = read_up_to(file, min(MAX_BYTES, self._max_line - length))
            parts.append(block)
            length += len(block)
            if not block or b"\n" in block:
                break
        return b"".join(parts)
