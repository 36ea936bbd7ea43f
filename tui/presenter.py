"""Hands each pane what it shows: the store's numbers of one moment, as far as the user has selected them."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from textual.dom import DOMNode
from textual.message import Message

from seqsetvae.i18n.language import tr
from seqsetvae.logs.standing import verdict_of
from tui.close_up.close_ups import CloseUps
from tui.follow.liveness import State
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine, DataState
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine, RunHeading
from tui.panes.heat_pane import HeatPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.pane_tree import TILES
from tui.panes.path_pane import PathPane
from tui.panes.runs_pane import RunsPane
from tui.panes.system_pane import SystemPane
from tui.panes.tile import Tile
from tui.panes.verdict_pane import VerdictPane
from tui.selection import Selection
from tui.store.reading_facts import Facts
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.turns import Turns
from tui.viewer import Viewer
from tui.views.curves import ChartContent, Curves
from tui.views.latent import KL_PER_DIM
from tui.views.limit_lines import Limits
from tui.views.listed_metrics import MetricNames, first_choice
from tui.views.metric_values import metrics_named, run_limits
from tui.views.overlay import kinds_of
from tui.views.run_state import liveness_of, pace_of, run_rows
from tui.views.snapshot import Snapshot
from tui.views.verdict_view import CHECKS, VerdictView, verdict_view
from tui.views.what_if_view import WhatIfView
from tui.views.window import ChartState

VALUES_EVERY = 3
"""Samples from one drawing of tiles and list to the next: more often than their numbers can be read. The header, one
line, follows every sample."""

CHART_EVERY = 7
"""Samples from one drawing of a whole curve to the next: some twenty times the work of the header."""

CLOCKS_EVERY = 7
"""Samples from one drawing of ages and states to the next: they count in seconds."""

LOADING_EVERY = 3
"""Samples between drawings while a long past is read: the reading thread needs the processor more."""

HISTORY_SECONDS = 5
"""Seconds from one drawing of the small histories to the next, in a run of `_LONG` lines or more; else one."""

_LONG = 1_000
"""Lines of which ten more move a history of twenty dots by less than a dot."""


class CloseUpReady(Message):
    """Finer points of the chart's window have been read."""


