"""The runs of a log directory: which there are, what their manifests say, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.logs.discovery import find_watched
from seqsetvae.logs.log import Log
from seqsetvae.logs.opening import open_log
from seqsetvae.stream.process import process_alive
from seqsetvae.stream.records import Level, Manifest, RunState
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, ManifestProblem, read_manifest
from tui.follow.verdict_peek import VerdictPeek
from tui.store.run_info import RunInfo

_PEEK = 16 * 1024
"""Bytes read from the end of a log to learn its newest step: some 50 lines, or 300 events of TensorBoard's."""

_PEEKS = 20
"""Ends of other tools' logs that are read at once, some 5 ms each: many runs get their steps in several rounds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    """A log as it was when its manifest, its newest step and its level were read; `peeked` says whether they were."""

    log: Log
    peeked: bool = False
    manifest: Manifest | None = None
    problem: str | None = None
    last_step: int | None = None
    level: Level | None = None
    ended: RunState | None = None


class Catalog:
    """Looks for runs, reading again only what has changed since the last time.

    Args:
        logdir: the directory to search; it may be a run itself.
        only: names of the runs to show; all when empty.
        alive: tells whether a manifest's process runs.
    """

    def __init__(
        self,
        logdir: Path,
        only: Sequence[str] = (),
        *,
        alive: Callable[[Manifest], bool | None] = process_alive,
    ) -> None:
        self._logdir = logdir
        self._only = frozenset(only)
        self._alive = alive
        self._verdicts = VerdictPeek()
        self._known: dict[str, _Known] = {}
        self._logs: dict[str, Log] = {}

    def look(self) -> list[RunInfo]:
        """All runs, the last written first."""
        logs = [log for log in find_watched(self._logdir) if not self._only or log.name in self._only]
        self._logs = {log.name: log for log in logs}
        due = self._due(logs)
        self._known = {
            log.name: self._read(log) if log.name in due else self._known.get(log.name, _Known(log=log)) for log in logs
        }
        return [self._info(log, self._known[log.name]) for log in logs]

    def log(self, name: str) -> Log | None:
        """A run's log, as of the last search."""
        return self._logs.get(name)

    def _due(self, logs: Sequence[Log]) -> set[str]:
        """Which logs to read: ours that have changed; some of the others, those first of which nothing is known."""
        seen = {name: known.log for name, known in self._known.items() if known.peeked}
        changed = [log for log in logs if seen.get(log.name) != log]
        ours = [log for log in changed if log.format.is_ours]
        others = sorted((log for log in changed if not log.format.is_ours), key=lambda log: log.name in seen)
        return {log.name for log in (*ours, *others[:_PEEKS])}

    def _read(self, log: Log) -> _Known:
        step, ended = _newest(log)
        if not log.format.is_ours:
            return _Known(log=log, peeked=True, last_step=step, ended=ended)
        level, found = self._verdicts.level(log.path / EVENTS), read_manifest(log.path / MANIFEST)
        if not isinstance(found, ManifestProblem):
            return _Known(log=log, peeked=True, manifest=found, last_step=step, level=level)
        # A manifest that cannot be read just now does not undo what it said before.
        before = self._known.get(log.name)
        manifest = before.manifest if before is not None else None
        problem = None if found.missing else found.reason
        return _Known(log=log, peeked=True, manifest=manifest, problem=problem, last_step=step, level=level)

    def _info(self, log: Log, known: _Known) -> RunInfo:
        manifest = known.manifest
        running = manifest is not None and manifest.state is RunState.RUNNING
        return RunInfo(
            log=log,
            manifest=manifest,
            manifest_problem=known.problem,
            process_alive=self._alive(manifest) if manifest is not None and running else None,
            last_write=log.last_write,
            last_step=known.last_step,
            level=known.level,
            ended=known.ended,
        )


def _newest(log: Log) -> tuple[int | None, RunState | None]:
    """The newest step near the end of a log, and how its run ended; None for what it does not tell there."""
    reader = open_log(log, start=-_PEEK, events=False)
    newest = reader.poll(_PEEK).newest.step
    return (int(newest[-1]) if len(newest) else None), reader.facts.ended
