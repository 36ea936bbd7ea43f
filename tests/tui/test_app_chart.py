"""The large chart, driven by keys and mouse: crosshair, other runs' curves, windows."""

from pathlib import Path

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from tests.tui.logs import T0, ScriptedSource, lines
from tests.tui.test_app import app_of, shown, text_of
from tui.app import MonitorApp
from tui.chart.raster import CURVE_SIGNS
from tui.dialogs import export_dialog
from tui.panes.chart_pane import ChartPane
from tui.panes.runs_pane import RunsPane
from tui.views.overlay import kinds_of
from tui.views.window import ChartState, Window

SIZE = (160, 45)
RUNS = ("p12-latent256", "p12-beta05", "p12-old", "p12-older", "p12-oldest")


def title_of(app: MonitorApp) -> str:
    return str(app.query_one(ChartPane).border_title)


def step_of(app: MonitorApp) -> int:
    return int(title_of(app).partition("at step ")[2].partition(" ")[0])


def settings_of(app: MonitorApp) -> str:
    return str(app.query_one(ChartPane).border_subtitle)


def window_of(app: MonitorApp) -> Window:
    window = app.viewer.selection.chart.window
    assert window is not None
    return window


def cell(app: MonitorApp, share: float) -> tuple[int, int]:
    """A cell of the chart, some share of its x axis from the left."""
    pane = app.query_one(ChartPane)
    area = pane.area
    assert area is not None
    left, top = pane.gutter.top_left
    return left + area.left + int(share * (area.width - 1)), top + 4


async def test_the_crosshair_tells_a_value_its_step_and_its_time() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("c")
        assert "at step 990 · 22:29:50 · 16m 30s · epoch 1.98" in title_of(app)
        await pilot.press("left")
        a_cell = 990 - step_of(app)
        assert 10 <= a_cell <= 20
        await pilot.press("shift+left")
        assert 90 - a_cell < 990 - step_of(app) <= 200
        before = step_of(app)
        await pilot.press("right")
        assert 10 <= step_of(app) - before <= 20
        await pilot.press("c")
        assert "at step 990" in title_of(app)
        assert "┃" not in title_of(app)


async def test_the_crosshair_stands_at_the_same_point_on_another_axis() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("c", "shift+left")
        before = title_of(app)
        for _ in range(4):
            await pilot.press("x")
            assert title_of(app) == before


async def test_zooming_is_about_the_crosshair_and_it_takes_the_window_along() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("c", *["shift+left"] * 3)
        pane = app.query_one(ChartPane)
        at = pane.crosshair
        assert at is not None
        await pilot.press(*["plus"] * 4)
        window = window_of(app)
        assert window.low < at < window.high
        await pilot.press(*["shift+left"] * 8)
        assert pane.crosshair is not None
        assert window_of(app).low <= pane.crosshair < window.low


async def test_arrows_move_the_window_by_a_part_and_with_shift_by_all_of_it() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("plus", "plus", "plus")
        first = window_of(app)
        await pilot.press("right")
        assert abs(window_of(app).low - first.low - first.width / 5) < 1e-6
        await pilot.press("left", "shift+right")
        assert abs(window_of(app).low - first.high) < 1e-6
        await pilot.press("shift+left")
        assert abs(window_of(app).low - first.low) < 1e-6


async def test_a_window_at_the_end_follows_the_run_and_says_so() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("plus", "plus")
        assert "following" not in settings_of(app)
        await pilot.press("shift+right", "shift+right")
        assert "zoomed, following · 0 shows all" in settings_of(app)
        source.feed("p12-latent256", lines(1_000, 1_101))
        await shown(app, pilot)
        window = app.query_one(ChartPane).state.window
        assert window is not None
        assert window.high == 1_100
        await pilot.press("0")
        assert settings_of(app) == "x: step · linear"


async def test_what_is_exported_is_the_window_as_it_has_moved_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported: list[ChartState] = []

    def write_view(source: Path, state: ChartState, *_: object, **__: object) -> int:
        exported.append(state)
        return 0

    monkeypatch.setattr(export_dialog, "write_view", write_view)
    monkeypatch.chdir(tmp_path)
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("plus", "shift+right")
        source.feed("p12-latent256", lines(1_000, 1_101))
        await shown(app, pilot)
        await pilot.press("e")
        await app.workers.wait_for_complete()
        assert [state.window.high for state in exported if state.window is not None] == [1_100]


async def test_a_finished_run_is_not_followed() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("2", "plus", "plus", "shift+right", "shift+right")
        assert "zoomed · 0 shows all" in settings_of(app)


