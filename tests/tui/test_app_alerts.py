"""Alerts, other thresholds and exports on the screen: what is rung, shown and written."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot

import tui.app
from seqsetvae.stream.records import EventRecord, Level
from tests.tui.logs import T0, ZONE, ScriptedSource, write_run
from tui.alerts.alert_command import command_words
from tui.app import MonitorApp
from tui.follow.log_follower import Reader
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.store.store import Store

RUN = "p12-latent256"
SIZE = (160, 45)


class Ringing(MonitorApp):
    """An app that keeps what it would write past the screen."""

    CSS_PATH = str(Path(tui.app.__file__).with_name("monitor.tcss"))

    def emit(self, characters: str) -> None:
        self.__dict__.setdefault("rung", []).append(characters)

    @property
    def rings(self) -> list[str]:
        rung: list[str] = self.__dict__.get("rung", [])
        return rung


def app_of(source: ScriptedSource, **options: object) -> Ringing:
    return Ringing(source.store, source, theme_choice="dark", clock=lambda: T0 + 1_000, zone=ZONE, **options)  # type: ignore[arg-type]


async def judged(app: Ringing, source: ScriptedSource, pilot: Pilot[None], step: int, level: Level, said: str) -> None:
    """One more verdict on the run arrives, and is looked at."""
    event = EventRecord(t=T0 + step, step=step, level=level, kind="collapse", message=said)
    source.store.data(RUN).add_events([event])
    app.sample()
    await pilot.pause()


def data_line(app: MonitorApp) -> str:
    return "\n".join(strip.text for strip in app.query_one(DataLine).strips())


def toasts(app: MonitorApp) -> list[str]:
    return [f"{note.title}: {note.message}" if note.title else note.message for note in app._notifications]


async def test_a_new_red_rings_notifies_and_is_shown_and_the_past_is_not() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        assert app.rings == [], "the log was orange when it was opened"
        await judged(app, source, pilot, 990, Level.RED, "[bold]KL\x1b]0;t\x07 0")
        (ring,) = app.rings
        assert ring.startswith("\a")
        assert "\x1b]0;" not in ring
        assert toasts(app) == [f"{RUN} is red: [bold]KL�]0;t� 0"]
        assert "new red: a acknowledges" in data_line(app)


async def test_acknowledging_takes_the_notice_away_and_keeps_the_level_quiet() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        await judged(app, source, pilot, 990, Level.RED, "dead")
        await pilot.press("a")
        assert toasts(app) == ["red acknowledged: quiet until it gets worse"]
        assert "acknowledges" not in data_line(app)
        await judged(app, source, pilot, 991, Level.ORANGE, "better")
        await judged(app, source, pilot, 992, Level.RED, "worse")
        assert len(app.rings) == 1


async def test_a_muted_watcher_shows_the_notice_and_makes_no_noise() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        await pilot.press("m")
        assert "alerts muted" in data_line(app)
        await judged(app, source, pilot, 990, Level.RED, "dead")
        assert app.rings == []
        assert toasts(app) == ["alerts are muted"]
        assert "new red: a acknowledges" in data_line(app)
        await pilot.press("m")
        assert "alerts muted" not in data_line(app)


async def test_nothing_to_acknowledge_is_said() -> None:
    source = ScriptedSource(steps=0)
    source.selected.append(RUN)  # a run whose log is empty
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        await pilot.press("a")
        assert toasts(app) == ["nothing to acknowledge"]


async def test_an_alert_runs_the_command_even_when_muted(tmp_path: Path) -> None:
    said = tmp_path / "said.json"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    source = ScriptedSource()
    app = app_of(source, on_alert=command_words(shlex.join([sys.executable, "-c", code, str(said)])))
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        await pilot.press("m")
        await judged(app, source, pilot, 990, Level.RED, "dead")
        command = app.alarm._command
        assert command is not None
        command.finish()
    assert json.loads(said.read_text())["run"] == RUN


async def test_limits_are_drawn_at_other_thresholds() -> None:
    source = ScriptedSource()
    app = app_of(source, overrides={"kl_threshold": 1.75})
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        await pilot.pause()
        content = app.query_one(ChartPane)._content
        assert content is not None
        assert [limit.value for limit in content.limits if limit.low] == [1.75]


async def test_the_key_writes_the_points_and_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "logs" / "a", steps=50)
    store = Store(logdir=tmp_path / "logs")
    reader = Reader(store, notify=False)
    reader.read_all("a")
    app = MonitorApp(store, ScriptedSource(()), run="a", theme_choice="dark", clock=lambda: T0, zone=ZONE)
    async with app.run_test(size=SIZE) as pilot:
        app.sample()
        await pilot.press("e")
        await app.workers.wait_for_complete()
        await pilot.pause()
        table, picture = (tmp_path / f"a-posterior-kl-20231114-221320.{kind}" for kind in ("csv", "svg"))
        assert toasts(app) == [f"{table} (5 points)\n{picture}"]
        await pilot.press("e")
        assert f"{picture} cannot be written: File exists" in toasts(app)
    assert table.read_text().startswith("step,epoch,t,posterior/kl\n0,0.0,")
    assert "posterior/kl" in picture.read_text().replace("&#160;", " ")


async def test_without_a_run_there_is_nothing_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = app_of(ScriptedSource(()))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("e")
        assert toasts(app) == ["there is no run to export yet"]
    assert list(tmp_path.iterdir()) == []
