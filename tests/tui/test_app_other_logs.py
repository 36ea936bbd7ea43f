"""Other tools' logs on the screen: what is shown of them, and what the keys do that need more than they hold."""

import os
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.stream.records import Level
from tests.logs.event_files import record
from tests.tui.logs import T0, ZONE, ScriptedSource, append
from tests.tui.other_logs import Bench, events, example_events, records, write_events
from tests.tui.test_app import shown, text_of
from tests.tui.test_app_snapshots import settled
from tests.tui.test_app_what_if import judged, marks
from tui.app import MonitorApp
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.panes.header_line import HeaderLine
from tui.panes.runs_pane import RunsPane
from tui.panes.verdict_pane import VerdictPane
from tui.replay.playback import Opening

WIDE, NARROW = (160, 45), (80, 24)
NOW = 1_760_030_000.0
"""Some time after the example has ended."""


def app_on(logdir: Path, run: str, **options: Any) -> MonitorApp:
    """The watcher on a directory whose runs have all been written a minute ago."""
    for file in logdir.rglob("*"):
        os.utime(file, (NOW - 60, NOW - 60))
    bench = Bench(logdir)
    bench.read(run)
    bench.later(10)
    options = {"theme_choice": "dark", **options}
    return MonitorApp(bench.store, ScriptedSource(()), run=run, clock=lambda: NOW, zone=ZONE, **options)


def broken_log(directory: Path) -> None:
    """A log with a bad record, rubbish, and half a record at its end."""
    content = events(0, 120)
    bad = bytearray(record(content[30]))
    bad[20] ^= 0xFF
    path = write_events(directory, content[:30])
    append(path, bytes(bad) + records(content[31:60]) + b"\x00rubbish" * 9 + records(content[60:])[:-9])


async def test_a_log_with_a_posterior_has_tiles_limits_and_a_verdict(tmp_path: Path) -> None:
    write_events(tmp_path / "collapsing", example_events("collapsing"))
    app = app_on(tmp_path, "collapsing")
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        assert app.viewer.selection.chart.metric == "posterior/kl"
        assert "RED" in text_of(app, HeaderLine)
        assert "active units 0.0 % < 10 %" in text_of(app, VerdictPane)
        assert "TensorBoard, 3,527 points · 0 bad" in text_of(app, DataLine)


async def test_a_silent_log_is_quiet_and_nothing_worse(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 50))
    app = app_on(tmp_path, "a")
    app.clock = lambda: NOW + 7_200
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        assert "◌ quiet 2h 01m silent" in text_of(app, HeaderLine)
        assert "2h 01m" in text_of(app, RunsPane)


async def test_its_past_is_played_like_that_of_a_run(tmp_path: Path) -> None:
    write_events(tmp_path / "a", events(0, 50))
    app = app_on(tmp_path, "a", opening=Opening(step=20))
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        assert app.replay.playback is not None
        while app.replay.playback.position.moment is None:
            await pilot.pause()
        assert app.replay.playback.position.moment.step == 20
        await pilot.pause()
        app.sample()
        assert "TensorBoard, 63 points" in text_of(app, DataLine)


async def test_other_thresholds_are_tried_on_it(tmp_path: Path) -> None:
    write_events(tmp_path / "collapsing", example_events("collapsing"))
    app = app_on(tmp_path, "collapsing", overrides={"kl_threshold": 4.0})
    async with app.run_test(size=WIDE) as pilot:
        for _ in range(100):  # the log may have been judged before it was read to its end: it is again, seconds later
            await judged(app, pilot)
            if marks(app):
                break
            await pilot.pause(0.1)
        level, step = marks(app)[0]
        assert level is Level.YELLOW
        assert step < 6_200, "its own verdict is of that step"
        assert "▽ what if" in text_of(app, ChartPane)


async def test_what_is_taken_along_is_read_from_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_events(tmp_path / "logs" / "a", events(0, 50))
    monkeypatch.chdir(tmp_path)
    app = app_on(tmp_path / "logs", "a")
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("e")
        await app.workers.wait_for_complete()
    (table,) = tmp_path.glob("a-train-loss-*.csv")
    assert table.read_text().splitlines()[:2] == ["step,epoch,t,train/loss", f"0,,{T0},1.0"]
    assert len(table.read_text().splitlines()) == 51


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["160x45", "80x24"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_judged_log(snap_compare: Any, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    write_events(tmp_path / "collapsing", example_events("collapsing"))
    write_events(tmp_path / "healthy", example_events("healthy"))
    app = app_on(tmp_path, "collapsing", theme_choice=theme)
    assert snap_compare(app, terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["160x45", "80x24"])
def test_a_damaged_log(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    broken_log(tmp_path / "broken")
    assert snap_compare(app_on(tmp_path, "broken"), terminal_size=size, run_before=settled)
