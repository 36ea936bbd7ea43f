"""Waiting, without a screen, until a run is red or has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr, translated
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.records import EventRecord, Level
from tui.alerts.alerts import Alert, AlertBook
from tui.follow.file_watch import FileWatch
from tui.follow.liveness import State
from tui.follow.log_follower import Reader
from tui.store.store import Store
from tui.views.event_text import event_text
from tui.views.format import clean, whole
from tui.views.run_state import liveness_of

WAIT_SECONDS = 1.0
"""Time between readings beside file notifications; the end of a run may be noticed a second late."""

_ENDED = frozenset({State.FINISHED, State.INTERRUPTED, State.FAILED})


class Goal(StrEnum):
    """What is waited for."""

    RED = "red"
    FINISHED = "finished"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How the waiting ended. `reached` is False when what was waited for can no longer come."""

    run: str
    state: State
    reason: str
    step: int | None
    verdict: EventRecord | None
    reached: bool

    @property
    def level(self) -> Level:
        """The run's level; green where nothing has judged it yet."""
        return self.verdict.level if self.verdict is not None else Level.GREEN

    def __str__(self) -> str:
        """One line for people."""
        state = translated(self.state.value)
        if self.reason:
            state = tr("{state} ({reason})", state=state, reason=clean(translated(self.reason)))
        where = tr("{state} at step {step}", state=state, step=whole(self.step)) if self.step is not None else state
        said = event_text(self.verdict) if self.verdict is not None else tr("no verdict")
        level = translated(self.level.value)
        return tr("{run}: {where}, {level}: {said}", run=clean(self.run), where=where, level=level, said=said)


class Wait:
    """Follows one run until a goal is reached.

    A run that has finished, was interrupted, or failed ends the waiting for either goal: it cannot turn red any more.

    Args:
        store: Fed by `reader`.
        reader: Reads the run; driven from here, its own thread is not started.
        run: The run's name; None for the newest, which may yet have to appear.
        goal: What is waited for.
        on_alert: Called with every new alert meanwhile.
        clock: The present, in unix seconds.
    """

    def __init__(
        self,
        store: Store,
        reader: Reader,
        *,
        run: str | None,
        goal: Goal,
        on_alert: Callable[[Alert], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._reader = reader
        self._run = run
        self._goal = goal
        self._on_alert = on_alert
        self._clock = clock
        self._book = AlertBook()

    def until_then(self, pause: Callable[[], object]) -> Outcome:
        """Return when the goal is reached or out of reach; `pause` is called between readings.

        Raises:
            InputError: the run's log never says what is waited for.
        """
        while (outcome := self._outcome()) is None:
            pause()
        return outcome

    def _outcome(self) -> Outcome | None:
        while self._reader.step():
            pass
        if self._run is None and (runs := self._store.runs()):
            self._run = runs[0].name
        if self._run is None or (info := self._store.run(self._run)) is None:
            return None
        if not info.log.format.tells_its_end and self._goal is Goal.FINISHED:
            raise InputError(
                "{run} is a log of {tool}, which never says that its run has finished: wait for the "
                "program that trains, or for red",
                run=clean(self._run),
                tool=info.log.format.tool,
            )
        # What the run wrote before it said that it had ended is read after that was seen.
        self._reader.read_all(self._run)
        data = self._store.data(self._run)
        events = data.events()
        for alert in self._book.new_alerts(self._run, events, loaded=True):
            if self._on_alert is not None:
                self._on_alert(alert)
        liveness, verdict = liveness_of(info, data.head, self._clock()), verdict_of(events)
        is_red, ended = verdict is not None and verdict.level is Level.RED, liveness.state in _ENDED
        reached = is_red if self._goal is Goal.RED else liveness.state is State.FINISHED
        if not (ended or reached):
            return None
        return Outcome(
            run=self._run,
            state=liveness.state,
            reason=liveness.reason,
            step=data.head.step,
            verdict=verdict,
            reached=reached,
        )


def wait_on_files(wait: Wait, store: Store, *, seconds: float, notify: bool) -> Outcome:
    """Let file notifications, where there are any, cut short the pauses of so many seconds."""
    wake = threading.Event()
    watch = FileWatch(store.logdir, wake) if notify else None

    def pause() -> None:
        wake.wait(seconds)
        wake.clear()

    if watch is not None:
        watch.start()
    try:
        return wait.until_then(pause)
    finally:
        if watch is not None:
            watch.stop()
