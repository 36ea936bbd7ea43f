"""What a frame asks for: panes that have not changed hand back the lines that they gave before."""

import pytest
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tests.tui.logs import ScriptedSource
from tests.tui.test_app import SIZE, app_of, shown
from tests.tui.test_app_pace import still
from tui.panes.cached_widget import CachedWidget
from tui.panes.cell_pane import CellPane
from tui.panes.header_line import HeaderLine
from tui.terminal import theme


class Drawings:
    """Notes which widgets look up their styles and lines again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.widgets: list[CachedWidget] = []
        paint = Widget.render_lines

        def noted(widget: Widget, crop: Region) -> list[Strip]:
            if isinstance(widget, CachedWidget):
                self.widgets.append(widget)
            return paint(widget, crop)

        monkeypatch.setattr(Widget, "render_lines", noted)


async def test_one_changed_pane_is_the_only_one_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        drawings = Drawings(monkeypatch)
        header = app.query_one(HeaderLine)
        header.show(None)
        await pilot.pause()
        assert drawings.widgets == [header]


async def test_a_new_theme_draws_every_pane_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await shown(app, pilot)
        drawings = Drawings(monkeypatch)
        app.theme = theme.LIGHT.name
        await pilot.pause()
        visible = {pane for pane in app.query(CellPane) if pane.display and pane.size.area}
        assert visible <= set(drawings.widgets)


async def test_a_pane_of_another_size_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(ScriptedSource())
    async with app.run_test(size=SIZE) as pilot:
        await still(app, pilot)
        drawings = Drawings(monkeypatch)
        await pilot.resize_terminal(SIZE[0] - 10, SIZE[1])
        await pilot.pause()
        assert app.query_one(HeaderLine) in drawings.widgets
