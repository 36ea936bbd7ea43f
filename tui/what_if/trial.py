"""Other thresholds tried on the run on the screen while it is watched: a worker reads, the screen samples."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from seqsetvae.collapse.thresholds import Thresholds
from tui.views.snapshot import Snapshot
from tui.views.what_if_view import WhatIfView
from tui.what_if.comparison import compare
from tui.what_if.rejudge import Rejudge, Rejudged

AGAIN_SECONDS = 3.0
"""Time between readings of a log that grows: a verdict needs several checks, which come less often."""

_REST_SECONDS = 0.002
"""Rest between two slices of a log, so that the screen and the reader have their turn."""


@dataclass(kw_only=True, slots=True)
class _Attempt:
    """One run's log under one set of thresholds; `found` is replaced as a whole, by the worker alone."""

    key: tuple[object, ...]
    judge: Rejudge
    found: Rejudged = field(default_factory=Rejudged)
    reading: bool = False
    read_at: tuple[float, int] | None = None


class Trial:
    """Judges the log of the run on the screen by other thresholds.

    Args:
        start: runs a function in a thread.
        clock: the present, in unix seconds.
    """

    def __init__(self, start: Callable[[Callable[[], None]], object], clock: Callable[[], float]) -> None:
        self._start = start
        self._clock = clock
        self._attempt: _Attempt | None = None
        self._compared: tuple[tuple[object, ...], WhatIfView] | None = None

    def comparison(self, overrides: Mapping[str, Any], snapshot: Snapshot) -> WhatIfView | None:
        """What other settings would have changed, as far as is known; None without any or without a run."""
        info, data = snapshot.info, snapshot.data
        if not overrides or info is None or data is None:
            self.close()
            return None
        config = info.manifest.config if info.manifest is not None else {}
        key = (info.path, tuple(overrides.items()), tuple(sorted(config.items(), key=str)))
        if self._attempt is None or self._attempt.key != key:
            thresholds, _ = Thresholds.usable_in({**config, **overrides})
            self._attempt = _Attempt(key=key, judge=Rejudge(info.log, thresholds))
        attempt = self._attempt
        if data.facts.progress >= 1 and self._is_due(attempt, data.revision):
            self._read(attempt, data.revision)
        events, step = data.events(), data.head.step
        compared = (key, id(attempt.found), len(events), id(events[-1]) if events else 0, step)
        if self._compared is None or self._compared[0] != compared:  # this is asked for seven times a second
            self._compared = compared, compare(overrides, attempt.found, events, step)
        return self._compared[1]

    def close(self) -> None:
        """End the reading."""
        self._attempt = None

    def _is_due(self, attempt: _Attempt, revision: int) -> bool:
        if attempt.reading or attempt.read_at is None:
            return not attempt.reading
        when, seen = attempt.read_at
        return seen != revision and not 0 <= self._clock() - when < AGAIN_SECONDS

    def _read(self, attempt: _Attempt, revision: int) -> None:
        attempt.reading, attempt.read_at = True, (self._clock(), revision)

        def read() -> None:
            rest, more = threading.Event(), True
            while more and self._attempt is attempt:
                more = attempt.judge.read_on()
                attempt.found = attempt.judge.found
                rest.wait(_REST_SECONDS if more else 0)
            attempt.reading = False

        self._start(read)
