"""Files that other programs read while they are replaced: they see the old one or the new one, never half."""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from seqsetvae.disk_errors import reason_of


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` for a file or a directory, which takes the place of `path` when the block succeeds.

    Raises:
        OSError: it cannot be put in place; what was at `path` is still there. The error names `path`.
    """
    partial = _partial(path)
    try:
        yield partial
        if partial.is_file():
            _sync(partial)
        partial.replace(path)
    except OSError as error:
        if error.errno is None or not str(error.filename or partial).startswith(str(partial)):
            raise
        raise OSError(error.errno, reason_of(error), str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(partial) if partial.is_dir() else partial.unlink()


def write_whole(path: Path, content: bytes) -> None:
    """Put a file of this content in the place of `path`.

    Raises:
        OSError: it cannot be written; what was at `path` is still there. The error names `path`.
    """
    with replacing(path) as partial:
        partial.write_bytes(content)


@contextlib.contextmanager
def creating(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` for a file that appears when the block succeeds, and never in the place of another.

    Raises:
        OSError: it cannot be put in place, or there is one.
    """
    refuse_existing(path)
    with replacing(path) as partial:
        partial.touch(exist_ok=False)  # not through a link that lies there
        yield partial
        refuse_existing(path)


def refuse_existing(path: Path) -> None:
    """Refuse a name that is taken, be it by a link.

    Raises:
        FileExistsError: it is.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def check_place(path: Path) -> None:
    """Make and remove a file beside `path`, which shows in time whether one can be written there.

    Raises:
        OSError: it cannot.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    partial = _partial(path)
    partial.touch()
    partial.unlink()


def removed_if_unused(directory: Path) -> Path:
    """Have a directory that was just made removed at the end of the program if nothing has come into it."""
    atexit.register(remove_unused, directory)
    return directory


def remove_unused(directory: Path) -> None:
    """Remove a directory unless it holds something."""
    with contextlib.suppress(OSError):
        directory.rmdir()


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def _sync(path: Path) -> None:
    """Wait until a file is on the disk: some file systems say only then that there is no room for it."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
