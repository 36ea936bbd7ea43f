"""The watcher on real files, without threads: a test reads, ticks and turns the clock."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.logs import T0, ZONE
from tests.tui.replay.test_playback import Clock
from tests.tui.test_app import text_of
from tui.app import MonitorApp
from tui.follow.log_follower import Reader
from tui.panes.replay_bar import ReplayBar
from tui.replay.playback import Opening, Playback, Position
from tui.store.store import Store


class Files:
    """A source that reads when it is asked to, in the caller's thread."""

    def __init__(self, logdir: Path) -> None:
        self.store = Store(logdir=logdir)
        self.reader = Reader(self.store, notify=False, clock=partial(next, count(0.0, 10.0)))
        self.reader.discover()

    def start(self) -> None:
        """Nothing runs by itself."""

    def stop(self) -> None:
        """Nothing is left behind."""

    def follow(self, names: Sequence[str]) -> None:
        """No other runs are read."""

    def select(self, name: str) -> None:
        """Read all that is there of a run."""
        self.reader.read_all(name)


def app_of(
    logdir: Path, *, opening: Opening | None = None, theme: str = "dark", now: float = T0 + 5_000
) -> tuple[MonitorApp, Clock]:
    """An app whose replay is played by the clock that comes with it."""
    files, clock = Files(logdir), Clock()
    app = MonitorApp(
        files.store,
        files,
        theme_choice=theme,
        opening=opening,
        make_playback=partial(Playback, clock=clock, threaded=False),
        clock=lambda: now,
        zone=ZONE,
    )
    return app, clock


async def settled(app: MonitorApp, pilot: Pilot[None]) -> None:
    """All drawn; from now on only the test ticks."""
    for timer in list(app._timers):
        timer.pause()
    for _ in range(2):
        app.sample()
        await pilot.pause()


async def pressed(app: MonitorApp, pilot: Pilot[None], *keys: str) -> Position:
    """Press keys, and see where the replay stands."""
    await pilot.press(*keys)
    app.sample()
    await pilot.pause()
    assert app.replay.playback is not None
    return app.replay.playback.position


def step_of(position: Position) -> int:
    """The step that is shown."""
    assert position.moment is not None
    return position.moment.step


def bar_of(app: MonitorApp) -> str:
    """The text of the bar."""
    return text_of(app, ReplayBar)
