"""The large chart of the chosen metric, and what the mouse does on it.

The wheel zooms about the pointer, sideways it moves along. Dragging marks a stretch to zoom in on; with Shift, Ctrl or
the right button, dragging moves the window. A double click shows everything. Where the mouse rests, the chart tells the
values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import events

from tui.messages import ChartChanged
from tui.panes.chart_cells import ChartCells
from tui.views.window import PAN_SHARE, ChartState, Window

_WHEEL_FACTOR = 0.8
"""How much narrower the window gets with one notch of the wheel; they come several at a time."""

_LEAST_STRETCH = 2
"""Cells that a stretch must have to be zoomed in on; below that a hand has trembled."""

_LEFT_BUTTON = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drag:
    """Where the mouse was pressed, and what the chart showed then; `pans` tells moving from marking."""

    cell: int
    state: ChartState
    window: Window
    pans: bool


class ChartPane(ChartCells, can_focus=True):
    """Axes, curves, limits and events of one metric; a crosshair; the mouse."""

    ALLOW_SELECT: ClassVar[bool] = False
    """Dragging is for the window here, not for text."""

    _drag: _Drag | None = None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Tell the values under the mouse, or go on dragging."""
        cell, drag = event.get_content_offset_capture(self).x, self._drag
        if drag is None:
            self.point_at(self._place(cell) if event.get_content_offset(self) is not None else None)
        elif drag.pans:
            self._pan(drag, cell)
        else:
            self.mark_stretch(self._stretch(drag, cell))

    def on_leave(self) -> None:
        """The mouse is elsewhere."""
        self.point_at(None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        offset, area = event.get_content_offset(self), self.area
        if offset is None or area is None or self.extent is None or self._place(offset.x) is None:
            return
        pans = event.button != _LEFT_BUTTON or event.shift or event.ctrl
        window = Window(low=area.low, high=area.high)
        self._drag = _Drag(cell=offset.x, state=self.state, window=window, pans=pans)
        self.point_at(None)
        self.capture_mouse()

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Zoom in on the stretch that was marked."""
        drag, extent = self._drag, self.extent
        if drag is None:
            return
        self._drag = None
        self.release_mouse()
        self.mark_stretch(None)
        cell = event.get_content_offset_capture(self).x
        if drag.pans or extent is None or abs(cell - drag.cell) < _LEAST_STRETCH:
            return
        stretch = self._stretch(drag, cell)
        if stretch is not None:
            self._change(drag.state.at(Window(low=stretch[0], high=stretch[1]), extent))

    def on_click(self, event: events.Click) -> None:
        """Show everything on a double click."""
        if event.chain == 2:
            self._change(self.state.everything())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in about the pointer."""
        event.stop()
        self._zoom(_WHEEL_FACTOR, event)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out about the pointer."""
        event.stop()
        self._zoom(1 / _WHEEL_FACTOR, event)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Move to what was earlier."""
        event.stop()
        self._move(-PAN_SHARE)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Move to what came later."""
        event.stop()
        self._move(PAN_SHARE)

    def _place(self, cell: int) -> float | None:
        """The place on the x axis at a column inside the axes; None beside them."""
        area = self.area
        if area is None or not area.left <= cell < area.left + area.width:
            return None
        return area.place_of(cell)

    def _stretch(self, drag: _Drag, cell: int) -> tuple[float, float] | None:
        """The marked stretch, from edge to edge of its columns, within the chart."""
        area = self.area
        if area is None:
            return None
        first, last = sorted((drag.cell, min(max(cell, area.left), area.left + area.width - 1)))
        return area.place_of(first - 0.5), area.place_of(last + 0.5)

    def _zoom(self, factor: float, event: events.MouseEvent) -> None:
        extent = self.extent
        if extent is not None:
            about = self._place(event.get_content_offset_capture(self).x)
            self._change(self.state.zoomed(factor, extent, about))

    def _move(self, share: float) -> None:
        if self.extent is not None:
            self._change(self.state.panned(share, self.extent))

    def _pan(self, drag: _Drag, cell: int) -> None:
        area, extent = self.area, self.extent
        if area is None or extent is None or drag.state.window is None:
            return
        shift = (drag.cell - cell) / area.width * drag.window.width
        self._change(drag.state.at(Window(low=drag.window.low + shift, high=drag.window.high + shift), extent))

    def _change(self, state: ChartState) -> None:
        if state != self.state:
            self.post_message(ChartChanged(state))
