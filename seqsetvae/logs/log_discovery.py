"""Finding the logs of other tools in and below a directory, and telling their formats by name."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from seqsetvae.logs.tensorboard import is_event_file
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, rank_of

MAX_DEPTH = 8
"""Directories below the log directory that are searched; deeper trees are data, not runs."""

_CHECKPOINT = re.compile(r"checkpoint-(\d{1,18})")
_CSV, _STATE = "metrics.csv", "trainer_state.json"


class LogFormat(StrEnum):
    """Formats that are read, by the names that users give them."""

    TENSORBOARD = "tensorboard"
    CSV = "csv"
    TRAINER_STATE = "trainer_state"
    COLLAPSE_LOG = "collapse_log"
    WANDB = "wandb"

    @property
    def tool(self) -> str:
        """Who writes it, as people call it."""
        return _TOOLS[self]


_TOOLS = {
    LogFormat.TENSORBOARD: "TensorBoard",
    LogFormat.CSV: "Lightning's metrics.csv",
    LogFormat.TRAINER_STATE: "Hugging Face's trainer_state.json",
    LogFormat.COLLAPSE_LOG: "the original collapse monitor",
    LogFormat.WANDB: "W&B",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignLog:
    """One run of another tool.

    Attributes:
        format: what wrote it.
        path: its file; for TensorBoard its directory, or one event file.
        name: of the run: its directory relative to the searched one, with slashes, as runs of this package are named.
        last_write: unix seconds of the newest write.
    """

    format: LogFormat
    path: Path
    name: str
    last_write: float = 0.0


def format_of(name: str) -> LogFormat | None:
    """The format of a file of this name, or None."""
    if is_event_file(name):
        return LogFormat.TENSORBOARD
    if name == _CSV:
        return LogFormat.CSV
    if name == _STATE:
        return LogFormat.TRAINER_STATE
    if name.startswith("collapse_detection_") and name.endswith(".log"):
        return LogFormat.COLLAPSE_LOG
    return LogFormat.WANDB if name.endswith(".wandb") else None


def find_logs(directory: Path, *, max_depth: int = MAX_DEPTH) -> list[ForeignLog]:
    """All logs in and below a directory, the last written first.

    Hidden directories and those that cannot be read are passed over; links that lead in a circle are followed once.
    Of the checkpoints of one Hugging Face run only the newest state counts: it holds the whole history.
    """
    found: dict[tuple[LogFormat, Path], ForeignLog] = {}
    for place, names in _walk(directory, max_depth):
        for file, modified in names.items():
            kind = format_of(file)
            if kind is None:
                continue
            path = place if kind is LogFormat.TENSORBOARD else place / file
            before = found.get((kind, path))
            last = max(modified, before.last_write if before else 0.0)
            name = _run_name(place, directory)
            found[kind, path] = ForeignLog(format=kind, path=path, name=name, last_write=last)
    logs = _named_apart(_without_older_states(list(found.values()), directory))
    return sorted(logs, key=lambda log: (-log.last_write, log.name))


def log_at(path: Path, kind: LogFormat | None = None) -> ForeignLog | None:
    """The log in one file, of the given format or that of its name; None when the name tells none.

    Its name is that of the directory it lies in.
    """
    kind = kind or format_of(path.name)
    if kind is None:
        return None
    return ForeignLog(format=kind, path=path, name=path.resolve().parent.name, last_write=_modified(path))


def _walk(directory: Path, max_depth: int) -> Iterator[tuple[Path, dict[str, float]]]:
    """Every directory with its files of known formats and when they were written."""
    seen: set[tuple[int, int]] = set()
    stack = [(directory, 0)]
    while stack:
        place, depth = stack.pop()
        try:
            status = place.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(place) as entries:
                listing = [entry for entry in entries if not entry.name.startswith(".")]
        except OSError:  # gone, or not ours to read
            continue
        folders = sorted((entry for entry in listing if _is_folder(entry)), key=lambda entry: entry.name, reverse=True)
        if depth < max_depth:
            # Links wait until all else has been seen: a run is named by where it lies, not by a link such as latest.
            links = [(place / entry.name, depth + 1) for entry in folders if entry.is_symlink()]
            stack = links + stack + [(place / entry.name, depth + 1) for entry in folders if not entry.is_symlink()]
        yield (
            place,
            {
                entry.name: _modified(Path(entry.path))
                for entry in listing
                if format_of(entry.name) and not _is_folder(entry)
            },
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone since the directory was listed
        return 0.0


def _run_name(place: Path, directory: Path) -> str:
    name = place.relative_to(directory).as_posix()
    return name if name != "." else directory.resolve().name


def _without_older_states(logs: list[ForeignLog], directory: Path) -> list[ForeignLog]:
    """Logs, with one state for each Hugging Face run: its own, or else that of its last checkpoint."""
    best: dict[Path, tuple[float, ForeignLog]] = {}
    others: list[ForeignLog] = []
    for log in logs:
        if log.format is not LogFormat.TRAINER_STATE:
            others.append(log)
            continue
        place = log.path.parent
        checkpoint = _CHECKPOINT.fullmatch(place.name)
        inside = checkpoint is not None and place != directory
        run = place.parent if inside else place
        rank = float(checkpoint[1]) if inside and checkpoint is not None else float("inf")
        if run not in best or rank > best[run][0]:
            best[run] = (rank, replace(log, name=_run_name(run, directory)))
    return others + [log for _, log in best.values()]


def _named_apart(logs: list[ForeignLog]) -> list[ForeignLog]:
    """Logs with names of their own: where one directory holds several, a file's stem tells them apart."""
    names = Counter(log.name for log in logs)
    return [
        replace(log, name=f"{log.name}/{log.path.stem}")
        if names[log.name] > 1 and log.format is not LogFormat.TENSORBOARD
        else log
        for log in logs
    ]


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
                    files[entry.name] = _entry_modified(entry)
                elif not entry.name.startswith(".") and _is_folder(entry):
                    folders.append(entry.name)
    except OSError:
        return None
    return files, sorted(folders, reverse=True)


def _is_stream_file(name: str) -> bool:
    return name in (MANIFEST, METRICS, EVENTS) or rank_of(name) is not None


def _entry_modified(entry: os.DirEntry[str]) -> float:
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
