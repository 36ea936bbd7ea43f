"""The option `--save_dir` of programs that write files: it is tried before the work begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqsetvae.errors import InputError


def make_writable(save_dir: Path) -> None:
    """Make a directory, and refuse in a second what would otherwise fail after minutes.

    Raises:
        InputError: it cannot be made or written to.
    """
    try:
        save_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "--save_dir {path} cannot be made: {reason}; name another directory", path=save_dir, reason=error.strerror
        ) from error
    if not os.access(save_dir, os.W_OK | os.X_OK):
        raise InputError("--save_dir {path} cannot be written to; name another directory", path=save_dir)


@contextmanager
def writing_to(save_dir: Path) -> Iterator[None]:
    """Write files into a directory.

    Raises:
        InputError: one of them cannot be written.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or save_dir
        raise InputError(
            "{path} cannot be written: {reason}; free some space or name another --save_dir",
            path=where,
            reason=error.strerror or error,
        ) from error
