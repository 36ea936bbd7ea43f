"""The app, driven by keys: a scripted source, a clock that stands still."""

import threading
from collections.abc import Callable

import pytest
from textual.binding import Binding
from textual.css.stylesheet import Stylesheet
from textual.pilot import Pilot
from textual.widgets import Input

from seqsetvae.logs.series_view import Axis
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import EventRecord, Level, MetricsRecord
from tests.tui.logs import T0, ZONE, ScriptedSource, lines
from tui.app import MonitorApp
from tui.bindings import key_groups
from tui.dialogs.help_dialog import HelpScreen, key_text
from tui.panes.cell_pane import CellPane
from tui.panes.chart_pane import ChartPane
from tui.panes.data_line import DataLine
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine
from tui.panes.key_line import KeyLine
from tui.panes.metrics_pane import MetricsPane
from tui.panes.runs_pane import RunsPane
from tui.panes.tile import Tile
from tui.terminal import theme

SIZE = (160, 45)


def app_of(source: ScriptedSource, **options: str) -> MonitorApp:
    return MonitorApp(
        source.store, source, theme_choice=options.get("theme", "dark"), clock=lambda: T0 + 1_000, zone=ZONE
    )


async def shown(app: MonitorApp, pilot: Pilot[None]) -> None:
    """Let the app draw what the store holds now."""
    app.sample()
    await pilot.pause()


def text_of(app: MonitorApp, pane: type[CellPane]) -> str:
    return "\n".join(strip.text for strip in app.query_one(pane).strips())


async def test_it_opens_on_the_newest_run_with_everything_in_place() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        assert source.running
        assert source.selected == ["p12-latent256"]
        header = text_of(app, HeaderLine)
        for part in ("p12-latent256", "● running", "999/2,000", "49 %", "ETA 16m", "17 patients/s", "ORANGE"):
            assert part in header
        assert "p12-beta05" in text_of(app, RunsPane)
        assert "active_units" in text_of(app, MetricsPane)
        assert "KL 0.07 < 0.08" in text_of(app, EventsPane)
        assert "1,000 lines · 0 bad" in text_of(app, DataLine)
        assert app.viewer.selection.chart.metric == "posterior/kl"
    assert not source.running


