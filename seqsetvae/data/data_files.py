"""The files of a directory that hold data, whatever else lies there.

A patient that is left out without a word makes wrong numbers, and so does a copy that is read as data. Hidden names
(`._0.parquet`, `.cache/`, `.ipynb_checkpoints/`) are no data; everything else that is left out is counted in a warning.
"""

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from seqsetvae.errors import InputError

logger = logging.getLogger(__name__)

DirectoryId = tuple[int, int]


def data_files(directory: Path, suffix: str, *, nested: bool = False) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files whose names end in `suffix`, in upper or lower case, in no order; links are followed.

    Args:
        directory: Where they are.
        suffix: In lower case.
        nested: Whether files of directories below are data, too.

    Raises:
        InputError: the directory cannot be listed, links go round in circles, or such a name is no readable file.
    """
    left_out: list[str] = []
    yield from _listed(directory, suffix, nested, left_out, frozenset())
    if left_out:
        logger.warning(
            "%s: %d entries are left out, since they are not *%s files (the first: %s).",
            directory, len(left_out), suffix, min(left_out),
        )  # fmt: skip


def _listed(
    directory: Path, suffix: str, nested: bool, left_out: list[str], above: frozenset[DirectoryId]
) -> Iterator[tuple[Path, os.stat_result]]:
    below: list[Path] = []
    try:
        here = directory.stat()
        if (here.st_dev, here.st_ino) in above:
            raise InputError("{path} leads back to a directory above it; remove the link.", path=directory)
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if nested and _is_directory(entry):
                    below.append(Path(entry.path))
                elif entry.name.lower().endswith(suffix):
                    yield Path(entry.path), _regular(entry)
                else:
                    left_out.append(entry.name)
    except OSError as error:
        raise InputError(
            "{path} cannot be listed ({reason}); name a directory that can be read.",
            path=directory, reason=error.strerror,
        ) from error  # fmt: skip
    for path in below:
        yield from _listed(path, suffix, nested, left_out, above | {(here.st_dev, here.st_ino)})


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a directory; of a link that leads nowhere nobody knows what is lacking.

    Raises:
        InputError: it is such a link.
    """
    return stat.S_ISDIR(_status(entry).st_mode)


def _regular(entry: "os.DirEntry[str]") -> os.stat_result:
    status = _status(entry)
    if not stat.S_ISREG(status.st_mode):
        raise InputError("{path} is not a regular file; remove it or put a file in its place.", path=entry.path)
    return status


def _status(entry: "os.DirEntry[str]") -> os.stat_result:
    try:
        return entry.stat()
    except OSError as error:
        raise InputError(
            "{path} cannot be read ({reason}); put the file in its place, or remove the link.",
            path=entry.path, reason=error.strerror,
        ) from error  # fmt: skip
