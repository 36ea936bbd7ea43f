"""What other thresholds would have changed, beside what the run said: sentences, and marks for the chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqsetvae.collapse.verdict_history import LevelChange
from seqsetvae.i18n.language import tr, translated
from seqsetvae.stream.records import EventRecord, Level
from tui.views.format import clean, whole
from tui.views.what_if_view import WhatIfView
from tui.what_if.rejudge import Rejudged

VERDICT = "collapse"
"""Kind of the events with the verdicts of the run's own detector."""

_ALARMS = (Level.RED, Level.ORANGE, Level.YELLOW)
_MOST_SETTINGS = 2
"""Settings named in a line; of more, their number."""


def compare(
    overrides: Mapping[str, Any], rejudged: Rejudged, events: Sequence[EventRecord], step: int | None
) -> WhatIfView:
    """Compare up to a step.

    Args:
        overrides: the other settings.
        rejudged: what the detector says with them.
        events: what the run said, oldest first.
        step: the newest step that is shown; what lies beyond it has not happened yet.
    """
    would, said = rejudged.history.first_until(step), _first_said(events)
    reached = [level for level in _ALARMS if level in would or level in (said or ())]
    sentences = [_sentence(level, would.get(level), said) for level in reached]
    level = rejudged.history.level_at(step)
    if not sentences:
        sentences = [tr("green throughout") if level is not None else tr("no check to judge")]
    judged = rejudged.progress >= 1 or bool(would)
    otherwise = (place for place, level in enumerate(reached) if not _is_as_it_was(would.get(level), said, level))
    return WhatIfView(
        settings=in_words(overrides),
        state=_state(rejudged),
        level=level,
        sentences=tuple(sentences) if judged else (),
        changed=sentences[next(otherwise, 0)] if judged else "",
        marks=tuple(would[level] for level in reversed(_ALARMS) if level in would),
    )


def in_words(overrides: Mapping[str, Any]) -> str:
    """Settings on one line; of many, the first and how many more there are."""
    named = [f"{name} {setting_text(value)}" for name, value in list(overrides.items())[:_MOST_SETTINGS]]
    more = len(overrides) - len(named)
    words = ", ".join(named)
    return clean(tr("{settings} and {count} more", settings=words, count=more) if more else words)


def setting_text(value: object) -> str:
    """A setting as a settings file has it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _state(rejudged: Rejudged) -> str:
    if rejudged.problem is not None:
        return clean(translated(rejudged.problem))
    return "" if rejudged.progress >= 1 else tr("judging {share:.0f} %", share=rejudged.progress * 100)


def _first_said(events: Sequence[EventRecord]) -> dict[Level, int] | None:
    """The first step at each level or beyond it, of the run's own verdicts; None when the log holds none."""
    verdicts = [event for event in events if event.kind == VERDICT and event.level is not Level.INFO]
    if not verdicts:
        return None
    first: dict[Level, int] = {}
    for event in verdicts:
        for level in _ALARMS:
            if event.level.severity >= level.severity:
                first.setdefault(level, event.step)
    return first


def _sentence(level: Level, would: LevelChange | None, said: Mapping[Level, int] | None) -> str:
    name = translated(level.value)
    if would is None:
        before = whole(said[level] if said else None)
        return tr("{level} never instead of at step {before}", level=name, before=before)
    step = whole(would.step)
    if said is None:
        return tr("{level} at step {step}", level=name, step=step)
    if level not in said:
        return tr("{level} at step {step} instead of never", level=name, step=step)
    if _is_as_it_was(would, said, level):
        return tr("{level} at step {step}, as it was", level=name, step=step)
    return tr("{level} at step {step} instead of {before}", level=name, step=step, before=whole(said[level]))


def _is_as_it_was(would: LevelChange | None, said: Mapping[Level, int] | None, level: Level) -> bool:
    return would is not None and said is not None and said.get(level) == would.step
