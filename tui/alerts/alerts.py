"""Which verdicts call for attention, once: a rise to orange or red while the run is watched.

What a log already held when it was first read is the past and never an alert. Acknowledging quietens a level until the
run gets worse, or recovers and then gets worse again; muting quietens everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from seqsetvae.logs.standing import ENDS
from seqsetvae.stream.records import EventRecord, Level

_GRAVE = Level.ORANGE.severity
"""Severity from which a verdict is worth a bell."""

_Key = tuple[float, int, Level, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """A run has become worse, to a severity that calls for attention."""

    run: str
    event: EventRecord

    @property
    def level(self) -> Level:
        """Orange or red."""
        return self.event.level


@dataclass(kw_only=True, slots=True)
class _Watched:
    """What is known of one run: its grave verdicts so far, and the severity that is acknowledged."""

    seen: frozenset[_Key] = frozenset()
    settled: bool = False
    events: int = 0
    newest: EventRecord | None = None
    severity: int = 0
    acknowledged: int = 0
    pending: Level | None = None


@dataclass(kw_only=True, slots=True)
class AlertBook:
    """Remembers which alerts of every run were raised.

    Attributes:
        muted: The user wants neither bell nor notification.
    """

    muted: bool = False
    _runs: dict[str, _Watched] = field(default_factory=dict)

    def new_alerts(self, run: str, events: Sequence[EventRecord], *, loaded: bool) -> tuple[Alert, ...]:
        """The new alerts among a run's events, oldest first.

        Args:
            run: Its name.
            events: All that are known, oldest first; read again or cut at the front, they raise no alert twice.
            loaded: Whether the log has been read to its end; before it has once, all events are the past.
        """
        watched = self._runs.setdefault(run, _Watched())
        if not events or (watched.settled and len(events) == watched.events and events[-1] is watched.newest):
            watched.settled = watched.settled or loaded
            return ()
        watched.events, watched.newest = len(events), events[-1]
        alerts: list[Alert] = []
        severity: dict[str, int] = {}
        grave: set[_Key] = set()
        for event in events:
            for over in ENDS.get(event.kind, ()):
                severity.pop(over, None)
            if event.level is Level.INFO:
                continue
            before = severity.get(event.kind, 0)
            severity[event.kind] = now = event.level.severity
            if now < _GRAVE:
                continue
            key = (event.t, event.step, event.level, event.kind)
            grave.add(key)
            if watched.settled and now > before and key not in watched.seen:
                alerts.append(Alert(run=run, event=event))
        watched.seen |= grave
        watched.severity = max(severity.values(), default=0)
        watched.settled = watched.settled or loaded
        return self._quietened(watched, alerts)

    def acknowledge(self, run: str) -> Level | None:
        """Quieten a run at the level that it is at; returns the level, None where there is nothing to acknowledge."""
        watched = self._runs.get(run)
        if watched is None or watched.severity < _GRAVE:
            return None
        watched.acknowledged, watched.pending = watched.severity, None
        return Level.RED if watched.severity > _GRAVE else Level.ORANGE

    def pending(self, run: str) -> Level | None:
        """The gravest alert of a run that is not acknowledged, or None."""
        watched = self._runs.get(run)
        return watched.pending if watched is not None else None

    def _quietened(self, watched: _Watched, alerts: list[Alert]) -> tuple[Alert, ...]:
        if watched.severity == 0:
            watched.acknowledged, watched.pending = 0, None
        loud = [alert for alert in alerts if alert.level.severity > watched.acknowledged]
        if loud and watched.severity > 0:
            watched.pending = max((alert.level for alert in loud), key=lambda level: level.severity)
        return tuple(loud)
