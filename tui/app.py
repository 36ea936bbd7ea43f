"""The watcher's screen: samples the store seven times a second and hands each pane what it shows.

The reading thread owns the files, the store owns the numbers, the panes own the drawing; the app only knows which run,
which metric and which stretch of it the user looks at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import tzinfo
from typing import Any, ClassVar

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Event, InputEvent
from textual.screen import Screen
from textual.theme import ThemeProvider
from textual.widgets import Input

from seqsetvae.i18n.language import told, tr
from tui.actions.alerts import AlertActions
from tui.actions.chart import ChartActions
from tui.actions.copy import CopyActions
from tui.actions.export import ExportActions
from tui.actions.export_menu import ExportMenuActions
from tui.actions.memory import REMEMBER_SECONDS, MemoryActions
from tui.actions.path import PathActions
from tui.actions.replay import ReplayActions
from tui.actions.runs import RunActions
from tui.actions.trial import Trial
from tui.actions.viewer import Source
from tui.actions.what_if import WhatIfActions
from tui.alerts.alarm import Alarm
from tui.bindings import KEYS
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine
from tui.panes.heat_pane import HeatPane
from tui.panes.key_line import KeyLine
from tui.panes.metrics_pane import MetricsPane
from tui.panes.painted import Column, PaintedScreen, Row
from tui.panes.path_pane import PathPane
from tui.panes.replay_bar import ReplayBar, StepPrompt
from tui.panes.runs_pane import RunsPane
from tui.panes.system_pane import SystemPane
from tui.panes.tile import Tile
from tui.panes.verdict_pane import VerdictPane
from tui.presenter import TILES, Look, Presenter
from tui.replay.playback import Opening, Playback
from tui.store import Store
from tui.terminal import theme
from tui.terminal.capabilities import FULL, Terminal
from tui.view_state import ViewMemory, ViewState
from tui.views.format import clean
from tui.views.window import ChartState
from tui.what_if.overrides import NO_OVERRIDES

SAMPLE_SECONDS = 0.15
"""Time between looks at the store; the eye follows few numbers a second, and keys are answered at once anyway."""

_LONGEST_VEIL_SECONDS = 1.0
"""After so long the panes are painted, wherever they have come to: a terminal that never settles must not stay dark."""

_FIRST_FRAME_SECONDS = 0.5
"""At most for so long the past of a log waits for the first frame."""

_ANSWER_SECONDS = 0.1
"""At most for so long it waits for a frame, and for the answer to a key."""


_WIDTHS = ((0, "-narrow"), (100, "-normal"), (140, "-wide"))
_HEIGHTS = ((0, "-short"), (32, "-tall"))
"""Cells from which the screen has a class; the last that fits counts."""


class MonitorApp(
    RunActions,
    ChartActions,
    MemoryActions,
    AlertActions,
    CopyActions,
    ExportActions,
    ExportMenuActions,
    ReplayActions,
    PathActions,
    WhatIfActions,
):
    """Watches the runs of one log directory.

    Args:
        store: where the numbers are.
        source: what puts them there; started and stopped with the app.
        run: the run to open on; the newest when None.
        pattern: the first filter on metrics.
        theme_choice: `auto`, `dark` or `light`.
        overrides: settings of the detector to try, over the run's own.
        terminal: what the terminal can show.
        background: `dark` or `light`, as far as the terminal tells.
        memory: where the view is kept for the next time; None keeps nothing.
        fresh: begin without the view that was kept.
        on_alert: the words of a command to run when the run becomes worse.
        opening: how to begin in the past; None begins in the present.
        make_playback: makes what plays a run.
        when_shown: called once, when the first frame is on the screen.
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
        terminal: Terminal = FULL,
        background: str | None = None,
        memory: ViewMemory | None = None,
        fresh: bool = False,
        on_alert: tuple[str, ...] | None = None,
        opening: Opening | None = None,
        make_playback: Callable[..., Playback] = Playback,
        when_shown: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.time,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__(driver_class=_plain_driver() if terminal.ascii else None)
        self.HORIZONTAL_BREAKPOINTS = list(_WIDTHS)
        self.VERTICAL_BREAKPOINTS = list(_HEIGHTS)
        self.store = store
        self.source = source
        self.look = Look(run=run, pattern=pattern)
        self.presenter = Presenter(self, store)
        self.trial = Trial(self, overrides, clock)
        self.alarm = Alarm(self, store, on_alert, emit=self.emit)
        self.terminal = terminal
        self.theme_choice = theme_choice
        self._background = background
        self.given = ViewState(theme=theme_choice, run=run, pattern=pattern)
        self.restored = ViewState()
        self.memory = memory
        self._fresh = fresh
        self.hidden = frozenset()
        self.opening = opening
        self.make_playback = make_playback
        self.clock = clock
        self.zone = zone
        self._seen: tuple[object, ...] = ()
        self._veil = ExitStack()
        self._veiled = True
        self._when_shown = when_shown

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The watcher's own variables, for themes that do not have them."""
        return dict(theme.DARK.variables)

    def get_default_screen(self) -> Screen[None]:
        """The screen that holds the panes, of the classes that its size has: others would be another layout first."""
        classes = [
            [name for least, name in kinds if cells >= least][-1]
            for kinds, cells in ((_WIDTHS, self.size.width), (_HEIGHTS, self.size.height))
        ]
        return PaintedScreen(id="_default", classes=" ".join(classes))

    def on_load(self) -> None:
        """Choose the colours before any style is worked out, which takes a tenth of a start each time."""
        for each in theme.ALL:
            self.register_theme(each)
        kept = self.memory.load()[0].theme if self.memory is not None and not self._fresh else "auto"
        choice = self.theme_choice if self.theme_choice != "auto" else kept
        self.set_reactive(App.theme, self._theme_of(choice))
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def compose(self) -> ComposeResult:
        """The panes, from top to bottom."""
        yield HeaderLine()
        with Row(id="tiles"):
            for place in range(TILES):
                yield Tile(place)
        with Row(id="main"):
            with Column(id="side"):
                yield RunsPane()
                yield MetricsPane()
                yield Input(self.look.pattern, placeholder=tr("words or glob"), id="filter", compact=True)
            with Column(id="centre"):
                yield ChartPane(self.zone)
                with Row(id="latent"):
                    yield HeatPane(self.terminal.heat_ramp)
                    yield PathPane()
            with Column(id="right"):
                yield VerdictPane()
                yield SystemPane()
        yield EventsPane(self.zone)
        yield ReplayBar(self.zone)
        yield StepPrompt()
        yield DataLine()
        yield KeyLine()

    def on_mount(self) -> None:
        """Begin reading and sampling; nothing is painted before there is something to see."""
        self._veil.enter_context(self.batch_update())
        if self.memory is not None and not self._fresh:
            self._restore(self.memory)
        self.use_theme(self.theme_choice)
        self.store.attention.claim(_FIRST_FRAME_SECONDS)
        self.source.start()
        self.query_one(MetricsPane).focus()
        self.set_interval(SAMPLE_SECONDS, self.tick)
        if self.memory is not None:
            self.set_interval(REMEMBER_SECONDS, self.remember)
        self.call_next(self.sample)

    def on_ready(self) -> None:
        """The panes have their places: paint them, once they have drawn themselves for these."""
        self.call_after_refresh(self._unveil)
        self.set_timer(_LONGEST_VEIL_SECONDS, self._unveil)

    def _unveil(self) -> None:
        if self._veiled:
            self._veiled = False
            self._veil.close()
            self.call_after_refresh(self._shown)

    def _shown(self) -> None:
        """What had to wait for the first frame goes on."""
        self.store.attention.release()
        if self._when_shown is not None:
            self._when_shown()

    def on_unmount(self) -> None:
        """End reading, and keep the view."""
        self.end_replay()
        self.source.stop()
        self.presenter.close()
        if self.memory is not None:
            self.memory.save(self.view_state())

    def use_theme(self, choice: str) -> None:
        """Turn to the `dark` or the `light` colours that the terminal can show; `auto` goes by its background."""
        self.theme_choice = choice
        self.theme = self._theme_of(choice)

    def _theme_of(self, choice: str) -> str:
        return theme.theme_name(choice, sixteen=self.terminal.sixteen, background=self._background)

    def _restore(self, memory: ViewMemory) -> None:
        state, note = memory.load()
        self.restore(state)
        if note is not None:
            self.notify(clean(told(note)), severity="warning", markup=False)

    @property
    def chart_state(self) -> ChartState:
        """What the large chart shows."""
        return self.look.chart

    @property
    def run_name(self) -> str | None:
        """The run on the screen."""
        return self.look.run

    async def on_event(self, event: Event) -> None:
        """What the user does goes before the reading of a long past."""
        if isinstance(event, InputEvent):
            self.store.attention.claim(_ANSWER_SECONDS)
        await super().on_event(event)

    def sample(self) -> None:
        """Look at the store, and show what the user has just asked for, or else all that has changed."""
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
        if self.look.run is not None and self.hears_alerts:
            self.alarm.look(self.look.run)
        self.follow_replay()
        self.look = replace(self.look, notices=self.alarm.notices(self.look.run))
        self.follow_trial()
        now = self.clock()
        scene = self.scene(now)
        revision = scene.data.revision if scene.data is not None else -1
        seen = (self.store.revision, revision, int(now), int(scene.now), self.look, self.presenter.beside(self.look))
        if (seen == self._seen and not self.presenter.behind) or len(self.screen_stack) > 1:
            return
        self._seen = seen
        if scene.data is not None and scene.data.facts.progress < 1:
            self.store.attention.claim(_ANSWER_SECONDS)
            self.call_after_refresh(self.store.attention.release)
        # A moment of the past is shown as a whole; it changes no more often than one is built.
        whole = everything or scene.cut is not None
        self.look = self.presenter.show(self.look, scene, now, everything=whole)

    def _choose_run(self) -> None:
        runs = self.store.runs()
        if self.look.run is None and runs:
            self.look = replace(self.look, run=runs[0].name)
            self.source.select(runs[0].name)
        elif self.look.run is not None and not self._seen:
            self.source.select(self.look.run)

    def emit(self, characters: str) -> None:
        """Write to the terminal past the screen: for sequences that show nothing, in the order of the frames."""
        if self._driver is not None:
            self._driver.write(characters)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, by name, in the command palette."""
        for command in super().get_system_commands(screen):
            yield SystemCommand(told(command.title), told(command.help), command.callback, command.discover)
        for binding in KEYS:
            if binding.action not in ("quit", "close"):
                key = tr("key {key}", key=binding.key_display or binding.key)
                yield SystemCommand(told(binding.tooltip), key, self._runner(binding))

    def action_command_palette(self) -> None:
        """Open the palette of commands."""
        if self.use_command_palette and not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=tr("Search for commands…"), id="--command-palette"))

    def search_themes(self) -> None:
        """Open the palette of themes."""
        self.push_screen(CommandPalette([ThemeProvider], placeholder=tr("Search for themes…")))

    def _runner(self, binding: Binding) -> Callable[[], None]:
        async def run() -> None:
            await self.run_action(binding.action)

        def later() -> None:
            self.call_later(run)

        return later


def _plain_driver() -> type[Driver]:
    from tui.terminal.plain_driver import PlainDriver  # POSIX only

    return PlainDriver