class Presenter:
    """Reduces the store to what each pane shows, and draws the panes that are due.

    Args:
        panes: the node below which the panes are.
        viewer: the store, and what is selected of it.
    """

    def __init__(self, panes: DOMNode, viewer: Viewer) -> None:
        self._panes = panes
        self._viewer = viewer
        self._store = viewer.store
        self._turns = Turns()
        self._details = CloseUps(lambda: panes.post_message(CloseUpReady()))
        self._curves = Curves(viewer.store, self._details)
        self._answered: tuple[object, ...] = ()  # what was asked for when panes were last drawn
        self._loading = False
        self._names = MetricNames()

    @property
    def behind(self) -> bool:
        """Whether a pane waits for its turn with something to show."""
        return self._turns.behind

    def close(self) -> None:
        """End what runs beside the screen."""
        self._details.stop()

    def curves_revision(self) -> tuple[int, ...]:
        """Changes when there is more to draw than the revisions of the run and of the store say."""
        return self._curves.revision(self._viewer.selection.chart)

    def show(self, snapshot: Snapshot, now: float, *, everything: bool) -> None:
        """Show a moment, and choose a metric when there is none.

        Args:
            snapshot: the run on the screen, at the moment that is shown.
            now: the present, in unix seconds, by which the list of runs is judged.
            everything: draw all that has changed, unless the user has just selected something else: then the panes
                that this concerns come first. Otherwise each pane is drawn at its own pace.
        """
        data = snapshot.data
        loading = data is not None and data.facts.progress < 1
        read = self._loading and not loading
        self._turns.begin(everyone=read or (everything and self._asked(snapshot) == self._answered))
        self._loading = loading
        with data.held() if data is not None else nullcontext():
            self._show_clocks(snapshot, now)
            run = self._viewer.selection.run
            if data is None or run is None:
                self._show_nothing()
            else:
                self._show_run(run, data, snapshot)
        self._answered = self._asked(snapshot)

    def _asked(self, snapshot: Snapshot) -> tuple[object, ...]:
        return self._viewer.selection, snapshot.notices, snapshot.what_if

    def _show_clocks(self, snapshot: Snapshot, now: float) -> None:
        selection = self._viewer.selection
        shown = (self._store.revision, int(now), int(snapshot.now))
        overlays = selection.chart.overlays
        if self._turns.is_due("clocks", CLOCKS_EVERY, shown, (selection.run, overlays, snapshot.notices)):
            self._panes.query_one(RunsPane).show(run_rows(self._store, now), selection.run, kinds_of(overlays))
            self._panes.query_one(DataLine).show(self._data_state(snapshot))

    def _show_run(self, run: str, data: RunData, snapshot: Snapshot) -> None:
        slowest = LOADING_EVERY if data.facts.progress < 1 else 1
        moment = (data.revision, self._store.revision, int(snapshot.now))
        what_if = snapshot.what_if
        if self._turns.is_due("header", slowest, moment, (_run_asked(self._viewer.selection), what_if)):
            self._show_header(run, snapshot.info, data, snapshot.now)
        asked = replace(self._viewer.selection, chart=ChartState(metric=self._viewer.selection.chart.metric))
        if self._turns.is_due("values", max(VALUES_EVERY, slowest), moment, (asked, what_if)):
            self._show_values(snapshot.info, data, snapshot.now)
        drawn = (data.revision, self.curves_revision())
        asked = replace(self._viewer.selection, pattern="")
        if self._turns.is_due("chart", max(CHART_EVERY, slowest), drawn, (asked, what_if)):
            self._show_chart(snapshot, run_limits(snapshot.info, data, self._viewer.selection.overrides))
        asked = _run_asked(self._viewer.selection)
        if self._turns.is_due("story", max(CHART_EVERY, slowest), data.revision, (asked, what_if)):
            self._show_story(data, what_if)

    def _show_story(self, data: RunData, what_if: WhatIfView | None) -> None:
        """What changes slowly: dimensions, path, events, verdict, machine."""
        dimensions = data.vector(KL_PER_DIM)
        self._panes.query_one(HeatPane).show(dimensions)
        self._panes.query_one(PathPane).show(data.series, beside=dimensions is not None)
        self._panes.query_one(EventsPane).show(data.events())
        checks = next((series for name in CHECKS if (series := data.series(name)) is not None), None)
        view = verdict_view(data.events(), checks, measured=checks is not None, until=data.head.t)
        self._panes.query_one(VerdictPane).show(replace(view, what_if=what_if))
        self._panes.query_one(SystemPane).show(data.machine)

    def _show_values(self, info: RunInfo | None, data: RunData, now: float) -> None:
        viewer = self._viewer
        limits = run_limits(info, data, viewer.selection.overrides)
        known = self._names.of(data)
        viewer.names = self._names.of(data, viewer.selection.pattern)
        chart = viewer.selection.chart
        if known and (chart.metric not in known or not viewer.selection.metric_chosen):
            chart = replace(chart, metric=first_choice(viewer.names or known))
            viewer.selection = replace(viewer.selection, chart=chart)
        period = _history_period(data.facts, now)
        for tile, metric in zip_longest(self._panes.query(Tile), metrics_named(known[:TILES], data, limits)):
            tile.show(metric, data.series, period)
        values = partial(metrics_named, data=data, limits=limits)
        pattern = viewer.selection.pattern
        self._panes.query_one(MetricsPane).show(viewer.names, values, chart.metric, data.series, pattern, period)

    def _show_nothing(self) -> None:
        self._panes.query_one(HeaderLine).show(None)
        waiting = tr("Waiting for a run in {logdir}", logdir=self._store.logdir)
        waiting = f"{waiting}\n\n{tr('seqsetvae-train writes one as soon as it starts')}"
        self._panes.query_one(ChartPane).show(ChartContent(state=self._viewer.selection.chart, waiting=waiting))
        self._panes.query_one(HeatPane).show(None)
        self._panes.query_one(VerdictPane).show(VerdictView())
        self._panes.query_one(SystemPane).show(None)

    def _show_header(self, run: str, info: RunInfo | None, data: RunData, now: float) -> None:
        if info is None:
            return
        liveness = liveness_of(info, data.head, now)
        running = liveness.state in (State.RUNNING, State.STALLED)
        verdict = verdict_of(data.events())
        heading = RunHeading(
            run=run,
            liveness=liveness,
            pace=pace_of(info, data, now, running=running),
            level=verdict.level if verdict is not None else None,
        )
        self._panes.query_one(HeaderLine).show(heading)

    def _show_chart(self, snapshot: Snapshot, limits: Limits) -> None:
        pane, chart = self._panes.query_one(ChartPane), self._viewer.selection.chart
        content = self._curves.content(chart, snapshot, limits.get(chart.metric or "", ()), pane.dots)
        pane.show(replace(content, what_if=snapshot.what_if.marks if snapshot.what_if is not None else ()))

    def _data_state(self, snapshot: Snapshot) -> DataState:
        info, data = snapshot.info, snapshot.data
        age = None if info is None or not info.last_write else max(snapshot.now - info.last_write, 0.0)
        return DataState(
            age=None if age is None else float(int(age)),
            watching=self._store.watching,
            facts=data.facts if data is not None else Facts(),
            problem=self._store.problem or (info.manifest_problem if info is not None else None),
            notices=snapshot.notices,
        )


def _run_asked(selection: Selection) -> Selection:
    """What of a selection the panes show that show neither metrics nor curves."""
    return replace(selection, pattern="", chart=ChartState(), metric_chosen=False)


def _history_period(facts: Facts, now: float) -> int:
    """A number that changes when small histories are to be drawn again, and at once when a long past has been read."""
    return int(now) // HISTORY_SECONDS if facts.progress >= 1 and facts.lines >= _LONG else int(now)
