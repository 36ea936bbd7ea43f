"""The newest values of metrics, their limits, and which way they go."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqsetvae.collapse.limits import Limit
from seqsetvae.logs.metric_names import matches
from seqsetvae.logs.series_view import SeriesView
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.views.latent import latent_dim
from tui.views.limit_lines import KL, Limits, broken_limit, limits_of
from tui.views.listed_metrics import ordered

_EVEN = 0.02
"""Change, as a share of the recent range, below which a metric counts as level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric's newest value; `alarmed` says that it is beyond `limit`, or not finite."""

    name: str
    value: float
    revision: int
    alarmed: bool
    limit: Limit | None


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
