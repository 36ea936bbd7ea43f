"""All checks of a run and what was said of them, in bounded memory: exact counts, curves that keep extremes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.series import STRETCHES, Series
from seqsetvae.collapse.verdict import LEVELS, Verdict
from seqsetvae.stream.records import Level

#: The numbers of an `Observation` that are followed.
METRICS = (
    "kl", "variance", "active_units", "active_units_sigma", "collapsed_fraction", "mutual_information", "z_ablation",
    "recon",
)  # fmt: skip
#: Spans of one level that are kept apart; a run that changes its level more often is drawn more coarsely.
SPANS = 500


class Span(NamedTuple):
    """A level, and the optimizer step of the check that it began at."""

    step: int
    level: Level


class History:
    """Collects the checks of a run.

    Args:
        stretches: How finely each metric is kept, see `Series`.
        spans: Spans of one level to keep at most.
    """

    def __init__(self, *, stretches: int = STRETCHES, spans: int = SPANS) -> None:
        self._most_spans = spans
        self._series = {name: Series(stretches=stretches) for name in METRICS}
        self._spans: list[Span] = []
        self._checks_at = dict.fromkeys(LEVELS, 0)
        self._first: dict[Level, int] = {}
        #: How often the level or the condition changed.
        self.changes = 0
        #: The last verdict, or None before the first check.
        self.latest: Verdict | None = None
        #: Latent dimensions, and sets of the samples, of the last check that told: thresholds depend on them.
        self.dimensions = 0
        self.sample_sets: float | None = None

    @property
    def checks(self) -> int:
        """How many checks there were."""
        return sum(self._checks_at.values())

    @property
    def warnings(self) -> int:
        """How many of them were above green."""
        return self.checks - self._checks_at[Level.GREEN]

    def checks_at(self, level: Level) -> int:
        """Return how many checks were at a level."""
        return self._checks_at[level]

    def first_at_least(self, level: Level) -> int | None:
        """Return the step of the first check at a level or above, or None where there was none."""
        return min((step for known, step in self._first.items() if known.severity >= level.severity), default=None)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where each level began, in the order of steps."""
        return tuple(self._spans)

    def series(self, metric: str) -> Series:
        """Return the values of one of `METRICS`."""
        return self._series[metric]

    def add(self, observation: Observation, verdict: Verdict) -> None:
        """Take in one more check."""
        self._checks_at[verdict.level] += 1
        self._first.setdefault(verdict.level, verdict.step)
        self.changes += verdict.changed and self.latest is not None
        self.latest = verdict
        if not self._spans or self._spans[-1].level != verdict.level:
            self._spans.append(Span(verdict.step, verdict.level))
            if len(self._spans) > self._most_spans:
                self._join_spans()
        if observation.kl_per_dim:
            self.dimensions = len(observation.kl_per_dim)
        if observation.sample_sets is not None:
            self.sample_sets = observation.sample_sets
        for name, series in self._series.items():
            value = getattr(observation, name)
            if value is not None:
                series.add(observation.step, value)

    def copy(self) -> History:
        """Return a history that does not change when this one does: to hand over to a thread."""
        twin = copy.copy(self)
        twin._series = {name: series.copy() for name, series in self._series.items()}
        twin._spans = list(self._spans)
        twin._checks_at, twin._first = dict(self._checks_at), dict(self._first)
        return twin

    def state_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "series": {name: series.state_dict() for name, series in self._series.items()},
            "spans": [[span.step, str(span.level)] for span in self._spans],
            "checks_at": {str(level): count for level, count in self._checks_at.items()},
            "first": {str(level): step for level, step in self._first.items()},
            "changes": self.changes,
            "latest": None if self.latest is None else self.latest.to_data(),
            "dimensions": self.dimensions,
            "sample_sets": self.sample_sets,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        for name, series in self._series.items():
            series.load_state_dict(state["series"][name])
        self._spans = [Span(int(step), Level(level)) for step, level in state["spans"]]
        self._checks_at = {level: int(state["checks_at"][level]) for level in LEVELS}
        self._first = {Level(level): int(step) for level, step in state["first"].items()}
        self.changes = int(state["changes"])
        self.latest = None if state["latest"] is None else Verdict.from_data(state["latest"])
        self.dimensions = int(state["dimensions"])
        self.sample_sets = state["sample_sets"]

    def _join_spans(self) -> None:
        """Make one of two neighbours, the graver one, so that no red is lost."""
        joined: list[Span] = []
        for i in range(0, len(self._spans), 2):
            pair = self._spans[i : i + 2]
            level = max((span.level for span in pair), key=lambda level: level.severity)
            if not joined or joined[-1].level != level:
                joined.append(Span(pair[0].step, level))
        self._spans = joined
