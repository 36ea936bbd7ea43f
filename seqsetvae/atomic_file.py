"""Files that other programs read while they are written anew: they see the old one or the new one, never half."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside `path` and rename it.

    Raises:
        OSError: it cannot be written; what was at `path` is still there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
