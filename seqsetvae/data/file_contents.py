"""Digests of what files hold, so that two cohorts share a packed store only where every byte is the same.

Size and time do not tell two files apart: what was unpacked from one archive has one time to the second, and tables of
0 and 1 have one size. Reading every patient's file at every start would be slow, so the digest of all of them is kept
beside the store, with their names, sizes and times; the time of the last change of state is among these, which no
program can set.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seqsetvae.atomic_file import write_whole
from seqsetvae.data.inventory import PatientFile
from seqsetvae.data.layout import Split
from seqsetvae.data.progress_lines import file_progress
from seqsetvae.errors import InputError
from seqsetvae.strict_json import decode, encode

CONTENTS_FILE = "contents.json"

#: File systems count time in steps of up to 2 s: within one, a file can change again without a trace (nanoseconds).
SETTLED_AFTER = 2_000_000_000


def table_digest(path: Path) -> str:
    """Return the digest of a table's bytes.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            "{path} cannot be read as a CSV table ({reason}); write it again.", path=path, reason=error
        ) from error


def patients_digest(splits: Mapping[Split, Sequence[PatientFile]], directories: Sequence[Path]) -> str:
    """Return the digest of all patients' names and bytes.

    Args:
        splits: The files of every split.
        directories: Where the digest is looked up, and is kept in the first that can be written to.
    """
    state = _digest(splits, lambda file: file.state)
    for directory in directories:
        if (known := _kept(directory, state)) is not None:
            return known
    with file_progress("Comparing patients", sum(map(len, splits.values()))) as done:
        contents = _digest(splits, lambda file: _content(file, done))
    latest = max(file.changed_ns for files in splits.values() for file in files)
    if time.time_ns() - latest >= SETTLED_AFTER:
        _keep(directories, state, contents)
    return contents


def _digest(splits: Mapping[Split, Sequence[PatientFile]], describe: Callable[[PatientFile], bytes]) -> str:
    digest = hashlib.sha256()
    for split, files in splits.items():
        for file in files:
            digest.update(f"{split}/".encode() + os.fsencode(file.name) + b"\n")
            digest.update(hashlib.sha256(describe(file)).digest())
    return digest.hexdigest()


def _content(file: PatientFile, done: Callable[[int], None]) -> bytes:
    done(1)
    try:
        return file.path.read_bytes()
    except OSError:
        return b"unreadable"  # packing says so


def _kept(directory: Path, state: str) -> str | None:
    try:
        kept = decode((directory / CONTENTS_FILE).read_bytes())
        return str(kept["contents"]) if kept["state"] == state else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(directories: Sequence[Path], state: str, contents: str) -> None:
    for directory in directories:
        with contextlib.suppress(OSError):
            directory.mkdir(parents=True, exist_ok=True)
            write_whole(directory / CONTENTS_FILE, encode({"state": state, "contents": contents}))
            return
