"""Paths as users write them, on the command line and in files of settings."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from seqsetvae.errors import InputError


def user_path(text: str) -> Path:
    """Return a path with `~` at its start replaced by the home directory; `./~` is a file of that name.

    Shells replace it in `--log_dir ~/logs`, but neither in `--log_dir=~/logs` nor in a file.

    Raises:
        InputError: it is empty, no path can be so, or its user has no home directory; the flag is not named.
    """
    if not text:
        raise InputError("an empty text is no path")
    expanded = os.path.expanduser(text)  # noqa: PTH111  # pathlib raises where there is no such user
    if expanded.startswith("~"):
        raise InputError(
            "{text!r:.60} names a user who has no home directory here; write the whole path, or ./~ for a name that "
            "begins with ~",
            text=text,
        )
    try:
        Path(expanded).stat()
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR):
            raise InputError(
                "{path!s:.100} cannot be reached: {reason}; name another path", path=expanded, reason=error.strerror
            ) from error
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise InputError("{text!r:.60} holds a character that no path can have", text=text) from error
    return Path(expanded)
