"""The last word of a run on a disk that is full: it takes the room of the word before."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def overwrite(path: Path, content: bytes) -> bool:
    """Write a small text over the one in a file, in one write; return whether there was room for it.

    Blanks fill the old text up first, which leaves it readable, and the new one at last.
    """
    with contextlib.suppress(OSError), path.open("r+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if not _grow(file.fileno(), len(content) - size):
            file.truncate(size)
            return False
        file.seek(0)
        return (file.write(content.ljust(size)) or 0) >= len(content)
    return False


def _grow(descriptor: int, missing: int) -> bool:
    with contextlib.suppress(OSError):
        return missing <= 0 or os.write(descriptor, b" " * missing) == missing
    return False
