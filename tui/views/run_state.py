"""How runs are doing, as screen and report say it: state, progress, speed, time left."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seqsetvae.stream.records import Level
from tui.follow.liveness import Liveness, judge
from tui.store.reading_facts import Head
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.store.store import Store

_SPEED_SECONDS = 600.0
"""Recent past from which the speed is computed, so that a slow start or a pause does not spoil it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How far a run is: step and total (None when unknown), steps a second, seconds run and seconds left."""

    step: int | None
    total: int | None
    epoch: float | None
    total_epochs: float | None
    steps_per_second: float | None
    patients_per_second: float | None
    elapsed: float | None
    left: float | None

    @property
    def share(self) -> float | None:
        """Share of the steps done, 0 to 1, or None."""
        if self.step is None or not self.total or self.total <= 0:
            return None
        return min(self.step / self.total, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRow:
    """One line of the list of runs."""

    name: str
    liveness: Liveness
    step: int | None
    total: int | None
    level: Level | None


def run_rows(store: Store, now: float) -> tuple[RunRow, ...]:
    """All runs, newest first."""
    rows = []
    for info in store.runs():
        manifest = info.manifest
        liveness = liveness_of(info, store.head(info.name), now)
        total = manifest.total_steps if manifest is not None else None
        rows.append(RunRow(name=info.name, liveness=liveness, step=info.last_step, total=total, level=info.level))
    return tuple(rows)


def liveness_of(info: RunInfo, head: Head, now: float) -> Liveness:
    """The state of a run, judged by its own cadence where its log has been read."""
    return judge(
        info.manifest,
        now=now,
        last_write=info.last_write,
        process_alive=info.process_alive,
        typical_gap=head.typical_gap,
        longest_gap=head.longest_gap,
        tells_its_end=info.log.format.is_ours,
        ended=info.ended,
    )


def pace_of(info: RunInfo | None, data: RunData, now: float, *, running: bool) -> Pace:
    """How far a run is and how fast it goes."""
    head = data.head
    manifest = info.manifest if info is not None else None
    total = manifest.total_steps if manifest is not None else None
    started = manifest.started if manifest is not None else head.first_t
    ended = manifest.ended if manifest is not None and manifest.ended is not None else head.t
    until = now if running else ended
    speed = _speed(data, head)
    left = None
    if running and speed and total and head.step is not None:
        left = max(total - head.step, 0) / speed
    patients = data.latest(("time/patients_per_second",))[0][0]
    return Pace(
        step=head.step,
        total=total,
        epoch=head.epoch,
        total_epochs=manifest.total_epochs if manifest is not None else None,
        steps_per_second=speed,
        patients_per_second=patients if math.isfinite(patients) else None,
        elapsed=None if started is None or until is None else max(until - started, 0.0),
        left=left,
    )


def _speed(data: RunData, head: Head) -> float | None:
    """Steps a second over the recent past, from whichever metric is written most often."""
    series = next((view for name in ("train/loss", *data.names()[:1]) if (view := data.series(name))), None)
    if series is None or head.t is None or head.step is None:
        return None
    recent = np.nonzero(series.times >= head.t - _SPEED_SECONDS)[0]
    first = int(recent[0]) if len(recent) else len(series.times) - 1
    if first == len(series.times) - 1:
        first = max(first - 1, 0)
    seconds, steps = head.t - float(series.times[first]), head.step - float(series.steps[first])
    return steps / seconds if seconds > 0 and steps > 0 else None
