"""Files that other programs read while they are replaced: they see the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` for a file or a directory, which takes the place of `path` when the block succeeds.

    Raises:
        OSError: it cannot be put in place; what was at `path` is still there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(partial) if partial.is_dir() else partial.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Put a file of this content in the place of `path`.

    Raises:
        OSError: it cannot be written; what was at `path` is still there.
    """
    with replacing(path) as partial:
        partial.write_bytes(content)
