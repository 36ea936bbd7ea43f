"""Other thresholds tried on the run on the screen, while it is looked at: a worker reads, the screen samples."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from textual.app import App
from textual.worker import Worker, get_current_worker

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.logs.log_discovery import RunFiles
from tui.follow.foreign_rejudge import ForeignRejudge
from tui.store import RunInfo
from tui.views.scene import Scene
from tui.what_if.comparison import Comparison, compare
from tui.what_if.overrides import NO_OVERRIDES
from tui.what_if.rejudge import Judging, Rejudge, Rejudged

AGAIN_SECONDS = 3.0
"""Time between looks at a log that grows: a verdict needs several checks, which come less often."""

_REST_SECONDS = 0.002
"""Rest between two stretches of a log, so that the screen and the reader have their turn."""


@dataclass(kw_only=True, slots=True)
class _Attempt:
    """One run's log under one set of thresholds; `found` is replaced as a whole, by the worker alone."""

    key: tuple[object, ...]
    judge: Judging
    found: Rejudged = field(default_factory=Rejudged)


class Trial:
    """Judges the log of the run on the screen by other thresholds.

    Args:
        app: whose workers read.
        overrides: settings of the detector, over each run's own; none of them ends the trial.
        clock: the present, in unix seconds.
    """

    def __init__(self, app: App[Any], overrides: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock
        self._attempt: _Attempt | None = None
        self._worker: Worker[None] | None = None
        self._seen: tuple[float, int] | None = None
        self._compared: tuple[tuple[object, ...], Comparison] | None = None
        self.overrides = overrides

    def change(self, overrides: Mapping[str, Any]) -> None:
        """Try other settings from now on, or none."""
        self.overrides = overrides or NO_OVERRIDES

    def look(self, scene: Scene) -> Comparison | None:
        """What the settings would have changed, as far as is known; None without other settings or without a run."""
        info, data = scene.info, scene.data
        if not self.overrides or info is None or data is None:
            self._stop()
            return None
        config = info.manifest.config if info.manifest is not None else {}
        key = (info.path, tuple(self.overrides.items()), tuple(sorted(config.items(), key=str)))
        if self._attempt is None or self._attempt.key != key:
            self._stop()
            thresholds, _ = Thresholds.usable_in({**config, **self.overrides})
            self._attempt = _Attempt(key=key, judge=_judge(info, thresholds))
        if self._is_due(data.revision) and data.facts.progress >= 1:
            self._read(self._attempt, data.revision)
        return self._comparison(self._attempt, scene)

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
        self._attempt, self._worker, self._seen = None, None, None

    def _is_due(self, revision: int) -> bool:
        if self._worker is not None and not self._worker.is_finished:
            return False
        return self._seen is None or (
            self._seen[1] != revision and not 0 <= self._clock() - self._seen[0] < AGAIN_SECONDS
        )

    def _read(self, attempt: _Attempt, revision: int) -> None:
        self._seen = self._clock(), revision

        def read() -> None:
            worker, rest = get_current_worker(), threading.Event()
            more = True
            while more and not worker.is_cancelled:
                more = attempt.judge.read_on()
                attempt.found = attempt.judge.found
                rest.wait(_REST_SECONDS if more else 0)

        self._worker = self._app.run_worker(read, group="what-if", exclusive=True, thread=True)

    def _comparison(self, attempt: _Attempt, scene: Scene) -> Comparison | None:
        """Compared anew only where something has changed: it is asked for seven times a second."""
        if scene.data is None:
            return None
        events, step = scene.data.events(), scene.data.head.step
        key = (attempt.key, id(attempt.found), len(events), id(events[-1]) if events else 0, step)
        if self._compared is None or self._compared[0] != key:
            self._compared = key, compare(self.overrides, attempt.found, events, step)
        return self._compared[1]


def _judge(info: RunInfo, thresholds: Thresholds) -> Judging:
    if info.foreign is not None:
        return ForeignRejudge(info.foreign, thresholds)
    return Rejudge(RunFiles(path=info.path, name=info.name), thresholds)
