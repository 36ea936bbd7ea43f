"""A run as reports need it: curves by name, what the detector says of it, its own facts, and what was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.logs.block import RunFacts
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.posterior.history import History
from seqsetvae.stream.records import Level

#: Changes of the verdict that are kept; of a run that changes more often, the spans say the rest.
CHANGES = 200


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
        facts: What the log says of the run as a whole: its settings, how far it means to go, its manifest.
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
    facts: RunFacts = field(default_factory=RunFacts)
    last_step: int | None = None
    problems: tuple[str, ...] = ()
