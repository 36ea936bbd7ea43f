"""What a run's log holds, as immutable records: no files, no JSON, no clock.

Times are unix seconds, `step` counts optimizer steps over the whole run, `epoch` is fractional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

FORMAT = 1
"""Version of the log format that this package writes and reads."""

Value = float | tuple[float, ...]
"""A metric's value: one number, or a list of them (such as KL per dimension). NaN and infinities are values too."""


class Level(StrEnum):
    """How grave an event is. `INFO` is a fact, `GREEN` to `RED` are verdicts on the run's health."""

    INFO = "info"
    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def severity(self) -> int:
        """0 for info and green, then 1 (yellow), 2 (orange), 3 (red)."""
        return _SEVERITY[self]


_SEVERITY = {Level.INFO: 0, Level.GREEN: 0, Level.YELLOW: 1, Level.ORANGE: 2, Level.RED: 3}


SECOND_OPINION = "second_opinion"
"""Kind of the events of a second watch of a training, whose verdicts are not those of the run; data has its `watch`."""


class RunState(StrEnum):
    """What a run last said of itself; a killed run still says `RUNNING`."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsRecord:
    """One line of `metrics.jsonl`.

    `ignored` names the keys of the line whose values are not numeric; they are left out of `values`.
    """

    t: float
    step: int
    epoch: float | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EventRecord:
    """One line of `events.jsonl`: a fact or a verdict, in words for people and in `data` for programs."""

    t: float
    step: int
    level: Level
    kind: str
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemRecord:
    """One line of `system.jsonl`: the machine under one rank, and that rank's heartbeat."""

    t: float
    step: int
    rank: int = 0
    values: Mapping[str, Value] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """`run.json`: what the run is, which process writes it, and how it ended.

    `updated` is when the manifest itself was last replaced, not a heartbeat. `process_start` is the process's
    start time in clock ticks since boot, where the system tells it: pids are used again, the pair is not.
    """

    run: str
    started: float
    updated: float
    format: int = FORMAT
    state: RunState = RunState.RUNNING
    ended: float | None = None
    reason: str | None = None
    host: str = ""
    pid: int = 0
    boot_id: str | None = None
    process_start: int | None = None
    total_steps: int | None = None
    total_epochs: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
