"""A run as reports need it: curves by name, what the detector says of it, its manifest, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seqsetvae.analysis.metric_curve import drawable_values
from seqsetvae.analysis.metrics_reading import Block
from seqsetvae.analysis.names import canonical, preference
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.logs.trail import Floats, Trail
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level, Manifest, MetricsRecord

#: Changes of the verdict that are kept; a run that changes more often is told by its spans.
CHANGES = 200
#: Buckets of a curve at most; a panel of a figure is some 700 dots wide.
CAPACITY = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCurves:
    """What a report says of one run.

    Attributes:
        name: How it is called here: different from all others of the report.
        path: Where it was read.
        curves: By the names of `names.canonical`.
        thresholds: What it is judged by.
        history: All checks of its posterior; without any, there was none.
        changes: The verdicts at which level or condition changed, the first `CHANGES` of them.
        reported: The step of the first event of each level that the run itself wrote.
        manifest: What the run said of itself, or None.
        config, total_steps: Its settings and how far it means to go, as far as they are known.
        last_step: The newest step, or None without metrics.
        problems: What could not be read, a sentence each.
    """

    name: str
    path: Path
    curves: Mapping[str, SeriesView]
    thresholds: Thresholds = field(default_factory=Thresholds)
    history: History = field(default_factory=History)
    changes: tuple[Verdict, ...] = ()
    reported: Mapping[Level, int] = field(default_factory=dict)
    manifest: Manifest | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    total_steps: int | None = None
    last_step: int | None = None
    problems: tuple[str, ...] = ()


class RunCollector:
    """Takes a run's points in their order; keeps what figures need and judges the posterior on the way.

    Args:
        thresholds: What the posterior is judged by.
    """

    def __init__(self, thresholds: Thresholds) -> None:
        self._detector = make_detector(thresholds)
        self._series: dict[str, Series] = {}
        self.history = History()
        self.changes: list[Verdict] = []
        self.last_step: int | None = None

    def add(self, block: Block) -> None:
        """Take a block of our own stream in."""
        for name in block.columns:
            self.extend(name, *block.points(name))
        for record in block.records.values():
            self.check(record)
        steps = block.trail[0][np.isfinite(block.trail[0])]
        if len(steps):
            self.last_step = int(steps[-1])

    def extend(self, name: str, trail: Trail, values: Floats) -> None:
        """Add points of one metric, in the order of the log."""
        self._series.setdefault(name, Series(CAPACITY)).append(trail, drawable_values(values))
        if len(trail):
            self.last_step = int(trail.step[-1])

    def curves(self) -> dict[str, SeriesView]:
        """Return the curves by canonical name, of several names for one metric the best."""
        found: dict[str, SeriesView] = {}
        for name in sorted(self._series, key=preference):
            ours = canonical(name)
            if ours is not None and len(self._series[name]):
                found.setdefault(ours, self._series[name].view())
        return found

    def check(self, record: MetricsRecord) -> None:
        """Let the detector judge a record, where it says anything of the posterior."""
        observation = observation_of(record.step, record.values)
        if observation is None:
            return
        verdict = self._detector.observe(observation)
        if (verdict.changed or not self.history.checks) and len(self.changes) < CHANGES:
            self.changes.append(verdict)
        self.history.add(observation, verdict)


def thresholds_in(config: Mapping[str, Any]) -> tuple[Thresholds, tuple[str, ...]]:
    """Return the detector's settings in a manifest, and a sentence for each that cannot be one and is left out."""
    thresholds, unusable = Thresholds.usable_in(config)
    problem = "its setting {} is {!r:.60}, which no detector takes: the default is used"
    return thresholds, tuple(problem.format(name, config[name]) for name in unusable)
