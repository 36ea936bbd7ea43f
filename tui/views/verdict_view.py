"""The newest verdict on a run as the screen shows it: what, why, since when, what to do, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from seqsetvae.i18n.language import tr
from seqsetvae.i18n.log_texts import log_text
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.records import EventRecord, Level
from tui.views.event_text import event_text
from tui.views.format import clean
from tui.views.what_if_view import WhatIfView

CHECKS = ("posterior/verdict", "posterior/kl")
"""Metrics that are written once a check, the surest first: they count the checks that a verdict has lasted."""

_MAX_TEXTS = 12
"""Reasons and remedies shown of a verdict; the detector gives a handful."""

_SAVED = "saved"
"""Kind of the event that names the checkpoint of a collapse; older logs only say that one was to be written."""

_ACTIONS = ("lower_beta", "stop", _SAVED)
"""Kinds of events that say what was done about a verdict."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictView:
    """What is known of a run's health. All text is safe to show.

    Attributes:
        level: how bad, or None when the log holds no verdict.
        condition: its name.
        reasons: the evidence, at the step where the verdict began.
        advice: what to change, most promising first.
        done: what was done about it.
        since: optimizer step at which it began.
        checks: checks that it has lasted, or None when they cannot be counted.
        checks_exact: False when the series is too coarse to count exactly.
        seconds: how long it has lasted by the log's own time, or None.
        healthy: file name of the checkpoint from before a collapse, or None when the log names none.
        measured: whether the log has a metric of the posterior.
        what_if: what other thresholds would have changed, None where none are tried.
    """

    level: Level | None = None
    condition: str = ""
    reasons: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    since: int | None = None
    checks: int | None = None
    checks_exact: bool = True
    seconds: float | None = None
    healthy: str | None = None
    measured: bool = False
    what_if: WhatIfView | None = None


def verdict_view(
    events: Sequence[EventRecord], checks: SeriesView | None, *, measured: bool, until: float | None
) -> VerdictView:
    """The verdict that stands.

    Args:
        events: the run's events, oldest first.
        checks: a series with one point a check (`CHECKS`), or None.
        measured: whether the log has a metric of the posterior.
        until: unix second of the log's newest record, or None.
    """
    event = verdict_of(events)
    healthy = _healthy(events)
    if event is None:
        return VerdictView(healthy=healthy, measured=measured)
    since = event.data.get("since")
    since = since if type(since) is int and since >= 0 else event.step
    count, exact = _checks(checks, since) if "condition" in event.data else (None, True)
    return VerdictView(
        level=event.level,
        condition=_condition(event),
        reasons=_reasons(event),
        advice=_texts(event.data.get("advice")),
        done=_done(events, event),
        since=since,
        checks=count,
        checks_exact=exact,
        seconds=None if until is None else max(until - event.t, 0.0),
        healthy=healthy,
        measured=measured,
    )


def _condition(event: EventRecord) -> str:
    named = event.data.get("condition")
    return clean(log_text(named if isinstance(named, str) else event.kind.replace("_", " ")))


def _reasons(event: EventRecord) -> tuple[str, ...]:
    """The reasons, or the message of an event that gives none; a verdict without evidence has no reasons."""
    reasons = _texts(event.data.get("reasons"))
    if reasons or "condition" in event.data or not event.message:
        return reasons
    return (event_text(event),)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(clean(log_text(text)) for text in value[:_MAX_TEXTS] if isinstance(text, str) and text)


def _done(events: Sequence[EventRecord], verdict: EventRecord) -> tuple[str, ...]:
    actions = verdict.data.get("actions")
    found = [
        event for event in events if event.kind in _ACTIONS and event.t >= verdict.t and event.step >= verdict.step
    ]
    saved = isinstance(actions, list | tuple) and "save" in actions and all(event.kind != _SAVED for event in found)
    messages = [
        tr("{action} (step {step:,})", action=event_text(event), step=event.step)
        for event in found[-_MAX_TEXTS:]
        if event.message
    ]
    return (*((tr("{file} is saved", file="collapse-step*.ckpt"),) if saved else ()), *messages)


def _healthy(events: Sequence[EventRecord]) -> str | None:
    """The checkpoint from before a collapse that the newest events name: verdicts and the end of a training do.

    Once all is well again another takes its place, whose name the log does not say.
    """
    for event in reversed(events):
        path = event.data.get("healthy")
        if isinstance(path, str) and path:
            return clean(PurePath(path).name)
        if event.level is Level.GREEN:
            break
    return None


def _checks(view: SeriesView | None, since: int) -> tuple[int | None, bool]:
    """How many checks there were from a step on, and whether that is exact."""
    if view is None:
        return None, True
    points = view.points(Axis.STEP)
    lasted = points.end >= since
    if not lasted.any():
        return None, True
    return int(points.count[lasted].sum()), bool(points.start[lasted].min() >= since)
