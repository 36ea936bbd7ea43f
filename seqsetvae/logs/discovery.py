"""Finding logs in and below a directory, and telling their formats by names of files."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from seqsetvae.errors import InputError
from seqsetvae.logs.log import FOREIGN, Log, LogFormat
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, rank_of

MAX_DEPTH = 8
"""Directories below the log directory that are searched; deeper trees are data, not runs."""

WATCHED = (
    LogFormat.JSONL,
    LogFormat.TENSORBOARD,
    LogFormat.CSV,
    LogFormat.WANDB,
    LogFormat.TRAINER_STATE,
)
"""Formats that are watched. Of a directory with several, the first is shown: loggers beside each other log the same,
and the first ones tell the most."""

_CHECKPOINT = re.compile(r"checkpoint-(\d{1,18})")
_CSV, STATE = "metrics.csv", "trainer_state.json"


def is_event_file(name: str) -> bool:
    """Whether a file of this name is an event file of TensorBoard."""
    return "tfevents" in name and not name.startswith(".") and not name.endswith(".profile-empty")


def format_of(name: str) -> LogFormat | None:
    """The format of another tool's file of this name, or None."""
    if is_event_file(name):
        return LogFormat.TENSORBOARD
    if name == _CSV:
        return LogFormat.CSV
    if name == STATE:
        return LogFormat.TRAINER_STATE
    if name.startswith("collapse_detection_") and name.endswith(".log"):
        return LogFormat.COLLAPSE_LOG
    return LogFormat.WANDB if name.endswith(".wandb") else None


def find_logs(
    directory: Path, formats: Collection[LogFormat] = tuple(LogFormat), *, max_depth: int = MAX_DEPTH
) -> list[Log]:
    """All logs in and below a directory, the last written first.

    A directory with a `run.json` or a `metrics.jsonl` is a run of this package. Hidden directories and those that
    cannot be read are passed over; links that lead in a circle are followed once. Of the checkpoints of one Hugging
    Face run only the newest state counts: it holds the whole history. A missing directory holds no logs.
    """
    logs: list[Log] = []
    for place, files in _walk(directory, max_depth):
        logs += [log for log in _logs_at(place, files, directory) if log.format in formats]
    logs = _named_apart(_without_older_states(logs, directory))
    return sorted(logs, key=lambda log: (-log.last_write, log.name))


def find_watched(directory: Path) -> list[Log]:
    """The runs that are watched: one log a directory, named by where it lies, the last written first."""
    found: dict[Path, Log] = {}
    for log in without_copies(find_logs(directory, WATCHED)):
        before = found.get(log.directory)
        if before is None or WATCHED.index(log.format) < WATCHED.index(before.format):
            found[log.directory] = replace(log, name=_run_name(log.directory, directory))
    return sorted(found.values(), key=lambda log: (-log.last_write, log.name))


def without_copies(logs: list[Log]) -> list[Log]:
    """Logs without those of other tools in or below a run of this package: they tell the same once more."""
    ours = frozenset(log.directory for log in logs if log.format.is_ours)
    return [log for log in logs if log.format.is_ours or not ours.intersection((log.directory, *log.directory.parents))]


def log_at(path: Path, kind: LogFormat | None = None) -> Log | None:
    """The log of another tool in one file, of the given format or that of its name; None when the name tells none.

    Its name is that of the directory it lies in.
    """
    kind = kind or format_of(path.name)
    if kind is None:
        return None
    try:
        modified = path.stat().st_mtime
    except OSError:  # gone, or not ours to read; whoever reads it says which
        modified = 0.0
    name = path.resolve().parent.name
    return Log(format=kind, path=path, directory=path.parent, name=name, last_write=modified)


