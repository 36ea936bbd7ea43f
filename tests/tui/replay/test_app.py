"""Replay in the app: every key, the mouse, and what the panes show of the past."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from seqsetvae.stream.codec import encode_event, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, RunState
from tests.tui.logs import T0, append, record, write_run
from tests.tui.replay.recordings import falling_ill
from tests.tui.replay.screens import app_of, bar_of, pressed, settled, step_of
from tests.tui.test_app import SIZE, text_of
from tests.tui.test_app_alerts import toasts
from tui.bindings import key_groups
from tui.dialogs.help_dialog import key_text
from tui.panes.cell_pane import CellPane
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine
from tui.panes.heat_pane import HeatPane
from tui.panes.metrics_pane import MetricsPane
from tui.panes.replay_bar import ReplayBar
from tui.panes.step_prompt import StepPrompt
from tui.panes.system_pane import SystemPane
from tui.panes.tile import Tile
from tui.panes.verdict_pane import VerdictPane
from tui.replay.playback import Opening

PANES: tuple[type[CellPane], ...] = (
    *(HeaderLine, ChartPane, HeatPane, MetricsPane, EventsPane, VerdictPane, SystemPane, DataLine),
)
"""Every pane that shows the run; the list of runs is of the present."""


@pytest.mark.parametrize("step", [299, 777])
async def test_the_screen_at_a_step_is_what_live_showed(tmp_path: Path, step: int) -> None:
    falling_ill().write(tmp_path / "whole" / "run", state=RunState.FINISHED)
    falling_ill().until(T0 + step).write(tmp_path / "cut" / "run")
    live, _ = app_of(tmp_path / "cut", now=T0 + step)
    info = live.viewer.store.runs()[0]
    live.viewer.store.set_runs([replace(info, last_write=T0 + step)])  # the files' own times are those of the test
    past, _ = app_of(tmp_path / "whole", opening=Opening(step=step))
    shown: list[dict[str, str]] = []
    for app, height in ((live, 45), (past, 46)):  # the bar has a line of its own
        async with app.run_test(size=(160, height)) as pilot:
            await settled(app, pilot)
            shown.append({pane.__name__: text_of(app, pane) for pane in PANES})
            shown[-1] |= {str(tile.id): tile_text(tile) for tile in app.query(Tile)}
    assert shown[0] == shown[1]


def tile_text(tile: Tile) -> str:
    return "\n".join([str(tile.border_title), *(strip.text for strip in tile.strips())])


async def test_r_goes_to_the_end_paused_and_back(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    app, clock = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        assert not app.query_one(ReplayBar).display
        position = await pressed(app, pilot, "r")
        assert app.query_one(ReplayBar).display
        assert position.moment is not None
        assert position.moment.at_end
        assert not position.playing
        assert "PAST" in bar_of(app)
        assert "r live" in bar_of(app)
        clock.now += 5
        app.tick()
        assert app.replay.playback is not None
        assert app.replay.playback.position == position
        await pilot.press("r")
        assert not app.query_one(ReplayBar).display
        assert "✓ finished" in text_of(app, HeaderLine)


async def test_every_key_seeks_where_it_says(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r")
        for keys, step in (
            (["comma"], 999),
            (["comma"], 998),
            (["full_stop"], 999),
            (["left_curly_bracket"], 900),
            (["left_curly_bracket"], 600),
            (["right_curly_bracket"], 900),
            (["home"], 1),
            (["full_stop"], 2),
            (["g", "4", "2", "enter"], 42),
            (["g", "escape"], 42),
            (["g", "comma", "enter"], 42),
            (["end"], 1_000),
        ):
            assert step_of(await pressed(app, pilot, *keys)) == step
            assert f" {step:,}/1,000" in bar_of(app)
            assert f"step {step:,}/" in text_of(app, HeaderLine)


async def test_space_plays_and_pauses_and_the_speed_changes(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    app, clock = app_of(tmp_path, opening=Opening(speed=10, step=100))
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        assert (await pressed(app, pilot, "space")).playing
        assert "▶ ×10 " in bar_of(app)
        for _ in range(10):
            clock.now += 0.1
            app.tick()
        position = await pressed(app, pilot, "space")
        assert not position.playing
        assert "║ ×10 " in bar_of(app)
        assert step_of(position) == pytest.approx(110, abs=1)
        assert (await pressed(app, pilot, "greater_than_sign")).speed == 20
        assert (await pressed(app, pilot, "less_than_sign", "less_than_sign")).speed == 5


async def test_end_leads_to_the_end_and_then_to_the_present(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    app, _ = app_of(tmp_path, opening=Opening(step=100))
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "end")
        await pilot.press("end")
        assert app.replay.playback is None


async def test_outside_of_a_replay_its_keys_are_those_of_the_lists(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run")
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pilot.press("end")
        last = app.viewer.selection.chart.metric
        await pilot.press("home")
        assert last != app.viewer.selection.chart.metric == "posterior/kl"
        await pilot.press("space", "comma", "full_stop", "left_curly_bracket", "less_than_sign", "G", "g")
        assert app.replay.playback is None
        assert app.viewer.selection.chart.metric == "posterior/kl"


async def test_the_filter_takes_every_character_in_a_replay_too(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run")
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pilot.press("r", "slash", "g", "r", "comma", "full_stop", "space")
        assert app.query_one("#filter", Input).value == "gr,. "
        assert app.replay.playback is not None


async def test_the_mouse_seeks_by_pointing_and_dragging(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r")
        first, width = app.query_one(ReplayBar)._place
        await pilot.mouse_down(ReplayBar, offset=(first + width // 2, 0))
        await pilot.pause()
        assert app.replay.playback is not None
        assert step_of(app.replay.playback.position) == pytest.approx(500, abs=10)
        await pilot.hover(ReplayBar, offset=(first + width // 4, 0))
        await pilot.mouse_up(ReplayBar, offset=(first + width // 4, 0))
        await pilot.pause()
        assert step_of(app.replay.playback.position) == pytest.approx(250, abs=10)
        await pilot.hover(ReplayBar, offset=(first, 0))
        assert step_of(app.replay.playback.position) == pytest.approx(250, abs=10)


async def test_verdicts_are_marked_on_the_bar(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run", state=RunState.FINISHED)
    app, _ = app_of(tmp_path, opening=Opening(step=1))
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        first, width = app.query_one(ReplayBar)._place
        cells = bar_of(app)[first : first + width]
        assert [cells.index(sign) for sign in "◆▲●"] == [
            pytest.approx(share * (width - 1), abs=1) for share in (0.3, 0.6, 0.9)
        ]
        assert cells[0] == "┃"


async def test_the_live_log_goes_on_behind_the_past_and_its_alarm_rings(tmp_path: Path) -> None:
    files = falling_ill(500).write(tmp_path / "run")
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r", "home")
        append(files.path / "metrics.jsonl", encode_metrics(record(501)))
        append(
            files.path / "events.jsonl",
            encode_event(EventRecord(t=T0 + 501, step=501, level=Level.RED, kind="collapse", message="it is red")),
        )
        app.feed.select("run")
        app.sample()
        await pilot.pause()
        assert toasts(app) == ["run is red: it is red"]
        assert "GREEN" not in text_of(app, HeaderLine)
        assert "step 1/" in text_of(app, HeaderLine)
        await pilot.press("r")
        assert "RED" in text_of(app, HeaderLine)
        assert "step 501/" in text_of(app, HeaderLine)


async def test_who_begins_with_a_replay_hears_no_alarm(tmp_path: Path) -> None:
    files = falling_ill(500).write(tmp_path / "run")
    app, clock = app_of(tmp_path, opening=Opening(speed=10_000, playing=True))
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        append(
            files.path / "events.jsonl",
            encode_event(EventRecord(t=T0 + 501, step=501, level=Level.RED, kind="collapse", message="it is red")),
        )
        app.feed.select("run")
        for _ in range(5):
            clock.now += 0.1
            app.tick()
        await pilot.pause()
        assert toasts(app) == []


async def test_another_run_is_shown_as_it_is_now(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "a")
    write_run(tmp_path / "b")
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r", "home")
        await pilot.press("right_square_bracket")
        app.sample()
        assert app.replay.playback is None
        assert not app.query_one(ReplayBar).display


async def test_a_run_without_records_says_why_there_is_nothing_to_see(tmp_path: Path) -> None:
    write_run(tmp_path / "young", steps=0)
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r")
        assert "young has no records to replay yet" in bar_of(app)


async def test_the_footer_names_the_keys_of_the_replay(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run")
    app, _ = app_of(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r")
        await pilot.pause()
        shown = "".join(segment.text for segment in app.screen._compositor.render_strips()[-1])
        for part in ("Space Play", "q Quit", "? Help", "r Live", "{ } Verdict", ", . Record"):
            assert part in shown


async def test_the_prompt_closes_and_gives_the_focus_back(tmp_path: Path) -> None:
    falling_ill().write(tmp_path / "run")
    app, _ = app_of(tmp_path)
    async with app.run_test(size=SIZE) as pilot:
        await settled(app, pilot)
        await pressed(app, pilot, "r", "g")
        assert app.query_one(StepPrompt).display
        await pressed(app, pilot, "5", "enter")
        assert not app.query_one(StepPrompt).display
        assert app.query_one(MetricsPane).has_focus


def test_the_help_names_the_keys_of_the_replay_as_on_the_keyboard() -> None:
    shown = {key_text(binding) for title, bindings in key_groups() if title == "Replay" for binding in bindings}
    assert shown == {"r", "Space", ",", ".", "{", "}", "<", ">", "g", "Home", "End"}
