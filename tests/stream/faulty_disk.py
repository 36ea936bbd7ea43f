"""A disk that fails on request: for tests of the writing side."""

from __future__ import annotations

import errno
import os
from collections import deque
from pathlib import Path

from seqsetvae.stream.append import OsCalls


class FaultyDisk:
    """System calls that work, except where a script says otherwise.

    `script` holds what the next writes do: a number of bytes after which they stop, an errno name, or None for a
    write that works. When it is used up, writes fail with `always` if that is set.
    """

    def __init__(self, *script: int | str | None) -> None:
        self.script: deque[int | str | None] = deque(script)
        self.always: str | None = None
        self.written: list[bytes] = []

    @property
    def calls(self) -> OsCalls:
        return OsCalls(write=self._write, open=self._open)

    def _open(self, path: Path, flags: int, mode: int) -> int:
        if self.always == "ESTALE":
            raise _error("ESTALE")
        return os.open(path, flags, mode)

    def _write(self, fd: int, data: bytes) -> int:
        outcome = self.script.popleft() if self.script else self.always
        if isinstance(outcome, str):
            raise _error(outcome)
        data = data if outcome is None else data[:outcome]
        self.written.append(data)
        return os.write(fd, data)


def _error(name: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))
