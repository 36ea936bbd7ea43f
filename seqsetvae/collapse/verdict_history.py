"""All that a detector said of a run, in bounded memory: exact counts, and the steps at which the level changed."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from seqsetvae.collapse.verdict import LEVELS, Verdict
from seqsetvae.stream.records import Level

#: Changes of level that are kept; of a run with more of them, neighbours become one.
CHANGES = 500


class LevelChange(NamedTuple):
    """The first check at another level: its optimizer step, the level, and unix seconds, NaN where unknown."""

    step: int
    level: Level
    t: float = math.nan


class VerdictHistory:
    """Collects the verdicts of a run.

    Args:
        most: Changes of level to keep at most.
    """

    def __init__(self, *, most: int = CHANGES) -> None:
        self._most = most
        self._level_changes: list[LevelChange] = []
        self._checks_at = dict.fromkeys(LEVELS, 0)
        self._first: dict[Level, LevelChange] = {}
        #: How often the level or the condition changed.
        self.changes = 0
        #: The last verdict, or None before the first check.
        self.latest: Verdict | None = None

    @property
    def checks(self) -> int:
        """How many checks there were."""
        return sum(self._checks_at.values())

    @property
    def warnings(self) -> int:
        """How many of them were above green."""
        return self.checks - self._checks_at[Level.GREEN]

    @property
    def level_changes(self) -> tuple[LevelChange, ...]:
        """Where each level began, the first check included, in the order of the checks."""
        return tuple(self._level_changes)

    @property
    def first(self) -> Mapping[Level, LevelChange]:
        """For each level above green that was reached, the first check at it or above."""
        return self._first

    def checks_at(self, level: Level) -> int:
        """Return how many checks were at a level."""
        return self._checks_at[level]

    def first_at_least(self, level: Level) -> int | None:
        """Return the step of the first check at a level above green or beyond it, or None where there was none."""
        return self._first[level].step if level in self._first else None

    def first_until(self, step: int | None) -> dict[Level, LevelChange]:
        """Return those of `first` that are not after a step: a detector does not know what comes later."""
        return {level: change for level, change in self._first.items() if step is not None and change.step <= step}

    def level_at(self, step: int | None) -> Level | None:
        """Return the level after a step, or None before the first check."""
        seen = [change.level for change in self._level_changes if step is not None and change.step <= step]
        return seen[-1] if seen else None

    def add_verdict(self, verdict: Verdict, t: float = math.nan) -> None:
        """Add the verdict of one more check, which was written at unix second `t`."""
        change = LevelChange(verdict.step, verdict.level, t)
        self._checks_at[verdict.level] += 1
        for level in LEVELS[1 : verdict.level.severity + 1]:
            self._first.setdefault(level, change)
        self.changes += verdict.changed and self.latest is not None
        self.latest = verdict
        if not self._level_changes or self._level_changes[-1].level is not verdict.level:
            self._level_changes.append(change)
            if len(self._level_changes) > self._most:
                self._level_changes = _halved(self._level_changes)

    def copy(self) -> Self:
        """Return a history that does not change when this one does: to hand over to a thread."""
        twin = copy.copy(self)
        twin._level_changes = list(self._level_changes)
        twin._checks_at, twin._first = dict(self._checks_at), dict(self._first)
        return twin

    def state_dict(self) -> dict[str, Any]:
        """Return everything but times as plain JSON values."""
        return {
            "spans": [[change.step, str(change.level)] for change in self._level_changes],
            "checks_at": {str(level): count for level, count in self._checks_at.items()},
            "first": {str(level): change.step for level, change in self._first.items()},
            "changes": self.changes,
            "latest": None if self.latest is None else self.latest.to_data(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        self._level_changes = [LevelChange(int(step), Level(level)) for step, level in state["spans"]]
        self._checks_at = {level: int(state["checks_at"][level]) for level in LEVELS}
        first = {Level(level): int(step) for level, step in state["first"].items()}
        self._first = {}
        for level in LEVELS[1:]:
            # Older checkpoints have the first check at exactly a level; the earliest of them was at it or above.
            steps = [step for known, step in first.items() if known.severity >= level.severity]
            if steps:
                self._first[level] = LevelChange(min(steps), level)
        self.changes = int(state["changes"])
        self.latest = None if state["latest"] is None else Verdict.from_data(state["latest"])


def _halved(changes: list[LevelChange]) -> list[LevelChange]:
    """One of two neighbours, the graver one, from where the first of them began: no red is lost."""
    joined: list[LevelChange] = []
    for i in range(0, len(changes), 2):
        pair = changes[i : i + 2]
        level = max((change.level for change in pair), key=lambda level: level.severity)
        if not joined or joined[-1].level is not level:
            joined.append(pair[0]._replace(level=level))
    return joined
