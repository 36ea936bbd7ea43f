"""The watcher's screen: samples the store seven times a second and hands each pane what it shows.

The reading thread owns the files, the store owns the numbers, the panes own the drawing and their keys; the app holds
what the user has selected.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import Any, ClassVar

from textual.actions import parse
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.driver import Driver
from textual.events import Event, InputEvent
from textual.screen import Screen
from textual.theme import ThemeProvider

from seqsetvae.i18n.language import tr, translated
from tui.alerts.alarm import Alarm
from tui.bindings import KEYS, OWNERS, key_groups
from tui.dialogs.export_dialog import ExportDialog
from tui.dialogs.help_dialog import HelpDialog
from tui.dialogs.panes_dialog import PanesDialog
from tui.dialogs.thresholds_dialog import WhatIfDialog
from tui.key_owner import KeyOwner
from tui.panes.cached_widget import PaneScreen
from tui.panes.clipboard import Clipboard
from tui.panes.metrics_pane import MetricsPane
from tui.panes.pane_layout import PaneLayout
from tui.panes.pane_tree import pane_tree
from tui.panes.replay_bar import ReplayBar
from tui.presenter import Presenter
from tui.replay.playback import Opening, Playback
from tui.selection import Selection
from tui.store.store import Store
from tui.terminal import theme
from tui.terminal.capabilities import FULL, Terminal
from tui.view_keeper import REMEMBER_SECONDS, ViewKeeper
from tui.view_state import ViewMemory, ViewState
from tui.viewer import LogFeed, Viewer
from tui.views.format import clean
from tui.views.snapshot import Snapshot
from tui.what_if.overrides import NO_OVERRIDES
from tui.what_if.trial import Trial

SAMPLE_SECONDS = 0.15
"""Time between samples of the store; the eye follows few numbers a second, and keys are answered at once anyway."""

_LONGEST_HOLD_SECONDS = 1.0
"""After so long the panes are drawn, settled or not: a terminal that never settles must not stay dark."""

_FIRST_FRAME_SECONDS = 0.5
"""At most for so long the past of a log waits for the first frame."""

_ANSWER_SECONDS = 0.1
"""At most for so long it waits for a frame, and for the answer to a key."""

_WIDTHS = ((0, "-narrow"), (100, "-normal"), (140, "-wide"))
_HEIGHTS = ((0, "-short"), (32, "-tall"))
"""Cells from which the screen has a class; the last that fits counts."""


class MonitorApp(App[None]):
    """Watches the runs of one log directory.

    Args:
        store: where the numbers are.
        feed: what puts them there; started and stopped with the app.
        run: the run to open on; the newest when None.
        pattern: the first filter on metrics.
        theme_choice: `auto`, `dark` or `light`.
        overrides: settings of the detector to try, over the run's own.
        terminal: what the terminal can show.
        background: `dark` or `light`, None where the terminal does not say.
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
        feed: LogFeed,
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
        self.feed = feed
        self._terminal = terminal
        self._background = background
        self._opening = opening
        self._make_playback = make_playback
        self._when_shown = when_shown
        self.clock = clock
        self._zone = zone
        selection = Selection(run=run, pattern=pattern, overrides=overrides)
        self.viewer = Viewer(store, feed, selection, sample=self.sample)
        self.panes = PaneLayout(self, self.viewer)
        self.presenter = Presenter(self, self.viewer)
        self.alarm = Alarm(self, self.viewer, on_alert, emit=self.emit)
        given = ViewState(theme=theme_choice, run=run, pattern=pattern)
        self.keeper = ViewKeeper(memory, given, viewer=self.viewer, layout=self.panes, alarm=self.alarm, fresh=fresh)
        self._trial = Trial(partial(self.run_worker, group="what-if", thread=True), clock)
        self._owners: dict[str, KeyOwner] = {
            "alarm": self.alarm,
            "clipboard": Clipboard(self),
            "export": ExportDialog(self, self.viewer, self.snapshot, zone),
            "help": HelpDialog(self, self.viewer, key_groups),
            "layout": self.panes,
            "panes": PanesDialog(self, self.viewer, self.panes),
            "what_if": WhatIfDialog(self, self.viewer, self.snapshot),
        }
        self.replay: ReplayBar
        self._seen: tuple[object, ...] = ()
        self._held_updates = ExitStack()
        self._held_back = True

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The watcher's own variables, for themes that do not have them."""
        return dict(theme.DARK.variables)

    def get_default_screen(self) -> Screen[None]:
        """The screen that holds the panes, of the classes that its size has: others would be another layout first."""
        classes = [
            [name for least, name in kinds if cells >= least][-1]
            for kinds, cells in ((_WIDTHS, self.size.width), (_HEIGHTS, self.size.height))
        ]
        return PaneScreen(id="_default", classes=" ".join(classes))

    def on_load(self) -> None:
        """Restore the view; choose colours before any style is worked out, which takes a tenth of a start each time."""
        for each in theme.ALL:
            self.register_theme(each)
        note = self.keeper.load()
        if note is not None:
            self.call_later(self.notify, clean(translated(note)), severity="warning", markup=False)
        self.set_reactive(App.theme, self._theme_of(self.keeper.theme))
        self.set_class(self.current_theme.dark, "-dark-mode", update=False)
        self.set_class(not self.current_theme.dark, "-light-mode", update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def compose(self) -> ComposeResult:
        """The panes, from top to bottom."""
        self.replay = ReplayBar(self.viewer, opening=self._opening, make_playback=self._make_playback, zone=self._zone)
        ramp = self._terminal.heat_ramp
        for pane in pane_tree(self.viewer, self.panes, self.replay, heat_ramp=ramp, zone=self._zone):
            if pane.id in OWNERS and isinstance(pane, OWNERS[pane.id]):
                self._owners[pane.id] = pane
            yield pane

    def on_mount(self) -> None:
        """Begin reading and sampling; nothing is drawn before there is something to see."""
        self._held_updates.enter_context(self.batch_update())
        self.keeper.arrange()
        self._use_theme(self.keeper.theme)
        self.viewer.store.priority.claim(_FIRST_FRAME_SECONDS)
        self.feed.start()
        self.query_one(MetricsPane).focus()
        self.set_interval(SAMPLE_SECONDS, self.tick)
        self.set_interval(REMEMBER_SECONDS, self.remember)
        self.call_next(self.sample)

    def on_ready(self) -> None:
        """The panes have their places: show them, once they have drawn themselves for these."""
        self.call_after_refresh(self._show_first_frame)
        self.set_timer(_LONGEST_HOLD_SECONDS, self._show_first_frame)

    def _show_first_frame(self) -> None:
        if self._held_back:
            self._held_back = False
            self._held_updates.close()
            self.call_after_refresh(self._shown)

    def _shown(self) -> None:
        """What had to wait for the first frame goes on."""
        self.viewer.store.priority.release()
        if self._when_shown is not None:
            self._when_shown()

    def on_unmount(self) -> None:
        """End reading, and keep the view."""
        self._trial.close()
        self.feed.stop()
        self.presenter.close()
        self.keeper.save()

    async def on_event(self, event: Event) -> None:
        """What the user does goes before the reading of a long past."""
        if isinstance(event, InputEvent):
            self.viewer.store.priority.claim(_ANSWER_SECONDS)
        await super().on_event(event)

    def on_close_up_ready(self) -> None:
        """Draw the finer points of the chart."""
        self.sample()

    def snapshot(self) -> Snapshot:
        """What is known of the run on the screen, at the moment that is shown."""
        run, store, now = self.viewer.selection.run, self.viewer.store, self.clock()
        if run is None:
            return Snapshot(info=None, data=None, now=now)
        return self.replay.at_moment(Snapshot(info=store.run(run), data=store.data(run), now=now))

    def sample(self) -> None:
        """Sample the store, and show what the user has just asked for, or else all that has changed."""
        self._sample(everything=True)

    def tick(self) -> None:
        """Sample the store, and show what is due.

        The timer may tick once more while the app closes and its panes are already gone.
        """
        self._sample(everything=False)

    def _sample(self, *, everything: bool) -> None:
        if not self.is_running:
            return
        self._choose_run()
        if self.replay.opening is None:  # a replay from the start is about the past
            self.alarm.raise_new()
        self.replay.follow()
        now, store, snapshot = self.clock(), self.viewer.store, self._commented(self.snapshot())
        data = snapshot.data
        seen = (
            (store.revision, data.revision if data is not None else -1, int(now), int(snapshot.now)),
            (self.viewer.selection, snapshot.notices, snapshot.what_if),
            self.presenter.curves_revision(),
        )
        if (seen == self._seen and not self.presenter.behind) or len(self.screen_stack) > 1:
            return
        self._seen = seen
        if data is not None and data.facts.progress < 1:
            store.priority.claim(_ANSWER_SECONDS)
            self.call_after_refresh(store.priority.release)
        # A moment of the past is shown as a whole; it changes no more often than one is built.
        self.presenter.show(snapshot, now, everything=everything or snapshot.cut is not None)

    def _commented(self, snapshot: Snapshot) -> Snapshot:
        """With what alerts and other thresholds have to say."""
        what_if = self._trial.comparison(self.viewer.selection.overrides, snapshot)
        notices = self.alarm.notices if what_if is None else ((what_if.notice, True), *self.alarm.notices)
        return replace(snapshot, notices=notices, what_if=what_if)

    def _choose_run(self) -> None:
        selection, runs = self.viewer.selection, self.viewer.store.runs()
        if selection.run is None and runs:
            self.viewer.selection = replace(selection, run=runs[0].name)
            self.feed.select(runs[0].name)
        elif selection.run is not None and not self._seen:
            self.feed.select(selection.run)

    def action_send(self, owner: str, action: str) -> None:
        """Let the owner of a key carry it out."""
        _, name, parameters = parse(action)
        getattr(self._owners[owner], f"action_{name}")(*parameters)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action is possible now, which the owner of its key knows."""
        if action != "send":
            return super().check_action(action, parameters)
        owner, sent = map(str, parameters)
        _, name, given = parse(sent)
        return self._owners[owner].check_action(name, given)

    def action_theme(self) -> None:
        """Dark to light, and back."""
        self._use_theme("light" if self.current_theme.dark else "dark")

    def _use_theme(self, choice: str) -> None:
        """Turn to the `dark` or the `light` colours that the terminal can show; `auto` goes by its background."""
        self.keeper.theme = choice
        self.theme = self._theme_of(choice)

    def _theme_of(self, choice: str) -> str:
        return theme.theme_name(choice, sixteen=self._terminal.sixteen, background=self._background)

    def remember(self) -> None:
        """Keep the view; in a thread, since a home may be on a slow network."""
        memory, view = self.keeper.memory, self.keeper.view()
        if memory is not None:
            self.run_worker(lambda: memory.save(view), thread=True, group="memory")

    def emit(self, characters: str) -> None:
        """Write to the terminal past the screen: for sequences that show nothing, in the order of the frames."""
        if self._driver is not None:
            self._driver.write(characters)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every key's action, by name, in the command palette."""
        for command in super().get_system_commands(screen):
            yield SystemCommand(translated(command.title), translated(command.help), command.callback, command.discover)
        for binding in KEYS:
            if binding.id not in ("app.quit", "app.back"):
                key = tr("key {key}", key=binding.key_display or binding.key)
                yield SystemCommand(translated(binding.tooltip), key, self._runner(binding))

    def action_command_palette(self) -> None:
        """Open the palette of commands."""
        if self.use_command_palette and not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=tr("Search for commands…"), id="--command-palette"))

    def search_themes(self) -> None:
        """Open the palette of themes."""
        self.push_screen(CommandPalette([ThemeProvider], placeholder=tr("Search for themes…")))

    def _runner(self, binding: Binding) -> Callable[[], None]:
        def run() -> None:
            self.call_later(self.run_action, binding.action)

        return run


def _plain_driver() -> type[Driver]:
    from tui.terminal.plain_driver import PlainDriver  # POSIX only

    return PlainDriver
