"""Other thresholds tried on the screen: the dialog, what it changes, and how it keeps up with a log that grows."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from seqsetvae.stream.records import Level
from tests.tui.logs import ZONE, ScriptedSource, append
from tests.tui.test_app import app_of, text_of
from tests.tui.test_app_snapshots import settled
from tests.tui.what_if.test_overrides import COLLAPSING
from tui.app import MonitorApp
from tui.dialogs.thresholds_dialog import ThresholdsScreen
from tui.follow.log_follower import Reader
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.panes.verdict_pane import VerdictPane
from tui.store.store import Store
from tui.what_if.trial import AGAIN_SECONDS

WIDE, NARROW = (160, 45), (80, 24)
STRICT = {"kl_threshold": 8.0, "var_threshold": 0.5}
NOW = 1_760_030_000.0
"""Some time after the example has ended."""


class Log:
    """The example of a collapse, as far as a test has written it, and an app that watches it."""

    def __init__(self, directory: Path, *, lines: int | None = None, theme: str = "dark", **options: Any) -> None:
        self.run = directory / "collapsing"
        self.run.mkdir()
        self.now = NOW
        self._left = (COLLAPSING / "metrics.jsonl").read_bytes().splitlines(keepends=True)
        for name in ("run.json", "events.jsonl"):
            (self.run / name).write_bytes((COLLAPSING / name).read_bytes())
        (self.run / "metrics.jsonl").touch()
        self.store = Store(logdir=directory)
        self.reader = Reader(self.store, notify=False)
        self.write(len(self._left) if lines is None else lines)
        self.app = MonitorApp(
            self.store,
            ScriptedSource(()),
            run="collapsing",
            theme_choice=theme,
            clock=lambda: self.now,
            zone=ZONE,
            **options,
        )

    def write(self, lines: int) -> None:
        """Write some more of the log, and let the store have it."""
        append(self.run / "metrics.jsonl", b"".join(self._left[:lines]))
        self._left = self._left[lines:]
        for file in self.run.iterdir():
            os.utime(file, (NOW - 60, NOW - 60))
        self.reader.discover()
        self.reader.read_all("collapsing")


Start = Callable[..., Log]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return lambda **options: Log(tmp_path, **options)


async def judged(app: MonitorApp, pilot: Pilot[None]) -> None:
    """The screen once the log has been judged."""
    app.sample()
    await app.workers.wait_for_complete()
    app.sample()
    await pilot.pause()


async def typed(app: MonitorApp, pilot: Pilot[None], name: str, text: str) -> None:
    """Type a value for a setting."""
    app.screen.query_one(f"#{name}", Input).value = text
    await pilot.pause()


def marks(app: MonitorApp) -> list[tuple[Level, int]]:
    return [(turn.level, turn.step) for turn in app.query_one(ChartPane)._content.what_if]


def hint(app: MonitorApp) -> str:
    return str(app.screen.query_one("#thresholds-hint", Static).content)


async def test_settings_from_the_start_are_judged_marked_and_reported(start: Start) -> None:
    app = start(overrides=STRICT).app
    async with app.run_test(size=WIDE) as pilot:
        await judged(app, pilot)
        assert marks(app) == [(Level.YELLOW, 800), (Level.ORANGE, 6_600), (Level.RED, 6_800)]
        assert "▽ what if" in text_of(app, ChartPane)
        assert "what if kl_threshold 8, var_threshold 0.5: yellow at step 800 instead of 4,000" in text_of(
            app, DataLine
        )
        verdict = text_of(app, VerdictPane)
        assert "red at step 6,800, as it was" in verdict
        assert verdict.index("what if") < verdict.index("why"), "it stands where it is seen"


async def test_a_narrow_screen_tells_it_in_the_data_line(start: Start) -> None:
    app = start(overrides={"min_checks": 1_000}).app
    async with app.run_test(size=NARROW) as pilot:
        await judged(app, pilot)
        assert text_of(app, DataLine)[:80].strip().startswith("what if min_checks 1000: red never instead of at step")


async def test_the_key_opens_the_settings_and_enter_tries_them(start: Start) -> None:
    app = start().app
    async with app.run_test(size=WIDE) as pilot:
        await judged(app, pilot)
        assert marks(app) == []
        await pilot.press("t")
        assert isinstance(app.screen, ThresholdsScreen)
        assert isinstance(app.focused, Input)
        assert app.focused.id == "kl_threshold"
        await typed(app, pilot, "kl_threshold", "8")
        await typed(app, pilot, "var_threshold", "0.5")
        await pilot.press("enter")
        await judged(app, pilot)
        assert dict(app.viewer.selection.overrides) == STRICT
        assert marks(app)[0] == (Level.YELLOW, 800)
        limits = app.query_one(ChartPane)._content.limits
        assert 8.0 in [limit.value for limit in limits]


async def test_a_wrong_value_says_why_in_place_and_is_not_tried(start: Start) -> None:
    app = start().app
    async with app.run_test(size=NARROW) as pilot:
        await judged(app, pilot)
        await pilot.press("t")
        assert hint(app) == "kl_threshold: KL is low below, nats a set; none: by latent dimensions"
        await typed(app, pilot, "kl_threshold", "low")
        assert hint(app) == "--kl_threshold is 'low', expected NUMBER"
        await pilot.press("down", "down", "enter")
        assert isinstance(app.screen, ThresholdsScreen), "it stays open"
        assert isinstance(app.focused, Input)
        assert app.focused.id == "kl_threshold"
        assert "'low'" in hint(app)


async def test_escape_leaves_everything_as_it_was(start: Start) -> None:
    app = start(overrides=STRICT).app
    async with app.run_test(size=WIDE) as pilot:
        await judged(app, pilot)
        await pilot.press("t")
        assert app.screen.query_one("#kl_threshold", Input).value == "8", "what is tried now is filled in"
        await typed(app, pilot, "kl_threshold", "0.1")
        await pilot.press("escape")
        await judged(app, pilot)
        assert dict(app.viewer.selection.overrides) == STRICT


async def test_the_runs_own_settings_come_back_with_a_key_and_end_the_trial(start: Start) -> None:
    app = start(overrides=STRICT).app
    async with app.run_test(size=WIDE) as pilot:
        await judged(app, pilot)
        await pilot.press("t", "ctrl+r", "enter")
        await judged(app, pilot)
        assert dict(app.viewer.selection.overrides) == {}
        assert marks(app) == []
        assert "what if" not in text_of(app, DataLine) + text_of(app, VerdictPane) + text_of(app, ChartPane)


async def test_without_a_run_there_is_nothing_to_try() -> None:
    app = app_of(ScriptedSource(()))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("t")
        assert [note.message for note in app._notifications] == ["there is no run to judge yet"]


async def test_it_keeps_up_with_a_log_that_grows_but_not_at_every_line(start: Start) -> None:
    log = start(lines=15, overrides=STRICT)
    app = log.app
    async with app.run_test(size=WIDE) as pilot:
        await judged(app, pilot)
        assert marks(app) == []
        log.write(185)
        await judged(app, pilot)
        assert marks(app) == [], "it is too early to look again"
        log.now += AGAIN_SECONDS
        await judged(app, pilot)
        assert [level for level, _ in marks(app)] == [Level.YELLOW, Level.ORANGE, Level.RED]


async def test_another_run_is_judged_by_the_same_settings_again(start: Start) -> None:
    log = start(overrides=STRICT)
    other = log.run.with_name("other")
    other.mkdir()
    (other / "metrics.jsonl").write_bytes(b'{"t":1,"step":1,"posterior/kl":1.0}\n')
    log.reader.discover()
    log.reader.read_all("other")
    app = log.app
    async with app.run_test(size=WIDE) as pilot:
        await judged(app, pilot)
        assert marks(app)
        app.viewer.turn_to("other")
        await judged(app, pilot)
        assert marks(app) == []
        assert "green throughout" in text_of(app, DataLine)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["160x45", "80x24"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_dialog(snap_compare: Any, start: Start, size: tuple[int, int], theme: str) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("t")
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False
        pilot.app.screen.query_one("#kl_threshold", Input).value = "0.5"
        pilot.app.screen.query_one("#min_checks", Input).value = "few"
        await pilot.pause()

    assert snap_compare(start(theme=theme).app, terminal_size=size, run_before=opened)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["160x45", "80x24"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_would_have_been(snap_compare: Any, start: Start, size: tuple[int, int], theme: str) -> None:
    async def tried(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, MonitorApp)
        await settled(pilot)
        await judged(pilot.app, pilot)

    assert snap_compare(start(theme=theme, overrides=STRICT).app, terminal_size=size, run_before=tried)
