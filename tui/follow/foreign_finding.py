"""Which logs of other tools are runs here, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from seqsetvae.logs.log_discovery import ForeignLog, LogFormat, find_logs
from seqsetvae.logs.opening import open_log

WATCHED = (LogFormat.TENSORBOARD, LogFormat.CSV)
"""Formats that are followed. Of a directory with both, the first is shown: loggers beside each other log the same, and
TensorBoard's log has the times."""

PEEK = 16 * 1024
"""Bytes read from the end of a log to learn its newest step: some 300 events."""


def find_watched(logdir: Path, ours: Iterable[Path]) -> list[ForeignLog]:
    """One log a directory, in and below `logdir`, named by where it lies; none in or below a run of this package.

    Args:
        logdir: the directory to search.
        ours: directories of this package's runs: another tool's log there tells the same once more.
    """
    taken = frozenset(ours)
    found: dict[Path, ForeignLog] = {}
    for log in find_logs(logdir):
        place = directory_of(log)
        if log.format not in WATCHED or taken.intersection((place, *place.parents)):
            continue
        if place not in found or WATCHED.index(log.format) < WATCHED.index(found[place].format):
            found[place] = replace(log, name=_name(place, logdir))
    return list(found.values())


def directory_of(log: ForeignLog) -> Path:
    """Where a log lies."""
    return log.path if log.format is LogFormat.TENSORBOARD else log.path.parent


def newest_step(log: ForeignLog) -> int | None:
    """The highest step near the end of a log, or None."""
    columns = open_log(log, start=-PEEK).poll(PEEK).columns.values()
    return max((int(column.step[-1]) for column in columns), default=None)


def _name(place: Path, logdir: Path) -> str:
    name = place.relative_to(logdir).as_posix()
    return name if name != "." else logdir.resolve().name
