"""The watcher's screen: samples the store ten times a second and hands each pane what it shows.

The reading thread owns the files, the store owns the numbers, the panes own the drawing; the app only knows which run,
which metric and which stretch of it the user looks at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from datetime import tzinfo
from typing import ClassVar, Protocol

from textual import on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input

from tui import theme
from tui.buckets import Axis
from tui.frame import (
    KL_PER_DIM,
    Metric,
    first_choice,
    liveness_of,
    metrics_of,
    pace_of,
    run_limits,
    run_rows,
    trend_of,
    verdict_of,
)
from tui.liveness import State
from tui.messages import EventOpened, MetricChosen, RunChosen
from tui.screens.help import HelpScreen
from tui.store import RunData, RunInfo, Store
from tui.thresholds import PINNED, Limits
from tui.widgets.chart import ChartContent, ChartPane
from tui.widgets.data_line import DataLine, DataState
from tui.widgets.events import EventsPane
from tui.widgets.header import HeaderLine, Heading
from tui.widgets.heat import HeatPane
from tui.widgets.metrics import MetricsPane
from tui.widgets.runs import RunsPane
from tui.widgets.tile import Tile
from tui.window import ChartState

SAMPLE_SECONDS = 0.1
"""Time between looks at the store; the eye follows no more than ten numbers a second."""

LOADING_SECONDS = 0.4
"""Time between drawings while a long past is read: the reading thread needs the processor more. Keys do not wait."""

_TILES = 4


class Source(Protocol):
    """What feeds the store: the reading thread, or a script in tests."""

    def start(self) -> None:
        """Begin feeding."""

    def stop(self) -> None:
        """End, and leave no thread behind."""

    def select(self, name: str) -> None:
        """Feed the metrics of a run."""


class MonitorApp(App[None]):
    """Watches the runs of one log directory.

    Args:
        store: where the numbers are.
        source: what puts them there; started and stopped with the app.
        run: the run to open on; the newest when None.
        pattern: the first filter on metrics.
        theme_choice: ``auto``, ``dark`` or ``light``.
        clock: the present, in unix seconds.
        zone: time zone of clock times; the machine's own when None.
    """

    CSS_PATH = "monitor.tcss"
    TITLE = "SeqSetVAE"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", tooltip="Quit the viewer; training goes on", id="app.quit"),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="This help", id="app.help"),
        Binding(
            "slash", "filter", "Filter", key_display="/", tooltip="Filter metrics by words or a glob", id="app.filter"
        ),
        Binding("escape", "close", "Back", show=False, tooltip="Close the filter, the enlarged chart", id="app.back"),
        Binding(
            "left_square_bracket",
            "run(-1)",
            "Run",
            key_display="[",
            show=False,
            tooltip="Previous run",
            id="run.previous",
        ),
        Binding(
            "right_square_bracket", "run(1)", "Next run", key_display="]", show=False, tooltip="Next run", id="run.next"
        ),
        Binding("n", "metric(1)", "Next", tooltip="Next metric", id="metric.next"),
        Binding("p,N", "metric(-1)", "Previous", show=False, tooltip="Previous metric", id="metric.previous"),
        Binding("l", "log", "Log", tooltip="Logarithmic or linear values", id="chart.log"),
        Binding("x", "axis", "X axis", tooltip="X axis: step, epoch, wall clock, relative time", id="chart.axis"),
        Binding("s", "smooth", "Smooth", tooltip="Smoothing: off, 0.6, 0.9, 0.97", id="chart.smooth"),
        Binding("plus,equals_sign", "zoom(0.5)", "Zoom", key_display="+", tooltip="Zoom in", id="chart.zoom_in"),
        Binding("minus", "zoom(2)", "Zoom out", key_display="-", show=False, tooltip="Zoom out", id="chart.zoom_out"),
        Binding("left", "pan(-1)", "Pan left", show=False, tooltip="Earlier", id="chart.left"),
        Binding("right", "pan(1)", "Pan right", show=False, tooltip="Later", id="chart.right"),
        Binding("0", "reset", "All", show=False, tooltip="Show the whole run", id="chart.reset"),
        Binding("T", "theme", "Theme", show=False, tooltip="Dark or light", id="app.theme"),
        *(
            Binding(
                f"{place}", f"nth_run({place})", f"Run {place}", show=False, tooltip=f"Run {place}", id=f"run.{place}"
            )
            for place in range(1, 10)
        ),
    ]

    def __init__(
        self,
        store: Store,
        source: Source,
        *,
        run: str | None = None,
        pattern: str = "",
        theme_choice: str = "auto",
        clock: Callable[[], float] = time.time,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (140, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
        self._store = store
        self._source = source
        self._run = run
        self._pattern = pattern
        self._theme_choice = theme_choice
        self._clock = clock
        self._zone = zone
        self._chart = ChartState()
        self._metrics: tuple[Metric, ...] = ()
        self._metric_chosen = False  # the user has chosen what the chart shows
        self._seen: tuple[object, ...] = ()
        self._shown_at = 0.0

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The watcher's own variables, for themes that do not have them."""
        return dict(theme.DARK.variables)

    def compose(self) -> ComposeResult:
        """The panes, from top to bottom."""
        yield HeaderLine()
        with Horizontal(id="tiles"):
            for place in range(_TILES):
                yield Tile(place)
        with Horizontal(id="main"):
            with Vertical(id="side"):
                yield RunsPane()
                yield MetricsPane()
                yield Input(self._pattern, placeholder="words or glob", id="filter", compact=True)
            with Vertical(id="centre"):
                yield ChartPane(self._zone)
                yield HeatPane()
        yield EventsPane(self._zone)
        yield DataLine()
        yield Footer(show_command_palette=True)

    def on_mount(self) -> None:
        """Begin reading and sampling."""
        self.register_theme(theme.DARK)
        self.register_theme(theme.LIGHT)
        self.theme = theme.theme_name(self._theme_choice)
        self._source.start()
        self.query_one(MetricsPane).focus()
        self.set_interval(SAMPLE_SECONDS, self.sample)
        self.call_after_refresh(self.sample)

    def on_unmount(self) -> None:
        """End reading."""
        self._source.stop()

    @property
    def chart_state(self) -> ChartState:
        """What the large chart shows."""
        return self._chart

    @property
    def run_name(self) -> str | None:
        """The run on the screen."""
        return self._run

    def sample(self) -> None:
        """Look at the store, and show what has changed since the last look.

        The timer may tick once more while the app closes and its panes are already gone.
        """
        if not self.is_running:
            return
        self._choose_run()
        now = self._clock()
        data = self._store.data(self._run) if self._run is not None else None
        revision = data.revision if data is not None else -1
        seen = (self._store.revision, revision, int(now), self._run, self._chart, self._pattern)
        if seen == self._seen or len(self.screen_stack) > 1:
            return
        loading = data is not None and data.facts.progress < 1
        if loading and seen[3:] == self._seen[3:] and 0 <= now - self._shown_at < LOADING_SECONDS:
            return
        self._seen, self._shown_at = seen, now
        with data.held() if data is not None else nullcontext():
            self._show(data, now)

    def _choose_run(self) -> None:
        runs = self._store.runs()
        if self._run is None and runs:
            self._run = runs[0].name
            self._source.select(self._run)
        elif self._run is not None and not self._seen:
            self._source.select(self._run)

    def _show(self, data: RunData | None, now: float) -> None:
        info = self._store.run(self._run) if self._run is not None else None
        self.query_one(RunsPane).show(run_rows(self._store, now), self._run)
        if data is None or self._run is None:
            self._show_nothing()
            return
        limits = run_limits(info, data)
        self._metrics = metrics_of(data, limits, self._pattern)
        self._choose_metric(data, limits)
        self._show_header(info, data, now)
        self._show_tiles(data, limits)
        pane = self.query_one(MetricsPane)
        pane.show(self._metrics, self._chart.metric, data.series, self._pattern, int(now))
        self._show_chart(data, limits)
        self.query_one(HeatPane).show(data.vector(KL_PER_DIM))
        self.query_one(EventsPane).show(data.events())
        self._show_data_line(info, data, now)

    def _show_nothing(self) -> None:
        self.query_one(HeaderLine).show(None)
        waiting = f"Waiting for a run in {self._store.logdir}\n\nseqsetvae-train writes one as soon as it starts"
        content = ChartContent(state=self._chart, view=None, limits=(), events=(), origin=0.0, waiting=waiting)
        self.query_one(ChartPane).show(content)
        self.query_one(HeatPane).show(None)
        self.query_one(DataLine).show(self._data_state(None, RunData(), 0.0))

    def _choose_metric(self, data: RunData, limits: Limits) -> None:
        names = data.names()
        if names and (self._chart.metric not in names or not self._metric_chosen):
            shown = first_choice(self._metrics or metrics_of(data, limits))
            if shown != self._chart.metric:
                self._chart = replace(self._chart, metric=shown)

    def _show_header(self, info: RunInfo | None, data: RunData, now: float) -> None:
        if info is None or self._run is None:
            return
        liveness = liveness_of(info, data.head, now)
        running = liveness.state in (State.RUNNING, State.STALLED)
        verdict = verdict_of(data.events())
        heading = Heading(
            run=self._run,
            liveness=liveness,
            pace=pace_of(info, data, now, running=running),
            level=verdict.level if verdict is not None else None,
        )
        self.query_one(HeaderLine).show(heading)

    def _show_tiles(self, data: RunData, limits: Limits) -> None:
        everything = metrics_of(data, limits)
        pinned = [metric for metric in everything if metric.name in PINNED]
        others = [metric for metric in everything if metric.name not in PINNED]
        shown: list[Metric | None] = list((*pinned, *others)[:_TILES])
        for tile, metric in zip(self.query(Tile), shown + [None] * _TILES, strict=False):
            view = data.series(metric.name) if metric is not None else None
            tile.show(metric, view, trend_of(view))

    def _show_chart(self, data: RunData, limits: Limits) -> None:
        metric = self._chart.metric
        content = ChartContent(
            state=self._chart,
            view=data.series(metric) if metric is not None else None,
            limits=limits.get(metric, ()) if metric is not None else (),
            events=data.events(),
            origin=data.head.first_t or 0.0,
            waiting="" if metric is not None else "no metrics yet",
        )
        self.query_one(ChartPane).show(content)

    def _show_data_line(self, info: RunInfo | None, data: RunData, now: float) -> None:
        self.query_one(DataLine).show(self._data_state(info, data, now))

    def _data_state(self, info: RunInfo | None, data: RunData, now: float) -> DataState:
        age = None if info is None or not info.last_write else max(now - info.last_write, 0.0)
        problem = self._store.problem or (info.manifest_problem if info is not None else None)
        return DataState(
            age=None if age is None else float(int(age)),
            watching=self._store.watching,
            facts=data.facts,
            problem=problem,
        )

    def on_run_chosen(self, message: RunChosen) -> None:
        """Turn to another run."""
        self._turn_to(message.name)

    def on_metric_chosen(self, message: MetricChosen) -> None:
        """Show another metric."""
        self._metric_chosen = True
        self._set_chart(replace(self._chart, metric=message.name))
        if message.opened:
            self.screen.add_class("-enlarged")
            self.query_one(ChartPane).focus()

    def on_event_opened(self, message: EventOpened) -> None:
        """Show the chart about an event, on the axis of steps."""
        self._set_chart(replace(self._chart, axis=Axis.STEP, window=None))
        span = self.query_one(ChartPane).span
        if span is not None:
            self._set_chart(self._chart.around(message.step, span))

    @on(Input.Changed)
    def follow_filter(self, message: Input.Changed) -> None:
        """Filter as the user types."""
        self._pattern = message.value
        self.sample()

    @on(Input.Submitted)
    def keep_filter(self) -> None:
        """Keep the filter, and go back to the list."""
        self._close_filter()

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(self.key_groups()), lambda _: self.sample())

    def action_filter(self) -> None:
        """Open the filter."""
        self.screen.remove_class("-enlarged")
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def action_close(self) -> None:
        """Close what is open: the filter and what it hides, or the enlarged chart."""
        if self.query_one("#filter", Input).has_class("-open"):
            self.query_one("#filter", Input).value = ""
            self._close_filter()
        elif self.screen.has_class("-enlarged"):
            self.screen.remove_class("-enlarged")
            self.query_one(MetricsPane).focus()
        elif self._pattern:
            self.query_one("#filter", Input).value = ""

    def action_run(self, by: int) -> None:
        """Turn to a neighbouring run."""
        names = [run.name for run in self._store.runs()]
        if names:
            place = names.index(self._run) if self._run in names else 0
            self._turn_to(names[(place + by) % len(names)])

    def action_nth_run(self, place: int) -> None:
        """Turn to a run by its number in the list."""
        runs = self._store.runs()
        if place <= len(runs):
            self._turn_to(runs[place - 1].name)

    def action_metric(self, by: int) -> None:
        """Show a neighbouring metric of the list."""
        names = [metric.name for metric in self._metrics]
        if names:
            place = names.index(self._chart.metric) + by if self._chart.metric in names else 0
            self._metric_chosen = True
            self._set_chart(replace(self._chart, metric=names[place % len(names)]))

    def action_log(self) -> None:
        """Turn the logarithmic axis on or off."""
        self._set_chart(replace(self._chart, log=not self._chart.log))

    def action_axis(self) -> None:
        """Next kind of x axis."""
        self._set_chart(self._chart.next_axis())

    def action_smooth(self) -> None:
        """Next degree of smoothing."""
        self._set_chart(self._chart.next_smoothing())

    def action_zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        span = self.query_one(ChartPane).span
        if span is not None:
            self._set_chart(self._chart.zoomed(factor, span))

    def action_pan(self, direction: int) -> None:
        """Move along the x axis."""
        span = self.query_one(ChartPane).span
        if span is not None:
            self._set_chart(self._chart.panned(direction, span))

    def action_reset(self) -> None:
        """Show the whole run."""
        self._set_chart(replace(self._chart, window=None))

    def action_theme(self) -> None:
        """Dark to light, and back."""
        self.theme = theme.LIGHT.name if self.current_theme.dark else theme.DARK.name

    def key_groups(self) -> list[tuple[str, list[Binding]]]:
        """All bindings by where they hold, for the help."""
        runs = Binding("1,…,9", "", tooltip="Run by its number")
        everywhere = [binding for binding in _bindings(type(self)) if not (binding.id or "").startswith("run.")]
        switching = [binding for binding in _bindings(type(self)) if binding.id in ("run.previous", "run.next")]
        return [
            ("Everywhere", [*everywhere, *switching, runs, Binding("tab", "", tooltip="Next pane")]),
            ("In a list", [*_bindings(RunsPane.__mro__[1])]),
            ("Metrics", _bindings(MetricsPane)),
            ("Events", _bindings(EventsPane)),
        ]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, by name, in the command palette."""
        yield from super().get_system_commands(screen)
        for binding in _bindings(type(self)):
            if binding.action not in ("quit", "close"):
                yield SystemCommand(binding.tooltip, f"key {binding.key_display or binding.key}", self._runner(binding))

    def _runner(self, binding: Binding) -> Callable[[], None]:
        async def run() -> None:
            await self.run_action(binding.action)

        def later() -> None:
            self.call_later(run)

        return later

    def _turn_to(self, name: str) -> None:
        if name != self._run:
            self._run = name
            self._chart = replace(self._chart, window=None)
            self._source.select(name)
            self.sample()

    def _set_chart(self, state: ChartState) -> None:
        self._chart = state
        self.sample()

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).remove_class("-open")
        self.query_one(MetricsPane).focus()
        self.sample()


def _bindings(owner: type) -> list[Binding]:
    """The bindings that a class declares itself."""
    declared = owner.__dict__.get("BINDINGS", [])
    return [binding for binding in declared if isinstance(binding, Binding)]
