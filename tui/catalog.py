"""The runs of a log directory: which there are, what their manifests say, and how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.stream.codec import BadLine, decode_metrics
from seqsetvae.stream.discovery import ManifestProblem, RunFiles, find_runs, read_manifest
from seqsetvae.stream.process import process_alive
from seqsetvae.stream.records import Level, Manifest, RunState
from seqsetvae.stream.tailer import Tailer
from tui.store import RunInfo
from tui.verdict_peek import VerdictPeek

_PEEK = 16 * 1024
"""Bytes read from the end of a log to learn its newest step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Known:
    files: RunFiles
    manifest: Manifest | None
    problem: str | None
    last_step: int | None
    level: Level | None


class Catalog:
    """Looks for runs, reading again only what has changed since the last look.

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

    def look(self) -> list[RunInfo]:
        """All runs, the last written first."""
        found = [files for files in find_runs(self._logdir) if not self._only or files.name in self._only]
        self._known = {files.name: self._refreshed(files) for files in found}
        return [self._info(known) for known in self._known.values()]

    def files(self, name: str) -> RunFiles | None:
        """Where a run lies, as of the last look."""
        known = self._known.get(name)
        return known.files if known else None

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
