"""Standard error that may be a file on a full disk, or a terminal that is gone: no reason to end a training of days."""

from __future__ import annotations

import contextlib
from typing import Any, TextIO, cast


def forgiving(stream: TextIO) -> TextIO:
    """Return a stream that leaves out what its file does not take."""
    return stream if isinstance(stream, _ForgivingStream) else cast(TextIO, _ForgivingStream(stream))


class _ForgivingStream:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