async def test_a_kept_run_stays_on_the_chart_beside_the_next() -> None:
    source = ScriptedSource(RUNS)
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("o")
        assert "kept: turn to another run" in text_of(app, ChartPane)
        await pilot.press("right_square_bracket")
        await shown(app, pilot)
        chart = text_of(app, ChartPane)
        sign = CURVE_SIGNS[kinds_of(("p12-latent256",))["p12-latent256"]]
        assert f" ━ p12-beta05 4.233  {sign} p12-latent256 4.233 " in chart
        assert chart.count(sign) > 2
        assert f"{sign}1 ● p12-latent256" in text_of(app, RunsPane)
        await pilot.press("O")
        await shown(app, pilot)
        assert sign not in text_of(app, ChartPane) + text_of(app, RunsPane)


async def test_pressing_again_lets_a_run_go() -> None:
    app = app_of(ScriptedSource(RUNS))
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("o", "2", "o")
        assert len(app.viewer.selection.chart.overlays) == 2
        await pilot.press("o")
        assert list(app.viewer.selection.chart.overlays) == list(RUNS[:1])


async def test_three_runs_are_kept_and_a_fourth_is_refused_with_a_sentence() -> None:
    source = ScriptedSource(RUNS)
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("o", "2", "o", "3", "o", "4", "o")
        await pilot.pause()
        assert app.viewer.selection.chart.overlays == RUNS[:3]
        assert any("3 runs are kept" in note.message for note in app._notifications)
        await shown(app, pilot)
        assert all(name in text_of(app, ChartPane) for name in RUNS[:4])


async def test_hostile_names_in_the_legend_are_text() -> None:
    app = app_of(ScriptedSource(("[red]\x1b]0;x\x07名前", "other")))
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("o", "2")
        await shown(app, pilot)
        chart = text_of(app, ChartPane)
        assert "[red]�]0;x�名前" in chart
        assert "\x1b" not in chart


async def test_relative_time_begins_where_each_run_begins() -> None:
    source = ScriptedSource(("early",), steps=100)
    source._names = ("early", "late")
    source.list_runs()
    source.selected.append("late")
    late = [MetricsRecord(t=T0 + 1e6 + step, step=step, values={"posterior/kl": 1.0}) for step in range(0, 100, 10)]
    source.feed("late", b"".join(map(encode_metrics, late)))
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("o", "2", "x", "x", "x")
        await shown(app, pilot)
        extent = app.query_one(ChartPane).extent
        assert extent is not None
        assert (extent.span.low, extent.span.high) == (0, 90)


async def test_the_mouse_tells_values_where_it_rests_and_no_longer_when_it_leaves() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.hover(ChartPane, offset=cell(app, 0.5))
        assert "at step 490" in title_of(app) or "at step 500" in title_of(app)
        await pilot.hover("#metrics")
        assert "at step 990" in title_of(app)


async def test_dragging_zooms_in_on_the_stretch() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.mouse_down(ChartPane, offset=cell(app, 0.25))
        await pilot.hover(ChartPane, offset=cell(app, 0.5))
        await pilot.mouse_up(ChartPane, offset=cell(app, 0.75))
        window = window_of(app)
        assert abs(window.low - 247) < 20
        assert abs(window.high - 742) < 20


async def test_a_trembling_click_changes_nothing_and_a_double_click_shows_everything() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("plus")
        before = window_of(app)
        await pilot.click(ChartPane, offset=cell(app, 0.5))
        assert window_of(app) == before
        await pilot.click(ChartPane, offset=cell(app, 0.2), times=2)
        assert app.viewer.selection.chart.window is None


async def test_dragging_with_shift_moves_the_window() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("plus", "plus")
        before = window_of(app)
        await pilot.mouse_down(ChartPane, offset=cell(app, 0.5), shift=True)
        await pilot.hover(ChartPane, offset=cell(app, 0.75))
        await pilot.mouse_up(ChartPane, offset=cell(app, 0.75))
        after = window_of(app)
        assert abs(after.width - before.width) < 1e-6
        assert abs(before.low - after.low - before.width / 4) < before.width / 20


async def test_the_wheel_zooms_about_the_pointer_and_back() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await wheel(app, pilot, up=True)
        window = window_of(app)
        assert window.low < 250 < window.high
        assert 250 - window.low < (window.high - 250) / 2
        await wheel(app, pilot, up=False)
        assert app.viewer.selection.chart.window is None


async def wheel(app: MonitorApp, pilot: Pilot[None], *, up: bool) -> None:
    x, y = cell(app, 0.25)
    scroll = pilot._post_mouse_events
    await scroll([MouseScrollUp if up else MouseScrollDown], ChartPane, (x, y))
