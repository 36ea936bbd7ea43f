"""What other thresholds would have changed, beside what the run said: sentences, and marks for the chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqsetvae.stream.records import EventRecord, Level
from tui.format import clean, whole
from tui.rejudge import Rejudged, Turn

VERDICT = "collapse"
"""Kind of the events that tell what the run's own detector said."""

_ALARMS = (Level.RED, Level.ORANGE, Level.YELLOW)
_MOST_SETTINGS = 2
"""Settings named in a line; of more it tells how many there are."""

_AS_IT_WAS = ", as it was"


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Other thresholds beside the run's own, up to a moment. All text is safe to show.

    Attributes:
        settings: the other settings, in words.
        state: how far the log has been judged, or why it cannot be; empty when all of it is.
        level: the level that they would show at the moment, None without checks.
        sentences: for each level that either reached, when; the gravest first.
        marks: where each level would have begun first.
    """

    settings: str
    state: str = ""
    level: Level | None = None
    sentences: tuple[str, ...] = ()
    marks: tuple[Turn, ...] = ()

    @property
    def notice(self) -> str:
        """One line: the gravest level for which anything is otherwise."""
        told = sorted(self.sentences, key=lambda sentence: sentence.endswith(_AS_IT_WAS))[:1]
        return f"what if {self.settings}: {', '.join(part for part in (self.state, *told) if part)}"


def compare(
    overrides: Mapping[str, Any], rejudged: Rejudged, events: Sequence[EventRecord], step: int | None
) -> Comparison:
    """Compare up to a step.

    Args:
        overrides: the other settings.
        rejudged: what the detector says with them.
        events: what the run said, oldest first.
        step: the newest step that is shown; what lies beyond it has not happened yet.
    """
    would, said = rejudged.first_until(step), _first_said(events)
    sentences = [
        _sentence(level, would.get(level), said) for level in _ALARMS if level in would or level in (said or ())
    ]
    level = rejudged.level_at(step)
    if not sentences:
        sentences = ["green throughout" if level is not None else "no check to judge"]
    return Comparison(
        settings=in_words(overrides),
        state=_state(rejudged),
        level=level,
        sentences=tuple(sentences) if rejudged.progress >= 1 or would else (),
        marks=tuple(would[level] for level in reversed(_ALARMS) if level in would),
    )


def in_words(overrides: Mapping[str, Any]) -> str:
    """Settings on one line; of many, the first and how many more there are."""
    named = [f"{name} {setting_text(value)}" for name, value in list(overrides.items())[:_MOST_SETTINGS]]
    more = len(overrides) - len(named)
    return clean(", ".join(named) + (f" and {more} more" if more else ""))


def setting_text(value: object) -> str:
    """A setting as a settings file has it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _state(rejudged: Rejudged) -> str:
    if rejudged.problem is not None:
        return clean(rejudged.problem)
    return "" if rejudged.progress >= 1 else f"judging {rejudged.progress * 100:.0f} %"


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


def _sentence(level: Level, would: Turn | None, said: Mapping[Level, int] | None) -> str:
    if would is None:
        return f"{level.value} never instead of at step {whole(said[level] if said else None)}"
    text = f"{level.value} at step {whole(would.step)}"
    if said is None:
        return text
    if level not in said:
        return f"{text} instead of never"
    return f"{text}{_AS_IT_WAS}" if said[level] == would.step else f"{text} instead of {whole(said[level])}"
