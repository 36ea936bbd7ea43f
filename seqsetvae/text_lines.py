"""Reading a text of any length line by line, of which no single line takes the memory.

For logs, which grow while they are read, there is `seqsetvae.logs.tailer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from seqsetvae.errors import InputError
from seqsetvae.small_file import open_regular

LONGEST_LINE = 1 << 20
"""Characters of the longest line; a row of ten thousand numbers has a fifth of that."""


@contextmanager
def text_lines(path: Path, *, encoding: str = "utf-8", longest: int = LONGEST_LINE) -> Iterator[Iterator[str]]:
    """Open a file and give its lines, with their ends as they stand in it.

    Args:
        path: the file.
        encoding: of its text.
        longest: the most characters that a line has.

    Raises:
        InputError: it is no regular file, or a line is longer than that.
        OSError: it cannot be read.
        UnicodeDecodeError: it is no text.
    """
    with (
        open_regular(path) as raw,
        open(raw.fileno(), encoding=encoding, newline="", closefd=False) as file,
    ):
        yield _lines(path, file, longest)


def _lines(path: Path, file: TextIO, longest: int) -> Iterator[str]:
    number = 0
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise InputError(
                "{path}:{line}: the line is longer than {count} characters; is this the right file?",
                path=path,
                line=number,
                count=longest,
            )
        yield line
