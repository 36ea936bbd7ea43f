"""A pane with a cursor: a list that scrolls by itself and draws only the rows in sight."""

from __future__ import annotations

from itertools import chain
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from tui.panes.cell_pane import CellPane, Line


class ListPane(CellPane, can_focus=True):
    """Subclasses give the number of rows, draw one row, and react when the cursor moves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, tooltip="Previous entry", id="list.up"),
        Binding("down,j", "move(1)", "Down", show=False, tooltip="Next entry", id="list.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, tooltip="One page up", id="list.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, tooltip="One page down", id="list.page_down"),
        Binding("home,g", "jump(0)", "First", show=False, tooltip="First entry", id="list.first"),
        Binding("end,G", "jump(-1)", "Last", show=False, tooltip="Last entry", id="list.last"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id)
        self.cursor = 0
        self._top = 0

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def draw_row(self, index: int, width: int, *, chosen: bool) -> Line:
        """One row; `chosen` when the cursor is on it."""
        raise NotImplementedError

    def can_rest(self, index: int) -> bool:
        """Whether the cursor may stop on a row."""
        return 0 <= index < self.row_count

    def cursor_moved(self) -> None:
        """The user has moved the cursor."""

    def in_sight(self) -> range:
        """The rows to draw: as before, if the cursor is among them."""
        height, count = self.content_size.height, self.row_count
        self._top = max(min(self._top, self.cursor, count - height), self.cursor - height + 1, 0)
        return range(self._top, min(self._top + height, count))

    def lines(self) -> list[Line]:
        """The rows in sight."""
        width = self.content_size.width
        return [self.draw_row(index, width, chosen=index == self.cursor) for index in self.in_sight()]

    def put_cursor(self, index: int) -> None:
        """Move the cursor to `index`, or further to the next row where it may rest, and draw."""
        count = self.row_count
        forward = index >= self.cursor
        index = max(0, min(index, count - 1))
        onward, back = range(index, count), range(index, -1, -1)
        candidates = chain(onward, back) if forward else chain(back, onward)
        self.cursor = next(filter(self.can_rest, candidates), self.cursor)
        self.redraw()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page."""
        self._go(self.cursor + by * max(self.content_size.height - 1, 1))

    def action_jump(self, to: int) -> None:
        """Move the cursor to the first or the last row."""
        self._go(to if to >= 0 else self.row_count - 1)

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse."""
        index = self._top + event.get_content_offset_capture(self).y
        if self.can_rest(index):
            self._go(index)

    def on_mouse_scroll_down(self) -> None:
        """Move on with the wheel."""
        self._go(self.cursor + 1)

    def on_mouse_scroll_up(self) -> None:
        """Move back with the wheel."""
        self._go(self.cursor - 1)

    def _go(self, index: int) -> None:
        if not self.row_count:
            return
        before = self.cursor
        self.put_cursor(index)
        if self.cursor != before:
            self.cursor_moved()
