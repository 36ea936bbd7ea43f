"""Names of runs, which are names of directories."""

from __future__ import annotations

import re
from pathlib import Path

from seqsetvae.atomic_file import removed_if_unused
from seqsetvae.errors import InputError

_UNSAFE = re.compile(r"[^\w.=+@-]+")
#: Bytes of a run's directory name; file systems allow 255, and checkpoints are named after runs.
_NAME_BYTES = 120


def safe_run_name(name: str) -> str:
    """A directory name like `name`: letters of any script, digits and `._=+@-`.

    Raises:
        ValueError: when nothing is left of it.
    """
    safe = _UNSAFE.sub("-", name).strip("-.")
    safe = safe.encode()[:_NAME_BYTES].decode(errors="ignore")
    if not safe:
        raise InputError(
            "run name {name!r} has no character that a directory name can have; choose another one", name=name
        )
    return safe


def unique_directory(wanted: Path) -> Path:
    """Make the directory, or the first one with a number that is not there yet."""
    number, path = 1, wanted
    while True:
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            number += 1
            path = wanted.with_name(f"{wanted.name}-{number}")
        except OSError as error:
            reason = error.strerror or error
            raise InputError(
                "cannot make the log directory {path}: {reason}; choose another one", path=path, reason=reason
            ) from error
        else:
            return removed_if_unused(path)