async def test_the_first_frame_has_the_charts_and_takes_one_pass_of_styles(monkeypatch: pytest.MonkeyPatch) -> None:
    source, parsed, first = ScriptedSource(), list[Stylesheet](), list[str]()
    parse_again = Stylesheet.reparse

    def noted(sheet: Stylesheet) -> None:
        parsed.append(sheet)
        parse_again(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", noted)

    def when_shown() -> None:
        panes: tuple[CellPane, ...] = (app.query_one(ChartPane), *app.query(Tile), app.query_one(KeyLine))
        first.append("\n".join(pane.text() for pane in panes))

    app = MonitorApp(source.store, source, theme_choice="light", when_shown=when_shown, clock=lambda: T0 + 1_000)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        assert len(first) == 1
        for part in ("posterior/kl", "┤", "⠤", "Quit"):
            assert part in first[0]
        assert app.current_theme.name == theme.LIGHT.name
        assert not parsed


async def test_new_lines_reach_the_screen_with_the_next_sample() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        source.feed("p12-latent256", lines(1_000, 1_235))
        await shown(app, pilot)
        assert "1,234/2,000" in text_of(app, HeaderLine)
        assert "1,235 lines" in text_of(app, DataLine)


async def test_an_empty_directory_waits_and_opens_the_first_run() -> None:
    source = ScriptedSource(())
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        assert "Waiting for a run in logs" in text_of(app, ChartPane)
        source._names = ("first",)
        source.list_runs()
        await shown(app, pilot)
        await shown(app, pilot)
        assert app.viewer.selection.run == "first"
        assert "first" in text_of(app, HeaderLine)


async def test_the_chart_turns_to_the_posterior_unless_the_user_has_chosen() -> None:
    young = encode_metrics(MetricsRecord(t=T0, step=1, values={"train/accuracy": 0.5, "train/loss": 1.0}))
    check = encode_metrics(MetricsRecord(t=T0, step=2, values={"posterior/kl": 3.0}))
    for keys, metric in (([], "posterior/kl"), (["n"], "train/accuracy")):
        source = ScriptedSource(("young",), steps=0)
        app = app_of(source)
        async with app.run_test(size=SIZE) as pilot:
            await shown(app, pilot)
            source.feed("young", young)
            await shown(app, pilot)
            assert app.viewer.selection.chart.metric == "train/loss"
            await pilot.press(*keys)
            source.feed("young", check)
            await shown(app, pilot)
            assert app.viewer.selection.chart.metric == metric


KEYS: list[tuple[str, Callable[[MonitorApp], object], object]] = [
    ("l", lambda app: app.viewer.selection.chart.log, True),
    ("x", lambda app: app.viewer.selection.chart.axis, Axis.EPOCH),
    ("s", lambda app: app.viewer.selection.chart.smoothing, 0.6),
    ("n", lambda app: app.viewer.selection.chart.metric, "posterior/variance"),
    ("p", lambda app: app.viewer.selection.chart.metric, "time/patients_per_second"),
    ("N", lambda app: app.viewer.selection.chart.metric, "time/patients_per_second"),
    ("right_square_bracket", lambda app: app.viewer.selection.run, "p12-beta05"),
    ("left_square_bracket", lambda app: app.viewer.selection.run, "p12-beta05"),
    ("2", lambda app: app.viewer.selection.run, "p12-beta05"),
    ("9", lambda app: app.viewer.selection.run, "p12-latent256"),
    ("T", lambda app: app.theme, "seqsetvae-light"),
    ("enter", lambda app: app.screen.has_class("-enlarged"), True),
    ("slash", lambda app: app.query_one("#filter", Input).has_focus, True),
    ("question_mark", lambda app: isinstance(app.screen, HelpScreen), True),
    ("plus", lambda app: app.viewer.selection.chart.window is not None, True),
    ("equals_sign", lambda app: app.viewer.selection.chart.window is not None, True),
]


@pytest.mark.parametrize(("key", "fact", "expected"), KEYS, ids=[key for key, _, _ in KEYS])
async def test_every_key_does_what_it_says(key: str, fact: Callable[[MonitorApp], object], expected: object) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        assert fact(app) != expected or key == "9"
        await pilot.press(key)
        await shown(app, pilot)
        assert fact(app) == expected


async def test_going_down_and_up_again_ends_where_it_began() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        for there, back in (("j", "k"), ("down", "up"), ("end", "home"), ("G", "g"), ("pagedown", "pageup")):
            await pilot.press(there)
            assert app.viewer.selection.chart.metric != "posterior/kl"
            await pilot.press(back)
            assert app.viewer.selection.chart.metric == "posterior/kl"


async def test_zooming_panning_and_resetting() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("plus")
        first = app.viewer.selection.chart.window
        await pilot.press("right")
        later = app.viewer.selection.chart.window
        await pilot.press("left", "left")
        earlier = app.viewer.selection.chart.window
        assert first is not None
        assert later is not None
        assert earlier is not None
        assert earlier.low < first.low < later.low
        await pilot.press("minus")
        assert app.viewer.selection.chart.window is None
        await pilot.press("plus", "0")
        assert app.viewer.selection.chart.window is None


async def test_the_filter_follows_typing_stays_on_enter_and_goes_on_escape() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("slash", *"loss")
        await shown(app, pilot)
        assert "variance" not in text_of(app, MetricsPane)
        await pilot.press("enter")
        assert app.query_one(MetricsPane).has_focus
        assert "variance" not in text_of(app, MetricsPane)
        await pilot.press("escape")
        await shown(app, pilot)
        assert "variance" in text_of(app, MetricsPane)


async def test_help_lists_every_key_and_closes() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        listed = {key for _, bindings in key_groups() for binding in bindings for key in binding.key.split(",")}
        for pane in (MonitorApp, MetricsPane, EventsPane, RunsPane.__mro__[1]):
            for binding in pane.__dict__["BINDINGS"]:
                assert isinstance(binding, Binding)
                assert binding.tooltip
                assert set(binding.key.split(",")) <= listed or (binding.id or "").startswith("run.")
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


def test_keys_are_named_as_on_the_keyboard() -> None:
    assert key_text(Binding("plus,equals_sign", "x", "x")) == "+ ="


async def test_tab_goes_round_the_panes() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        seen = []
        for _ in range(6):
            seen.append(app.focused.id if app.focused is not None else None)
            await pilot.press("tab")
        assert set(seen) == {"metrics", "chart", "path", "verdict", "events", "runs"}
        assert seen[0] == "metrics"


async def test_the_list_and_the_header_agree_on_a_validation_pause() -> None:
    source = ScriptedSource(("a",))
    app = MonitorApp(source.store, source, theme_choice="dark", clock=lambda: T0 + 1_000 + 150, zone=ZONE)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        assert "stalled 2m 30s silent" in text_of(app, HeaderLine)
        pause = encode_metrics(MetricsRecord(t=T0 + 1_099, step=1_000, values={"val/loss": 1.0}))
        source.feed("a", pause)
        await shown(app, pilot)
        assert "● running" in text_of(app, HeaderLine)
        assert "●" in text_of(app, RunsPane)


async def test_enter_on_an_event_shows_the_chart_around_it() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        app.query_one(EventsPane).focus()
        await pilot.press("down", "enter")
        window = app.viewer.selection.chart.window
        assert window is not None
        assert window.low < 300 < window.high
        assert window.width < 250


async def test_the_mouse_chooses_runs_and_metrics() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.click(MetricsPane, offset=(5, 3))
        assert app.viewer.selection.chart.metric == "posterior/variance"
        await pilot.click(RunsPane, offset=(5, 2))
        assert app.viewer.selection.run == "p12-beta05"
        await pilot.click("#tile-3")
        assert app.viewer.selection.chart.metric == "posterior/recon"


async def test_hostile_names_and_messages_are_shown_as_text() -> None:
    source = ScriptedSource(("[bold]run\x1b[2J",))
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        name = "[bold]run\x1b[2J"
        values = {"posterior/[00]\x1b]0;x\x07": 1.0, "[/]": float("nan"), "a/" + "x" * 5_000: 2.0}
        source.feed(name, encode_metrics(MetricsRecord(t=T0 + 2_000, step=1_500, values=values)))
        source.store.data(name).add_events(
            [EventRecord(t=1e30, step=2**60, level=Level.RED, kind="k", message="[red]\x1b[0m\nnext")]
        )
        await shown(app, pilot)
        for _ in range(9):
            await pilot.press("n")
        await shown(app, pilot)
        assert "[bold]run�[2J" in text_of(app, HeaderLine)
        assert "[00]�]0;x�" in text_of(app, MetricsPane)
        assert "[red]�[0m�next" in text_of(app, EventsPane)
        for pane in app.query(CellPane):
            assert "\x1b" not in "".join(strip.text for strip in pane.strips())


async def test_ten_thousand_metrics_are_scrolled_through() -> None:
    source = ScriptedSource(("a",))
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        values = {f"group/{place:05}": float(place) for place in range(10_000)}
        source.feed("a", encode_metrics(MetricsRecord(t=T0, step=1, values=values)))
        await shown(app, pilot)
        await pilot.press("slash", *"group", "enter", "end")
        await shown(app, pilot)
        assert app.viewer.selection.chart.metric == "group/09999"
        assert "09999" in text_of(app, MetricsPane)


@pytest.mark.parametrize("size", [(20, 6), (40, 12), (80, 24), (300, 90)])
async def test_any_size_of_terminal_is_drawn(size: tuple[int, int]) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=size) as pilot:
        await shown(app, pilot)
        await pilot.resize_terminal(120, 36)
        await shown(app, pilot)
        assert "posterior/kl" in str(app.query_one(ChartPane).border_title)


async def test_quitting_ends_the_source_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        await pilot.press("q")
    assert app.return_code == 0
    assert not source.running
    assert set(threading.enumerate()) <= before


async def test_a_late_tick_after_closing_looks_at_nothing() -> None:
    source = ScriptedSource()
    app = app_of(source)
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
    source.feed("p12-latent256", lines(1_000, 1_100))
    app.sample()


async def test_the_palette_offers_every_action() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        offered = {command.title: command for command in app.get_system_commands(app.screen)}
        assert "Logarithmic or linear values" in offered
        offered["Logarithmic or linear values"].callback()
        await pilot.pause()
        assert app.viewer.selection.chart.log
