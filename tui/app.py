"""The watcher's screen: samples the store ten times a second and hands each pane what it shows.

The reading thread owns the files, the store owns the numbers, the panes own the drawing; the app only knows which run,
which metric and which stretch of it the user looks at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo
from typing import Any, ClassVar, Protocol

from textual import on
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input

from tui import theme
from tui.alarm import Alarm
from tui.bindings import KEYS, key_groups
from tui.buckets import Axis
from tui.messages import EventOpened, MetricChosen, RunChosen
from tui.presenter import TILES, Look, Presenter
from tui.save_view import save_view
from tui.screens.help import HelpScreen
from tui.store import Store
from tui.what_if import NO_OVERRIDES
from tui.widgets.chart import ChartPane
from tui.widgets.data_line import DataLine
from tui.widgets.events import EventsPane
from tui.widgets.header import HeaderLine
from tui.widgets.heat import HeatPane
from tui.widgets.metrics import MetricsPane
from tui.widgets.runs import RunsPane
from tui.widgets.system import SystemPane
from tui.widgets.tile import Tile
from tui.widgets.verdict import VerdictPane
from tui.window import ChartState

SAMPLE_SECONDS = 0.1
"""Time between looks at the store; the eye follows no more than ten numbers a second."""


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
        overrides: settings of the detector that limits are drawn at, over the run's own.
        on_alert: the words of a command to run when the run becomes worse.
        clock: the present, in unix seconds.
        zone: time zone of clock times; the machine's own when None.
    """

    CSS_PATH = "monitor.tcss"
    TITLE = "SeqSetVAE"

    BINDINGS: ClassVar[list[BindingType]] = list(KEYS)

    def __init__(
        self,
        store: Store,
        source: Source,
        *,
        run: str | None = None,
        pattern: str = "",
        theme_choice: str = "auto",
        overrides: Mapping[str, Any] = NO_OVERRIDES,
        on_alert: tuple[str, ...] | None = None,
        clock: Callable[[], float] = time.time,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-normal"), (140, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]
        self._store = store
        self._source = source
        self._look = Look(run=run, pattern=pattern)
        self._presenter = Presenter(self, store, overrides)
        self._alarm = Alarm(self, store, on_alert, emit=self.emit)
        self._theme_choice = theme_choice
        self._clock = clock
        self._zone = zone
        self._seen: tuple[object, ...] = ()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The watcher's own variables, for themes that do not have them."""
        return dict(theme.DARK.variables)

    def compose(self) -> ComposeResult:
        """The panes, from top to bottom."""
        yield HeaderLine()
        with Horizontal(id="tiles"):
            for place in range(TILES):
                yield Tile(place)
        with Horizontal(id="main"):
            with Vertical(id="side"):
                yield RunsPane()
                yield MetricsPane()
                yield Input(self._look.pattern, placeholder="words or glob", id="filter", compact=True)
            with Vertical(id="centre"):
                yield ChartPane(self._zone)
                yield HeatPane()
            with Vertical(id="right"):
                yield VerdictPane()
                yield SystemPane()
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
        self.set_interval(SAMPLE_SECONDS, self.tick)
        self.call_after_refresh(self.sample)

    def on_unmount(self) -> None:
        """End reading."""
        self._source.stop()

    @property
    def chart_state(self) -> ChartState:
        """What the large chart shows."""
        return self._look.chart

    @property
    def run_name(self) -> str | None:
        """The run on the screen."""
        return self._look.run

    def sample(self) -> None:
        """Look at the store, and show all that has changed since the last look."""
        self._sample(everything=True)

    def tick(self) -> None:
        """Look at the store, and show what is due.

        The timer may tick once more while the app closes and its panes are already gone.
        """
        self._sample(everything=False)

    def _sample(self, *, everything: bool) -> None:
        if not self.is_running:
            return
        self._choose_run()
        if self._look.run is not None:
            self._alarm.look(self._look.run)
        self._look = replace(self._look, notices=self._alarm.notices(self._look.run))
        now = self._clock()
        data = self._store.data(self._look.run) if self._look.run is not None else None
        revision = data.revision if data is not None else -1
        seen = (self._store.revision, revision, int(now), self._look)
        if (seen == self._seen and not self._presenter.behind) or len(self.screen_stack) > 1:
            return
        self._seen = seen
        self._look = self._presenter.show(self._look, now, everything=everything)

    def _choose_run(self) -> None:
        runs = self._store.runs()
        if self._look.run is None and runs:
            self._look = replace(self._look, run=runs[0].name)
            self._source.select(runs[0].name)
        elif self._look.run is not None and not self._seen:
            self._source.select(self._look.run)

    def on_run_chosen(self, message: RunChosen) -> None:
        """Turn to another run."""
        self._turn_to(message.name)

    def on_metric_chosen(self, message: MetricChosen) -> None:
        """Show another metric."""
        self._look = self._look.at_metric(message.name)
        self.sample()
        if message.opened:
            self.screen.remove_class("-verdict")
            self.screen.add_class("-enlarged")
            self.query_one(ChartPane).focus()

    def on_event_opened(self, message: EventOpened) -> None:
        """Show the chart about an event, on the axis of steps."""
        self._set_chart(replace(self._look.chart, axis=Axis.STEP, window=None))
        span = self.query_one(ChartPane).span
        if span is not None:
            self._set_chart(self._look.chart.around(message.step, span))

    @on(Input.Changed)
    def follow_filter(self, message: Input.Changed) -> None:
        """Filter as the user types."""
        self._look = replace(self._look, pattern=message.value)
        self.sample()

    @on(Input.Submitted)
    def keep_filter(self) -> None:
        """Keep the filter, and go back to the list."""
        self._close_filter()

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(key_groups()), lambda _: self.sample())

    def action_filter(self) -> None:
        """Open the filter."""
        self.screen.remove_class("-enlarged", "-verdict")
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def action_close(self) -> None:
        """Close what is open: the filter and what it hides, the enlarged chart, or the verdict over it."""
        if self.query_one("#filter", Input).has_class("-open"):
            self.query_one("#filter", Input).value = ""
            self._close_filter()
        elif self.screen.has_class("-enlarged") or self.screen.has_class("-verdict"):
            self.screen.remove_class("-enlarged", "-verdict")
            self.query_one(MetricsPane).focus()
        elif self._look.pattern:
            self.query_one("#filter", Input).value = ""

    def action_run(self, by: int) -> None:
        """Turn to a neighbouring run."""
        names = [run.name for run in self._store.runs()]
        if names:
            place = names.index(self._look.run) if self._look.run in names else 0
            self._turn_to(names[(place + by) % len(names)])

    def action_nth_run(self, place: int) -> None:
        """Turn to a run by its number in the list."""
        runs = self._store.runs()
        if place <= len(runs):
            self._turn_to(runs[place - 1].name)

    def action_metric(self, by: int) -> None:
        """Show a neighbouring metric of the list."""
        names = [metric.name for metric in self._presenter.metrics]
        if names:
            place = names.index(self._look.chart.metric) + by if self._look.chart.metric in names else 0
            self._look = self._look.at_metric(names[place % len(names)])
            self.sample()

    def action_log(self) -> None:
        """Turn the logarithmic axis on or off."""
        self._set_chart(replace(self._look.chart, log=not self._look.chart.log))

    def action_axis(self) -> None:
        """Next kind of x axis."""
        self._set_chart(self._look.chart.next_axis())

    def action_smooth(self) -> None:
        """Next degree of smoothing."""
        self._set_chart(self._look.chart.next_smoothing())

    def action_zoom(self, factor: float) -> None:
        """Zoom about the middle."""
        span = self.query_one(ChartPane).span
        if span is not None:
            self._set_chart(self._look.chart.zoomed(factor, span))

    def action_pan(self, direction: int) -> None:
        """Move along the x axis."""
        span = self.query_one(ChartPane).span
        if span is not None:
            self._set_chart(self._look.chart.panned(direction, span))

    def action_reset(self) -> None:
        """Show the whole run."""
        self._set_chart(replace(self._look.chart, window=None))

    def action_verdict(self) -> None:
        """Show or hide the verdict: beside the chart where there is room, in its place where there is not."""
        screen = self.screen
        if screen.has_class("-wide") and not screen.has_class("-enlarged"):
            screen.toggle_class("-without-verdict")
            return
        screen.remove_class("-enlarged")
        if screen.has_class("-wide"):
            screen.remove_class("-without-verdict")
        elif screen.has_class("-verdict"):
            self.action_close()
        else:
            screen.add_class("-verdict")
            self.query_one(VerdictPane).focus()

    def action_theme(self) -> None:
        """Dark to light, and back."""
        self.theme = theme.LIGHT.name if self.current_theme.dark else theme.DARK.name

    def action_acknowledge(self) -> None:
        """Quieten the run at its present level."""
        if self._look.run is not None:
            self._alarm.acknowledge(self._look.run)
            self.sample()

    def action_mute(self) -> None:
        """Alerts off, and on again."""
        self._alarm.mute()
        self.sample()

    def action_export(self) -> None:
        """Write the chart's points and a picture of the screen."""
        info = self._store.run(self._look.run) if self._look.run is not None else None
        if info is None:
            self.notify("there is no run to export yet", severity="warning", markup=False)
            return
        origin = self._store.head(info.name).first_t or 0.0
        save_view(self, info, self._look.chart, origin=origin, now=self._clock(), zone=self._zone)

    def emit(self, characters: str) -> None:
        """Write to the terminal past the screen: for sequences that show nothing, in the order of the frames."""
        if self._driver is not None:
            self._driver.write(characters)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, by name, in the command palette."""
        yield from super().get_system_commands(screen)
        for binding in KEYS:
            if binding.action not in ("quit", "close"):
                yield SystemCommand(binding.tooltip, f"key {binding.key_display or binding.key}", self._runner(binding))

    def _runner(self, binding: Binding) -> Callable[[], None]:
        async def run() -> None:
            await self.run_action(binding.action)

        def later() -> None:
            self.call_later(run)

        return later

    def _turn_to(self, name: str) -> None:
        if name != self._look.run:
            self._look = replace(self._look, run=name, chart=replace(self._look.chart, window=None))
            self._source.select(name)
            self.sample()

    def _set_chart(self, state: ChartState) -> None:
        self._look = replace(self._look, chart=state)
        self.sample()

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).remove_class("-open")
        self.query_one(MetricsPane).focus()
        self.sample()
