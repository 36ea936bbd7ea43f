"""The level of runs that are not followed, from the end of their events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqsetvae.logs.jsonl import events_near_end
from seqsetvae.logs.standing import may_have_fallen, standing
from seqsetvae.stream.records import Level

PEEK = 64 * 1024
"""Bytes read from the end of a run's events: some hundred of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Peeked:
    identity: int
    size: int
    modified: int
    level: Level | None


class VerdictPeek:
    """Remembers the newest level of each run, and reads again only what has changed."""

    def __init__(self) -> None:
        self._seen: dict[Path, _Peeked] = {}

    def level(self, path: Path) -> Level | None:
        """The level that stands near the end of an events file, or None when there is none.

        A verdict that later events have moved out of reach still counts, as long as the file only grows.
        """
        try:
            status = path.stat()
        except OSError:  # no events yet, or out of reach; whoever follows the run says which
            self._seen.pop(path, None)
            return None
        before = self._seen.get(path)
        if before is not None and (before.identity, before.size, before.modified) == (
            status.st_ino,
            status.st_size,
            status.st_mtime_ns,
        ):
            return before.level
        events = events_near_end(path, PEEK)
        verdict = standing(events)
        level = verdict.level if verdict is not None else None
        only_grew = before is not None and before.identity == status.st_ino and before.size <= status.st_size
        if level is None and before is not None and only_grew and not may_have_fallen(events):
            level = before.level
        self._seen[path] = _Peeked(
            identity=status.st_ino, size=status.st_size, modified=status.st_mtime_ns, level=level
        )
        return level
