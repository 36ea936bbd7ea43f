"""Finding runs below a directory, and what their manifests and processes say."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.stream.codec import BadLine, decode_manifest
from seqsetvae.stream.records import FORMAT, Manifest
from seqsetvae.stream.tailer import open_nonblocking, read_up_to

MANIFEST, METRICS, EVENTS, SYSTEM = "run.json", "metrics.jsonl", "events.jsonl", "system.jsonl"

MAX_DEPTH = 8
"""Directories below the log directory that are searched; deeper trees are data, not runs."""

MAX_MANIFEST = 2 << 20
"""Bytes of a manifest; one with every setting takes some 4 KB."""

_SYSTEM_NAME = re.compile(r"system(?:-rank([0-9]+))?\.jsonl")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFiles:
    """One run's directory. The files need not all exist, but for those in `system` (in order of rank).

    `name` is the directory relative to the searched one, with slashes. `last_write` is unix seconds, the newest
    modification of any of the files.
    """

    path: Path
    name: str
    system: tuple[Path, ...] = ()
    last_write: float = 0.0

    @property
    def manifest(self) -> Path:
        """`run.json`."""
        return self.path / MANIFEST

    @property
    def metrics(self) -> Path:
        """`metrics.jsonl`."""
        return self.path / METRICS

    @property
    def events(self) -> Path:
        """`events.jsonl`."""
        return self.path / EVENTS


@dataclass(frozen=True, kw_only=True, slots=True)
class ManifestProblem:
    """Why a manifest could not be read, in one sentence for the user.

    `missing` says that there is none; `newer_format` that a newer version of this package wrote it.
    """

    path: Path
    reason: str
    missing: bool = False
    newer_format: bool = False


def system_file(rank: int) -> str:
    """Name of a rank's system stream: `system.jsonl` for rank 0, `system-rank1.jsonl` and so on for others."""
    return SYSTEM if rank == 0 else f"system-rank{rank}.jsonl"


def rank_of(name: str) -> int | None:
    """The rank whose system stream has this file name, or None when it is no system stream."""
    match = _SYSTEM_NAME.fullmatch(name)
    return int(match[1] or 0) if match else None


def find_runs(logdir: Path, *, max_depth: int = MAX_DEPTH) -> list[RunFiles]:
    """All runs in and below a directory, the last written first.

    A run is a directory with a `run.json` or a `metrics.jsonl`. Hidden directories are passed over, and so are
    those that cannot be read; links that lead in a circle are followed once. A missing directory holds no runs.
    """
    runs: list[RunFiles] = []
    seen: set[tuple[int, int]] = set()
    stack: list[tuple[Path, int]] = [(logdir, 0)]
    while stack:
        directory, depth = stack.pop()
        listing = _list(directory, seen)
        if listing is None:
            continue
        files, folders = listing
        if MANIFEST in files or METRICS in files:
            runs.append(_run(directory, logdir, files))
        if depth < max_depth:
            stack.extend((directory / name, depth + 1) for name in folders)
    return sorted(runs, key=lambda run: (-run.last_write, run.name))


def _list(directory: Path, seen: set[tuple[int, int]]) -> tuple[dict[str, float], list[str]] | None:
    """A directory's stream files with their modification times, and its folders; None when seen or unreadable."""
    try:
        status = directory.stat()
        if (status.st_dev, status.st_ino) in seen:
            return None
        seen.add((status.st_dev, status.st_ino))
        files: dict[str, float] = {}
        folders: list[str] = []
        with os.scandir(directory) as entries:
            for entry in entries:
                if _is_stream_file(entry.name):
                    files[entry.name] = _modified(entry)
                elif not entry.name.startswith(".") and _is_folder(entry):
                    folders.append(entry.name)
    except OSError:
        return None
    return files, sorted(folders, reverse=True)


def _is_stream_file(name: str) -> bool:
    return name in (MANIFEST, METRICS, EVENTS) or rank_of(name) is not None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _modified(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:  # replaced or gone since the directory was listed
        return 0.0


def _run(directory: Path, logdir: Path, files: dict[str, float]) -> RunFiles:
    name = directory.relative_to(logdir).as_posix()
    ranked = sorted((rank, name) for name in files if (rank := rank_of(name)) is not None)
    return RunFiles(
        path=directory,
        name=name if name != "." else directory.resolve().name,
        system=tuple(directory / name for _, name in ranked),
        last_write=max(files.values()),
    )


def read_manifest(path: Path) -> Manifest | ManifestProblem:
    """The manifest in a `run.json`, or why there is none."""
    try:
        content = _content(path)
        if isinstance(content, ManifestProblem):
            return content
        manifest = decode_manifest(content)
    except FileNotFoundError:
        return ManifestProblem(path=path, reason=f"{path} does not exist", missing=True)
    except OSError as error:
        return ManifestProblem(path=path, reason=f"cannot read {path}: {error.strerror or error}")
    except BadLine as error:
        return ManifestProblem(path=path, reason=f"{path} is not a manifest: {error}")
    if manifest.format > FORMAT:
        reason = f"{path} has format {manifest.format}, this version reads up to {FORMAT}; update seqsetvae"
        return ManifestProblem(path=path, reason=reason, newer_format=True)
    return manifest


def _content(path: Path) -> bytes | ManifestProblem:
    """The bytes of a manifest, of which there are few; a pipe or a device in its place is neither waited for nor read.

    Raises:
        OSError: it cannot be read.
    """
    with open_nonblocking(path) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return ManifestProblem(path=path, reason=f"{path} is not a regular file; nothing is read from it")
        content = read_up_to(file, MAX_MANIFEST + 1)
    if len(content) > MAX_MANIFEST:
        return ManifestProblem(
            path=path, reason=f"{path} is longer than any manifest, {MAX_MANIFEST >> 20} MiB; nothing is read from it"
        )
    return content
