"""A run as the list of runs shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqsetvae.logs.log import Log
from seqsetvae.stream.records import Level, Manifest, RunState


@dataclass(frozen=True, kw_only=True, slots=True)
class RunInfo:
    """A run as the list of runs shows it. Times are unix seconds; `last_step` is the newest step seen.

    `level` is that of the newest verdict, None when there is none; `ended` is how the run ended, as another tool's log
    tells.
    """

    log: Log
    manifest: Manifest | None = None
    manifest_problem: str | None = None
    process_alive: bool | None = None
    last_write: float = 0.0
    last_step: int | None = None
    level: Level | None = None
    ended: RunState | None = None

    @property
    def name(self) -> str:
        """The run's name."""
        return self.log.name

    @property
    def path(self) -> Path:
        """Where the run lies."""
        return self.log.directory
