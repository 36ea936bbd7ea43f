"""The runs of a log directory: which there are, what their manifests say, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.logs.log_discovery import ForeignLog, RunFiles, find_runs
from seqsetvae.logs.tailer import Tailer
from seqsetvae.stream.codec import BadLine, decode_metrics
from seqsetvae.stream.process import process_alive
from seqsetvae.stream.records import Level, Manifest, RunState
from seqsetvae.stream.run_directory import ManifestProblem, read_manifest
from tui.follow.foreign_finding import directory_of, find_watched
from tui.follow.foreign_finding import newest_step as newest_foreign_step
from tui.follow.verdict_peek import VerdictPeek
from tui.store import RunInfo

_PEEK = 16 * 1024
"""Bytes read from the end of a log to learn its newest step."""

_PEEKS = 20
"""Ends of other tools' logs that are read in one look, some 5 ms each: many runs get their steps in several looks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    files: RunFiles
    manifest: Manifest | None
    problem: str | None
    last_step: int | None
    level: Level | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Peeked:
    """Another tool's log as it was when its newest step was read."""

    log: ForeignLog
    last_step: int | None


class Catalog:
    """Looks for runs, reading again only what has changed since the last look.

    Logs of other tools are runs too, but for those in or below a run of this package.

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
        self._foreign: dict[str, ForeignLog] = {}
        self._peeked: dict[str, _Peeked] = {}

    def look(self) -> list[RunInfo]:
        """All runs, the last written first."""
        ours = find_runs(self._logdir)
        found = [files for files in ours if self._is_wanted(files.name)]
        logs = [log for log in find_watched(self._logdir, [files.path for files in ours]) if self._is_wanted(log.name)]
        self._known = {files.name: self._refreshed(files) for files in found}
        self._foreign = {log.name: log for log in logs}
        self._peek()
        infos = [
            *(self._info(known) for known in self._known.values()),
            *(self._foreign_info(log) for log in logs),
        ]
        return sorted(infos, key=lambda info: (-info.last_write, info.name))

    def source(self, name: str) -> RunFiles | ForeignLog | None:
        """Where a run lies, or whose log it is, as of the last look."""
        if name in self._known:
            return self._known[name].files
        return self._foreign.get(name)

    def _is_wanted(self, name: str) -> bool:
        return not self._only or name in self._only

    def _peek(self) -> None:
        """Read the ends of some logs that have changed: those that were never read first, then the last written."""
        self._peeked = {name: seen for name, seen in self._peeked.items() if name in self._foreign}
        due = [log for name, log in self._foreign.items() if name not in self._peeked or self._peeked[name].log != log]
        due.sort(key=lambda log: (log.name in self._peeked, -log.last_write))
        for log in due[:_PEEKS]:
            self._peeked[log.name] = _Peeked(log=log, last_step=newest_foreign_step(log))

    def _foreign_info(self, log: ForeignLog) -> RunInfo:
        seen = self._peeked.get(log.name)
        return RunInfo(
            name=log.name,
            path=directory_of(log),
            foreign=log,
            last_write=log.last_write,
            last_step=seen.last_step if seen is not None else None,
        )

    def _refreshed(self, files: RunFiles) -> _Known:
        before = self._known.get(files.name)
        if before is not None and before.files.last_write == files.last_write:
            return before
        step, level = newest_step(files.metrics), self._verdicts.level(files.events)
        found = read_manifest(files.manifest)
        if not isinstance(found, ManifestProblem):
            return _Known(files=files, manifest=found, problem=None, last_step=step, level=level)
        # A manifest that cannot be read just now does not undo what it said before.
        manifest = before.manifest if before is not None else None
        problem = None if found.missing else found.reason
        return _Known(files=files, manifest=manifest, problem=problem, last_step=step, level=level)

    def _info(self, known: _Known) -> RunInfo:
        manifest = known.manifest
        running = manifest is not None and manifest.state is RunState.RUNNING
        return RunInfo(
            name=known.files.name,
            path=known.files.path,
            manifest=manifest,
            manifest_problem=known.problem,
            process_alive=self._alive(manifest) if manifest is not None and running else None,
            last_write=known.files.last_write,
            last_step=known.last_step,
            level=known.level,
        )


def newest_step(path: Path) -> int | None:
    """The step of the last good line near the end of a metrics file, or None."""
    for line in reversed(Tailer(path, start=-_PEEK).poll(_PEEK).lines):
        try:
            return decode_metrics(line).step
        except BadLine:
            continue
    return None
