"""What the user has selected: a run, a metric, a range of it, and a filter on metrics. Pure state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from tui.views.window import ChartState


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What the user has selected.

    Attributes:
        run: the run on the screen; None until there is one.
        pattern: the filter on metrics.
        chart: the chart's metric, range and settings.
        metric_chosen: whether the user chose the chart's metric; until then the app chooses it.
        overrides: settings of the detector that are tried, over the run's own.
    """

    run: str | None = None
    pattern: str = ""
    chart: ChartState = field(default_factory=ChartState)
    metric_chosen: bool = False
    overrides: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def at_metric(self, name: str | None) -> Selection:
        """With a metric that the user has chosen."""
        return replace(self, chart=replace(self.chart, metric=name), metric_chosen=True)

    def at_run(self, name: str) -> Selection:
        """With another run, from its beginning to its end."""
        return replace(self, run=name, chart=replace(self.chart, window=None))
