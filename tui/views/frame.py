"""What the screen and the report say about runs, computed in one place: states, progress, speed, time left.

A frame is immutable; panes compare it with the one they drew last.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from seqsetvae.collapse.limits import Limit
from seqsetvae.i18n.language import tr, translated
from seqsetvae.logs.series_view import SeriesView
from seqsetvae.stream.records import Level
from tui.chart.heat import DEAD_BELOW
from tui.follow.liveness import Liveness, judge
from tui.store.facts import Facts, Head
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.store.store import Store
from tui.views.limit_lines import KL, PINNED, Limits, broken_limit, limits_of

KL_PER_DIM = "posterior/kl_per_dim"

_SPEED_SECONDS = 600.0
"""Recent past from which the speed is taken, so that a slow start or a pause yesterday does not spoil the estimate."""

_EVEN = 0.02
"""Change, as a share of the recent range, below which a metric counts as level."""


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric's newest value; `alarmed` says that it is beyond `limit`, or not finite."""

    name: str
    value: float
    revision: int
    alarmed: bool
    limit: Limit | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Latent:
    """How many latent dimensions there are, and how many still carry information."""

    dimensions: int
    active: int


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


def metrics_of(data: RunData, limits: Limits, pattern: str = "") -> tuple[Metric, ...]:
    """The metrics that a filter lets through, the pinned ones first, then by group."""
    return metrics_named([name for name in ordered(data.names()) if matches(name, pattern)], data, limits)


def metrics_named(names: Sequence[str], data: RunData, limits: Limits) -> tuple[Metric, ...]:
    """The metrics of these names, in their order."""
    ((kl, _),) = data.latest((KL,))
    rows = []
    for name, (value, revision) in zip(names, data.latest(names), strict=True):
        broken = broken_limit(name, value, limits, kl=kl)
        alarmed = broken is not None or not math.isfinite(value)
        limit = broken or next(iter(limits.get(name, ())), None)
        rows.append(Metric(name=name, value=value, revision=revision, alarmed=alarmed, limit=limit))
    return tuple(rows)


def run_limits(info: RunInfo | None, data: RunData, overrides: Mapping[str, Any] | None = None) -> Limits:
    """The limits that a run is judged by, of its own settings, with others over them, and its size."""
    manifest = info.manifest if info is not None else None
    ((sample_sets, _),) = data.latest(("posterior/sample_sets",))
    return limits_of(
        {**(manifest.config if manifest is not None else {}), **(overrides or {})},
        dimensions=latent_dim(data) or 0,
        sample_sets=sample_sets if math.isfinite(sample_sets) else None,
    )


LOSS = "train/loss"


def first_choice(names: Sequence[str]) -> str | None:
    """Of metrics in order, the one to show until the user chooses: a pinned one if there is one, else the loss."""
    if names and names[0] not in PINNED and LOSS in names:
        return LOSS
    return names[0] if names else None


_GROUPS = ("posterior", "train", "val", "lr", "grad", "time")


def ordered(names: tuple[str, ...]) -> list[str]:
    """Metrics in the order of the eye: the pinned ones, then the posterior, training, validation, and the rest."""

    def place(name: str) -> tuple[int, int, str]:
        group = name.partition("/")[0]
        rank = _GROUPS.index(group) if group in _GROUPS else len(_GROUPS)
        return (PINNED.index(name) if name in PINNED else len(PINNED), rank, name)

    return sorted(names, key=place)


def matches(name: str, pattern: str) -> bool:
    """Whether a metric passes a filter: words that must all occur, or a glob when it holds `*`, `?` or `[`."""
    pattern = pattern.strip().lower()
    if any(char in pattern for char in "*?["):
        return fnmatchcase(name.lower(), pattern)
    return all(word in name.lower() for word in pattern.split())


def trend_of(view: SeriesView | None) -> int:
    """Whether the newest value lies above (1), below (-1) or level with (0) the recent past, a tenth of the series."""
    if view is None or view.mean.size < 2 or not math.isfinite(view.last):
        return 0
    recent = view.mean[-max(len(view.mean) // 10, 2) :]
    known = recent[np.isfinite(recent)]
    spread = view.high[np.isfinite(view.high)]
    if not len(known) or not len(spread):
        return 0
    scale = float(spread.max() - view.low[np.isfinite(view.low)].min())
    change = view.last - float(known[0])
    return 0 if scale <= 0 or abs(change) < _EVEN * scale else 1 if change > 0 else -1


def latent_dim(data: RunData) -> int | None:
    """The number of latent dimensions, from the KL per dimension; None before the first record."""
    view = data.vector(KL_PER_DIM)
    return view.rows.shape[1] if view is not None and view.rows.size else None


def latent_of(data: RunData) -> Latent | None:
    """How many dimensions carried information at the newest record."""
    view = data.vector(KL_PER_DIM)
    if view is None or not view.rows.size:
        return None
    return Latent(dimensions=view.rows.shape[1], active=int((view.rows[-1] > DEAD_BELOW).sum()))


def data_facts(facts: Facts) -> list[tuple[str, bool]]:
    """What the data line says of a run's reading; True marks what should not be."""
    lines = tr("{count:,} lines", count=facts.lines)
    if facts.tool is not None:
        lines = tr("{tool}, {count:,} points", tool=facts.tool, count=facts.lines)
    parts = [(lines, False)]
    if facts.progress < 1:
        parts.append((tr("reading the past {share:.0f} %", share=facts.progress * 100), False))
    if not facts.damaged:
        parts.append((tr("{count:,} bad", count=facts.bad_lines), facts.bad_lines > 0))
    if facts.ignored_values:
        parts.append((tr("{count:,} values that are no numbers", count=facts.ignored_values), True))
    if facts.dropped_metrics:
        parts.append((tr("{count:,} metrics too many", count=facts.dropped_metrics), True))
    if facts.superseded:
        parts.append((tr("{count:,} superseded", count=facts.superseded), False))
    if facts.resets:
        parts.append((tr("file replaced {count}×", count=facts.resets), True))
    parts += [(tr("{kind}: {count:,}", kind=translated(kind), count=count), True) for kind, count in facts.damaged]
    parts += [(tr("{kind}: {count:,}", kind=translated(kind), count=count), False) for kind, count in facts.skipped]
    if facts.tool is not None and facts.pending:
        parts.append((tr("{count:,} bytes unfinished", count=facts.pending), False))
    if facts.missing:
        parts.append((tr("no metrics.jsonl yet") if facts.tool is None else tr("no log any more"), False))
    if facts.problem:
        parts.append((translated(facts.problem), True))
    return parts
