"""Pictures of the screen; look at the report that pytest-textual-snapshot writes when one differs."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.logs import T0, ZONE, ScriptedSource
from tests.tui.test_app import app_of
from tui.app import MonitorApp
from tui.terminal.capabilities import Terminal

SIZES = [(160, 45), (120, 36), (80, 24)]
NAMES = ["160x45", "120x36", "80x24"]


async def settled(pilot: Pilot[None]) -> None:
    """The screen after its first drawing, without a blinking cursor."""
    app = pilot.app
    assert isinstance(app, MonitorApp)
    app.query_one("#filter", Input).cursor_blink = False
    app.sample()
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES, ids=NAMES)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_run_that_is_going_wrong(snap_compare: object, size: tuple[int, int], theme: str) -> None:
    assert callable(snap_compare)
    assert snap_compare(app_of(ScriptedSource(), theme=theme), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES[::2], ids=NAMES[::2])
def test_no_run_yet(snap_compare: object, size: tuple[int, int]) -> None:
    assert callable(snap_compare)
    assert snap_compare(app_of(ScriptedSource(())), terminal_size=size, run_before=settled)


@pytest.mark.parametrize("size", SIZES[::2], ids=NAMES[::2])
def test_the_help(snap_compare: object, size: tuple[int, int]) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("question_mark")
        await pilot.pause()

    assert callable(snap_compare)
    assert snap_compare(app_of(ScriptedSource()), terminal_size=size, run_before=opened)


def test_the_enlarged_chart_smoothed_on_a_log_axis(snap_compare: object) -> None:
    async def enlarged(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("n", "n", "n", "enter", "s", "l")
        await settled(pilot)

    assert callable(snap_compare)
    assert snap_compare(app_of(ScriptedSource()), terminal_size=(120, 36), run_before=enlarged)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_menu_of_panes_with_some_hidden(snap_compare: object, theme: str) -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await pilot.press("w", "t", "h")
        await pilot.pause()

    assert callable(snap_compare)
    assert snap_compare(app_of(ScriptedSource(), theme=theme), terminal_size=(120, 36), run_before=opened)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_sixteen_colours_and_signs_for_shades(snap_compare: object, theme: str) -> None:
    source = ScriptedSource()
    app = MonitorApp(
        source.store,
        source,
        theme_choice=theme,
        terminal=Terminal(sixteen=True),
        clock=lambda: T0 + 1_000,
        zone=ZONE,
    )
    assert callable(snap_compare)
    assert snap_compare(app, terminal_size=(120, 36), run_before=settled)
