"""Hands each pane what it shows: the store's numbers of one moment, as the user looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from typing import Any

from textual.dom import DOMNode

from seqsetvae.i18n.language import tr
from tui.close_up.close_ups import Details
from tui.follow.liveness import State
from tui.messages import DetailsReady
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine, DataState
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine, Heading
from tui.panes.heat_pane import HeatPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.path_pane import PathPane
from tui.panes.runs_pane import RunsPane
from tui.panes.system_pane import SystemPane
from tui.panes.tile import Tile
from tui.panes.verdict_pane import VerdictPane
from tui.store import Facts, RunData, RunInfo, Store
from tui.turns import Turns
from tui.views.curves import ChartContent, Curves
from tui.views.frame import (
    KL_PER_DIM,
    Metric,
    first_choice,
    liveness_of,
    metrics_named,
    pace_of,
    run_limits,
    run_rows,
    verdict_of,
)
from tui.views.limit_lines import Limits
from tui.views.listed_metrics import MetricNames
from tui.views.overlay import kinds_of
from tui.views.scene import Scene
from tui.views.verdict_view import CHECKS, VerdictView, verdict_view
from tui.views.window import ChartState
from tui.what_if.comparison import Comparison
from tui.what_if.overrides import NO_OVERRIDES

TILES = 4
"""Tiles over the chart."""

VALUES_EVERY = 3
"""Looks from one drawing of tiles and list to the next: more often than their numbers can be read. The header, one
line, follows every look."""

CHART_EVERY = 7
"""Looks from one drawing of a whole curve to the next: some twenty times the work of the header."""

HISTORY_SECONDS = 5
"""Seconds from one drawing of the small histories to the next, in a run of `_LONG` lines or more; else one."""

_LONG = 1_000
"""Lines of which ten more move a history of twenty dots by less than a dot."""

CLOCKS_EVERY = 7
"""Looks from one drawing of ages and states to the next: they count in seconds."""

LOADING_EVERY = 3
"""Looks between drawings while a long past is read: the reading thread needs the processor more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What the user looks at: a run, a metric and a stretch of it, and the filter on metrics.

    `metric_chosen` says that the user has chosen the chart's metric; until then it is chosen for them. `notices`
    are said in the data line; True marks what calls for the user. `overrides` are settings of the detector that
    limits are drawn at, over the run's own, and `what_if` is what they would have changed.
    """

    run: str | None = None
    pattern: str = ""
    chart: ChartState = field(default_factory=ChartState)
    metric_chosen: bool = False
    notices: tuple[tuple[str, bool], ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=lambda: NO_OVERRIDES)
    what_if: Comparison | None = None

    @property
    def at_chart(self) -> Look:
        """What of it the large chart shows."""
        return replace(self, pattern="", notices=())

    @property
    def at_values(self) -> Look:
        """What of it the tiles and the list show."""
        return replace(self, notices=(), chart=ChartState(metric=self.chart.metric))

    @property
    def at_run(self) -> Look:
        """What of it the other panes show."""
        return replace(self, pattern="", notices=(), chart=ChartState(), metric_chosen=False)

    def at_metric(self, name: str | None) -> Look:
        """At a metric that the user has chosen."""
        return replace(self, chart=replace(self.chart, metric=name), metric_chosen=True)


class Presenter:
    """Takes from the store what each pane shows.

    Args:
        panes: the node below which the panes are.
        store: where the numbers are.
    """

    def __init__(self, panes: DOMNode, store: Store) -> None:
        self._panes = panes
        self._store = store
        self._turns = Turns()
        self._details = Details(lambda: panes.post_message(DetailsReady()))
        self._curves = Curves(store, self._details)
        self._answered: Look | None = None  # what the user looked at when panes were last drawn
        self._loading = False
        self._names = MetricNames()
        self.names: tuple[str, ...] = ()
        """The metrics that the filter lets through, in the order of the list."""

    @property
    def behind(self) -> bool:
        """Whether a pane waits for its turn with something new."""
        return self._turns.behind

    def close(self) -> None:
        """End what runs beside the screen."""
        self._details.stop()

    def beside(self, look: Look) -> tuple[int, ...]:
        """Changes when there is more to draw than the scene and the store's list of runs tell."""
        return self._curves.revision(look.chart)

    def show(self, look: Look, scene: Scene, now: float, *, everything: bool) -> Look:
        """Show a moment; returns the look, at a metric when it was without one.

        Args:
            look: what the user looks at.
            scene: the run on the screen, at the moment that is shown.
            now: the present, in unix seconds, by which the list of runs is judged.
            everything: draw all that has changed, unless the user now looks at something else: then the panes that
                this concerns come first. Otherwise each pane is drawn at its own pace.
        """
        loading = scene.data is not None and scene.data.facts.progress < 1
        read = self._loading and not loading
        self._turns.next_look(everyone=read or (everything and look == self._answered))
        self._loading = loading
        with scene.data.held() if scene.data is not None else nullcontext():
            self._answered = self._show(look, scene, now)
        return self._answered

    def _show(self, look: Look, scene: Scene, now: float) -> Look:
        info, data = scene.info, scene.data
        clocks = (self._store.revision, int(now), int(scene.now))
        if self._turns.take("clocks", CLOCKS_EVERY, clocks, (look.run, look.chart.overlays, look.notices)):
            self._panes.query_one(RunsPane).show(run_rows(self._store, now), look.run, kinds_of(look.chart.overlays))
            self._panes.query_one(DataLine).show(self._data_state(info, data, scene.now, look.notices))
        if data is None or look.run is None:
            self._show_nothing(look)
            return look
        slowest = LOADING_EVERY if data.facts.progress < 1 else 1
        moment = (data.revision, self._store.revision, int(scene.now))
        if self._turns.take("header", slowest, moment, look.at_run):
            self._show_header(look.run, info, data, scene.now)
        if self._turns.take("values", max(VALUES_EVERY, slowest), moment, look.at_values):
            look = self._show_values(look, info, data, scene.now)
        if self._turns.take("chart", max(CHART_EVERY, slowest), (data.revision, self.beside(look)), look.at_chart):
            self._show_chart(look, scene, run_limits(info, data, look.overrides))
        if self._turns.take("story", max(CHART_EVERY, slowest), data.revision, look.at_run):
            dimensions = data.vector(KL_PER_DIM)
            self._panes.query_one(HeatPane).show(dimensions)
            self._panes.query_one(PathPane).show(data.series, beside=dimensions is not None)
            self._panes.query_one(EventsPane).show(data.events())
            self._show_verdict(data, look.what_if)
            self._panes.query_one(SystemPane).show(data.machine)
        return look

    def _show_values(self, look: Look, info: RunInfo | None, data: RunData, now: float) -> Look:
        limits = run_limits(info, data, look.overrides)
        known = self._names.of(data)
        self.names = self._names.of(data, look.pattern)
        look = self._with_metric(look, known)
        period = _history_period(data.facts, now)
        self._show_tiles(data, metrics_named(known[:TILES], data, limits), period)
        pane = self._panes.query_one(MetricsPane)
        take = partial(metrics_named, data=data, limits=limits)
        pane.show(self.names, take, look.chart.metric, data.series, look.pattern, period)
        return look

    def _show_nothing(self, look: Look) -> None:
        self._panes.query_one(HeaderLine).show(None)
        waiting = tr("Waiting for a run in {logdir}", logdir=self._store.logdir)
        waiting = f"{waiting}\n\n{tr('seqsetvae-train writes one as soon as it starts')}"
        self._panes.query_one(ChartPane).show(ChartContent(state=look.chart, waiting=waiting))
        self._panes.query_one(HeatPane).show(None)
        self._panes.query_one(VerdictPane).show(VerdictView())
        self._panes.query_one(SystemPane).show(None)

    def _with_metric(self, look: Look, known: tuple[str, ...]) -> Look:
        if known and (look.chart.metric not in known or not look.metric_chosen):
            return replace(look, chart=replace(look.chart, metric=first_choice(self.names or known)))
        return look

    def _show_header(self, run: str | None, info: RunInfo | None, data: RunData, now: float) -> None:
        if info is None or run is None:
            return
        liveness = liveness_of(info, data.head, now)
        running = liveness.state in (State.RUNNING, State.STALLED)
        verdict = verdict_of(data.events())
        heading = Heading(
            run=run,
            liveness=liveness,
            pace=pace_of(info, data, now, running=running),
            level=verdict.level if verdict is not None else None,
        )
        self._panes.query_one(HeaderLine).show(heading)

    def _show_tiles(self, data: RunData, metrics: tuple[Metric, ...], period: int) -> None:
        for tile, metric in zip_longest(self._panes.query(Tile), metrics):
            tile.show(metric, data.series, period)

    def _show_chart(self, look: Look, scene: Scene, limits: Limits) -> None:
        pane, chart = self._panes.query_one(ChartPane), look.chart
        content = self._curves.content(chart, scene, limits.get(chart.metric or "", ()), pane.dots)
        pane.show(replace(content, what_if=look.what_if.marks if look.what_if is not None else ()))

    def _show_verdict(self, data: RunData, what_if: Comparison | None) -> None:
        checks = next((series for name in CHECKS if (series := data.series(name)) is not None), None)
        view = verdict_view(data.events(), checks, measured=checks is not None, until=data.head.t)
        self._panes.query_one(VerdictPane).show(replace(view, what_if=what_if))

    def _data_state(
        self, info: RunInfo | None, data: RunData | None, now: float, notices: tuple[tuple[str, bool], ...] = ()
    ) -> DataState:
        age = None if info is None or not info.last_write else max(now - info.last_write, 0.0)
        problem = self._store.problem or (info.manifest_problem if info is not None else None)
        return DataState(
            age=None if age is None else float(int(age)),
            watching=self._store.watching,
            facts=data.facts if data is not None else Facts(),
            problem=problem,
            notices=notices,
        )


def _history_period(facts: Facts, now: float) -> int:
    """A number that changes when small histories are to be drawn anew, and at once when a long past has been read."""
    return int(now) // HISTORY_SECONDS if facts.progress >= 1 and facts.lines >= _LONG else int(now)
