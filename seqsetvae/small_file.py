"""Reading files that should be small, and opening any file without waiting for it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from seqsetvae.errors import InputError

LARGEST_SETTINGS = 1 << 19
"""Bytes of a file of settings, thresholds or names, which are some dozens; a log that is given by mistake is longer.
Parsing YAML takes 150 times as many."""


def read_small_file(path: Path, limit: int) -> bytes:
    """The bytes of a file of at most `limit` of them; a pipe or a device in its place is neither waited for nor read.

    Args:
        path: the file.
        limit: the most bytes that such a file has.

    Raises:
        InputError: it is no regular file, or longer than that.
        OSError: it cannot be read.
    """
    with open_regular(path) as file:
        content = read_up_to(file, limit + 1)
    if len(content) > limit:
        raise InputError("{path} is longer than {size}; nothing is read from it", path=path, size=_size(limit))
    return content


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading, without buffering; close it again when it is a pipe or a device.

    Raises:
        InputError: it is no regular file.
        OSError: it cannot be opened.
    """
    file = open_nonblocking(path)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise InputError("{path} is not a regular file; nothing is read from it", path=path)
    return file


def open_nonblocking(path: Path) -> BinaryIO:
    """Open a file for reading, without buffering; a named pipe in a file's place does not block."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    try:
        return os.fdopen(descriptor, "rb", buffering=0)
    except OSError:  # a directory: it can be opened, but not as a file, and nobody else would close it
        os.close(descriptor)
        raise


def read_up_to(file: BinaryIO, count: int) -> bytes:
    """`count` bytes, or fewer at the file's end; an unbuffered read may give fewer before it."""
    parts: list[bytes] = []
    while count > 0 and (block := file.read(count)):
        parts.append(block)
        count -= len(block)
    return b"".join(parts)


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >= 1 << 20 else f"{count >> 10} KiB"