def log_of(path: Path) -> Log:
    """The log in a directory or a file; of several in one directory, the one that tells the most.

    Raises:
        InputError: there is none.
    """
    if path.name in (MANIFEST, METRICS, EVENTS):
        path = path.parent
    if not path.is_dir():
        log = log_at(path)
        if log is None or not path.exists():
            raise InputError("{path} is no log that can be read; give the directory of a run", path=path)
        return log
    order = (*WATCHED, LogFormat.COLLAPSE_LOG)
    logs = [log for log in find_logs(path, max_depth=1) if log.directory == path]
    if not logs:
        raise InputError("{path} holds no log; give the directory of a run", path=path)
    return min(logs, key=lambda log: order.index(log.format))


def newest_state(run: Path) -> Path | None:
    """The newest state of a Hugging Face run: its own, or else that of its last checkpoint; None without any."""
    if (run / STATE).exists():
        return run / STATE
    try:
        steps = [int(found[1]) for place in run.iterdir() if (found := _CHECKPOINT.fullmatch(place.name)) is not None]
    except OSError:
        return None
    states = (run / f"checkpoint-{step}" / STATE for step in sorted(steps, reverse=True))
    return next((state for state in states if state.exists()), None)


def _logs_at(place: Path, files: dict[str, float], searched: Path) -> Iterator[Log]:
    """The logs directly in a directory, from its files and when they were written."""
    name = _run_name(place, searched)
    if MANIFEST in files or METRICS in files:
        written = max(modified for file, modified in files.items() if _is_stream_file(file))
        yield Log(format=LogFormat.JSONL, path=place, directory=place, name=name, last_write=written)
    events = [modified for file, modified in files.items() if is_event_file(file)]
    if events:
        yield Log(format=LogFormat.TENSORBOARD, path=place, directory=place, name=name, last_write=max(events))
    for file, modified in files.items():
        kind = format_of(file)
        if kind is not None and kind is not LogFormat.TENSORBOARD:
            yield Log(format=kind, path=place / file, directory=place, name=name, last_write=modified)


def _walk(directory: Path, max_depth: int) -> Iterator[tuple[Path, dict[str, float]]]:
    """Every directory with its files of known names and when they were written."""
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
        known = [entry for entry in listing if _is_stream_file(entry.name) or format_of(entry.name) is not None]
        folders = sorted((entry for entry in listing if _is_folder(entry)), key=lambda entry: entry.name, reverse=True)
        if depth < max_depth:
            # Links wait until all else has been seen: a run is named by where it lies, not by a link such as latest.
            links = [(place / entry.name, depth + 1) for entry in folders if entry.is_symlink()]
            stack = links + stack + [(place / entry.name, depth + 1) for entry in folders if not entry.is_symlink()]
        yield (
            place,
            {entry.name: _modified(entry) for entry in known if _is_stream_file(entry.name) or not _is_folder(entry)},
        )


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


def _run_name(place: Path, directory: Path) -> str:
    name = place.relative_to(directory).as_posix()
    return name if name != "." else directory.resolve().name


def _without_older_states(logs: list[Log], directory: Path) -> list[Log]:
    """Logs, with one state for each Hugging Face run: its own, or else that of its last checkpoint."""
    best: dict[Path, tuple[float, Log]] = {}
    others: list[Log] = []
    for log in logs:
        if log.format is not LogFormat.TRAINER_STATE:
            others.append(log)
            continue
        place = log.directory
        checkpoint = _CHECKPOINT.fullmatch(place.name)
        inside = checkpoint is not None and place != directory
        run = place.parent if inside else place
        rank = float(checkpoint[1]) if inside and checkpoint is not None else float("inf")
        if run not in best or rank > best[run][0]:
            best[run] = (rank, replace(log, directory=run, name=_run_name(run, directory)))
    return others + [log for _, log in best.values()]


def _named_apart(logs: list[Log]) -> list[Log]:
    """Logs with names of their own: where one directory holds several files, a file's stem tells them apart."""
    foreign = Counter(log.name for log in logs if log.format in FOREIGN)
    return [
        replace(log, name=f"{log.name}/{log.path.stem}") if foreign[log.name] > 1 and log.path != log.directory else log
        for log in logs
    ]
