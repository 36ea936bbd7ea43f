"""Panes that are hidden and zoomed, the menu, the keys at the bottom, copying."""

import pytest
from textual.widgets import OptionList

from tests.tui.logs import ScriptedSource
from tests.tui.test_app import app_of, shown
from tui.app import MonitorApp
from tui.dialogs.help_dialog import HelpScreen
from tui.dialogs.menu_dialog import MenuScreen
from tui.panes.events_pane import EventsPane
from tui.panes.header_line import HeaderLine
from tui.panes.key_line import PALETTE, KeyLine, hints_at
from tui.views.pane_names import LAYOUT_IDS, PANES, put_away

WIDE = (160, 45)


def seen(app: MonitorApp, name: str) -> bool:
    pane = app.screen_stack[0].query_one(f"#{name}")
    return all(node.display for node in pane.ancestors_with_self if hasattr(node, "display"))


def test_a_column_goes_with_its_last_pane() -> None:
    assert put_away({"runs"}) == {"runs"}
    assert put_away({"runs", "metrics"}) == {"runs", "metrics", "side"}
    assert put_away({"verdict", "system", "nonsense"}) == {"verdict", "system", "right"}


def test_a_zoomed_pane_leaves_nothing_else_even_when_it_was_hidden() -> None:
    assert put_away({"events"}, "events") == LAYOUT_IDS - {"events"}
    assert put_away((), "metrics") == LAYOUT_IDS - {"metrics", "side", "main"}


async def test_the_menu_hides_and_shows_every_pane_by_its_letter() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("w")
        for pane in PANES:
            await pilot.press(pane.key)
            assert not seen(app, pane.id)
        assert app.panes.hidden == {pane.id for pane in PANES}
        assert not seen(app, "side")
        await pilot.press("e", "escape")
        assert seen(app, "events")
        assert not isinstance(app.screen, MenuScreen)


async def test_the_menu_takes_arrows_and_enter_and_says_what_is_on() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("w", "down", "enter")
        assert app.panes.hidden == {PANES[1].id}
        options = app.screen.query_one(OptionList)
        assert ["○" in str(options.get_option_at_index(place).prompt) for place in range(3)] == [False, True, False]


async def test_hiding_the_focused_pane_moves_the_focus_to_one_in_sight() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("w", "m", "escape")
        assert app.focused is not None
        assert app.focused.id == "chart"


async def test_the_path_comes_back_when_it_takes_the_charts_place_and_gives_it_back_when_hidden() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("w", "d", "escape")
        assert not seen(app, "path")
        await pilot.press("d")
        assert seen(app, "path")
        assert not seen(app, "chart")
        await pilot.press("w", "d", "escape")
        assert not seen(app, "path")
        assert seen(app, "chart")


async def test_the_filter_brings_its_list_back() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        await pilot.press("w", "m", "r", "escape", "slash")
        assert seen(app, "metrics")
        assert seen(app, "filter")
        assert app.panes.hidden == {"runs"}


async def test_z_zooms_the_focused_pane_and_puts_it_back() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        panes = [app.query_one(f"#{name}") for name in ("runs", "metrics", "verdict", "events", "chart")]
        before = {pane: pane.size for pane in panes}
        for pane, back in zip(panes, ("z", "escape", "z", "escape", "z"), strict=True):
            pane.focus()
            await pilot.press("z")
            await pilot.pause()
            assert pane.size.width == WIDE[0] - (2 if pane.id not in ("verdict", "chart") else pane.gutter.width)
            assert not seen(app, "tiles")
            await pilot.press(back)
            await pilot.pause()
            assert pane.size == before[pane]
            assert seen(app, "tiles")


async def test_what_is_opened_from_a_zoomed_list_is_seen_in_the_chart() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        app.query_one(EventsPane).focus()
        await pilot.press("z", "enter")
        await pilot.pause()
        assert seen(app, "chart")
        assert app.viewer.selection.chart.window is not None


async def test_y_copies_what_the_focused_pane_shows() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        app.query_one(EventsPane).focus()
        await pilot.press("y")
        heading, *lines = app.clipboard.splitlines()
        assert heading == "Events"
        assert len(lines) == 3
        assert "600  ▲ orange active units 9 % < 10 %" in lines[0]
        assert [note.message for note in app._notifications] == ["copied Events: 4 lines"]


async def test_without_a_focus_nothing_is_copied() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=WIDE) as pilot:
        await shown(app, pilot)
        app.set_focus(None)
        await pilot.press("y")
        assert app.clipboard == ""
        assert [note.severity for note in app._notifications] == ["warning"]


@pytest.mark.parametrize("focus", ["metrics", "runs", "chart", "events", "verdict", "path", "replay", None])
@pytest.mark.parametrize("width", [20, 80, 120, 160])
def test_the_keys_fit_beside_the_palette(focus: str | None, width: int) -> None:
    hints = hints_at(focus, width)
    assert sum(hint.width for hint in hints) + PALETTE.width <= max(width, PALETTE.width)


def test_at_80_columns_each_pane_has_the_keys_that_matter_there() -> None:
    labels = {focus: [hint.label for hint in hints_at(focus, 80)] for focus in ("metrics", "chart", "events")}
    assert labels["metrics"][:6] == ["Quit", "Help", "Filter", "Open", "Run", "Zoom"]
    assert labels["chart"][:6] == ["Quit", "Help", "Zoom", "Pan", "All", "Log"]
    assert labels["events"][:4] == ["Quit", "Help", "Show in chart", "Full"]
    assert [hint.label for hint in hints_at("replay", 80)][:4] == ["Play", "Quit", "Help", "Live"]


async def test_the_key_under_the_mouse_is_marked() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        line, place = app.query_one(KeyLine), hints_at("metrics", 80)[0].width + 1

        def ground(x: int) -> object:
            (cell,) = line.render_line(0).crop(x, x + 1)
            return cell.style.bgcolor if cell.style is not None else None

        await pilot.hover(KeyLine, offset=(place, 0))
        assert ground(place) != ground(0)
        await pilot.hover(HeaderLine)
        assert ground(place) == ground(0)


async def test_the_key_line_follows_the_focus_and_its_keys_can_be_clicked() -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(app, pilot)
        await pilot.press("tab")
        await pilot.pause()
        await pilot.pause()
        assert " Pan " in app.query_one(KeyLine).text()
        await pilot.click(KeyLine, offset=(hints_at("chart", 80)[0].width + 1, 0))
        assert isinstance(app.screen, HelpScreen)
