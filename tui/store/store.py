"""All runs of a log directory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seqsetvae.i18n.message import Message
from tui.store.priority import Priority
from tui.store.reading_facts import Head
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo


@dataclass(kw_only=True, slots=True)
class Store:
    """All runs of a log directory. `revision` changes when the list of runs or a fact about reading does."""

    logdir: Path
    revision: int = 0
    watching: str = Message("polling")
    problem: str | None = None
    priority: Priority = field(default_factory=Priority)
    _runs: tuple[RunInfo, ...] = ()
    _data: dict[str, RunData] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def runs(self) -> tuple[RunInfo, ...]:
        """The runs, newest first."""
        return self._runs

    def run(self, name: str) -> RunInfo | None:
        """One run, or None."""
        return next((run for run in self._runs if run.name == name), None)

    def data(self, name: str) -> RunData:
        """What is stored of a run; empty until its log has been read."""
        with self._lock:
            found = self._data.get(name)
            if found is None:
                found = self._data[name] = RunData()
            return found

    def put(self, name: str, data: RunData) -> None:
        """Take these for what is stored of a run."""
        with self._lock:
            self._data[name] = data
            self.revision += 1

    def head(self, name: str) -> Head:
        """The newest record of a run as far as its log has been read; empty for a run that has not been."""
        data = self._data.get(name)
        return data.head if data is not None else Head()

    def set_runs(self, runs: Sequence[RunInfo]) -> None:
        """Replace the list of runs."""
        with self._lock:
            if tuple(runs) != self._runs:
                self._runs = tuple(runs)
                self.revision += 1

    def forget(self, name: str) -> None:
        """Free what is stored of a run."""
        with self._lock:
            self._data.pop(name, None)
            self.revision += 1

    def report(self, *, watching: str, problem: str | None) -> None:
        """Say by what means the directory is watched, and what stands in the way."""
        with self._lock:
            if (watching, problem) != (self.watching, self.problem):
                self.watching, self.problem = watching, problem
                self.revision += 1
