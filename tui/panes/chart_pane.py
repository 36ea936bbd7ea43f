"""The large chart of the chosen metric: its keys, and what the mouse does on it.

The wheel zooms about the pointer, sideways it moves along. Dragging marks a range to zoom in on; with Shift, Ctrl or
the right button, dragging moves the window. A double click shows everything. Where the mouse rests, the chart shows the
values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding

from seqsetvae.i18n.language import tr
from seqsetvae.logs.series_view import Axis
from tui.panes.chart_cells import ChartCells
from tui.viewer import Viewer
from tui.views.format import clean
from tui.views.overlay import MAX_OVERLAYS
from tui.views.window import PAN_SHARE, ChartState, Window

_FAST = 10
"""Cells that the crosshair moves with Shift."""

_WHEEL_FACTOR = 0.8
"""How much narrower the window gets with one notch of the wheel; they come several at a time."""

_LEAST_CELLS = 2
"""Cells that a marked range must have to be zoomed in on; below that the hand has slipped."""

_LEFT_BUTTON = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Drag:
    """Where the mouse was pressed, and what the chart showed then; with `pans` it moves the window."""

    cell: int
    state: ChartState
    window: Window
    pans: bool


class ChartPane(ChartCells, can_focus=True):
    """Axes, curves, limits and events of one metric; a crosshair; other runs' curves."""

    ALLOW_SELECT: ClassVar[bool] = False
    """Dragging is for the window here, not for text."""

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("l", "log", "Log", tooltip="Logarithmic or linear values", id="chart.log"),
        Binding("x", "axis", "X axis", tooltip="X axis: step, epoch, wall clock, relative time", id="chart.axis"),
        Binding("s", "smooth", "Smooth", tooltip="Smoothing: off, 0.6, 0.9, 0.97", id="chart.smooth"),
        Binding("plus,equals_sign", "zoom(0.5)", "Zoom", key_display="+", tooltip="Zoom in", id="chart.zoom_in"),
        Binding("minus", "zoom(2)", "Zoom out", key_display="-", show=False, tooltip="Zoom out", id="chart.zoom_out"),
        Binding("left", "along(-1)", "Left", show=False, tooltip="Earlier, or the crosshair there", id="chart.left"),
        Binding("right", "along(1)", "Right", show=False, tooltip="Later, or the crosshair there", id="chart.right"),
        Binding("shift+left", "along(-1, True)", "Far left", show=False, tooltip="Much earlier", id="chart.far_left"),
        Binding("shift+right", "along(1, True)", "Far right", show=False, tooltip="Much later", id="chart.far_right"),
        Binding("0", "reset", "All", show=False, tooltip="Show the whole run", id="chart.reset"),
        Binding(
            "c", "crosshair", "Crosshair", show=False, tooltip="Values at a place; ← → move it", id="chart.crosshair"
        ),
        Binding(
            "o", "overlay", "Overlay", show=False, tooltip="Keep this run's curve beside others", id="chart.overlay"
        ),
        Binding("O", "overlays_off", "No overlays", show=False, tooltip="This run's curve alone", id="chart.alone"),
    )

    _drag: _Drag | None = None

    def __init__(self, viewer: Viewer, zone: tzinfo | None = None) -> None:
        super().__init__(zone)
        self._viewer = viewer

    def go_to(self, step: int) -> None:
        """Show the chart about a step, on the axis of steps."""
        self._change(replace(self._chosen, axis=Axis.STEP).everything())
        if self.extent is not None:
            self._change(self.state.around(step, self.extent))

    def action_log(self) -> None:
        """Turn the logarithmic axis on or off."""
        self._change(replace(self._chosen, log=not self._chosen.log))

    def action_axis(self) -> None:
        """Next kind of x axis."""
        self._change(self._chosen.next_axis())

    def action_smooth(self) -> None:
        """Next degree of smoothing."""
        self._change(self._chosen.next_smoothing())

    def action_zoom(self, factor: float) -> None:
        """Zoom about the crosshair, or about the middle."""
        if self.extent is not None:
            self._change(self.state.zoomed(factor, self.extent, self.crosshair))

    def action_along(self, direction: int, fast: bool = False) -> None:
        """Move the crosshair, or the window while there is none."""
        if self.crosshair is not None:
            self._move_crosshair(self.crosshair, direction * (_FAST if fast else 1))
        else:
            self._pan(direction * (1 if fast else PAN_SHARE))

    def action_reset(self) -> None:
        """Show the whole run."""
        self._change(self._chosen.everything())

    def action_crosshair(self) -> None:
        """Turn the crosshair on, at the newest point in sight, or off."""
        window, extent = self.state.window, self.extent
        if self.crosshair is not None or extent is None:
            self.put_crosshair(None)
        else:
            self.put_crosshair(min(window.high, extent.newest) if window is not None else extent.newest)

    def action_overlay(self) -> None:
        """Keep the curve of the run on the screen beside those of other runs, or no longer."""
        run, store = self._viewer.selection.run, self._viewer.store
        if run is None:
            return
        kept = tuple(name for name in self._chosen.overlays if store.run(name) is not None)
        if run not in kept and len(kept) >= MAX_OVERLAYS:
            said = tr(
                "{count} runs are kept beside others at most; O lets them go, o on one of them that one",
                count=MAX_OVERLAYS,
            )
            self.notify(said, severity="warning", markup=False)
            return
        self._viewer.keep_beside(replace(self._chosen, overlays=kept).toggled(run).overlays)
        if run in self._chosen.overlays and len(store.runs()) > 1:
            said = tr("{run} stays on the chart; turn to another run to compare", run=clean(run, 60))
            self.notify(said, markup=False)

    def action_overlays_off(self) -> None:
        """Show the curve of the run on the screen alone."""
        self._viewer.keep_beside(())

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show the values under the mouse, or go on dragging."""
        cell, drag = event.get_content_offset_capture(self).x, self._drag
        if drag is None:
            self.point_at(self._place(cell) if event.get_content_offset(self) is not None else None)
        elif drag.pans:
            self._drag_window(drag, cell)
        else:
            self.mark_range(self._marked(drag, cell))

    def on_leave(self) -> None:
        """Hide the values."""
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
        """Zoom in on the range that was marked."""
        drag, extent = self._drag, self.extent
        if drag is None:
            return
        self._drag = None
        self.release_mouse()
        self.mark_range(None)
        cell = event.get_content_offset_capture(self).x
        if drag.pans or extent is None or abs(cell - drag.cell) < _LEAST_CELLS:
            return
        marked = self._marked(drag, cell)
        if marked is not None:
            self._change(drag.state.at(Window(low=marked[0], high=marked[1]), extent))

    def on_click(self, event: events.Click) -> None:
        """Show everything on a double click."""
        if event.chain == 2:
            self._change(self.state.everything())

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in about the pointer."""
        event.stop()
        self._zoom_about(event, _WHEEL_FACTOR)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out about the pointer."""
        event.stop()
        self._zoom_about(event, 1 / _WHEEL_FACTOR)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Move to what was earlier."""
        event.stop()
        self._pan(-PAN_SHARE)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Move to what came later."""
        event.stop()
        self._pan(PAN_SHARE)

    def _place(self, cell: int) -> float | None:
        """The place on the x axis at a column inside the axes; None beside them."""
        area = self.area
        if area is None or not area.left <= cell < area.left + area.width:
            return None
        return area.place_of(cell)

    def _marked(self, drag: _Drag, cell: int) -> tuple[float, float] | None:
        """The marked range, from edge to edge of its columns, within the chart."""
        area = self.area
        if area is None:
            return None
        first, last = sorted((drag.cell, min(max(cell, area.left), area.left + area.width - 1)))
        return area.place_of(first - 0.5), area.place_of(last + 0.5)

    def _zoom_about(self, event: events.MouseEvent, factor: float) -> None:
        if self.extent is not None:
            about = self._place(event.get_content_offset_capture(self).x)
            self._change(self.state.zoomed(factor, self.extent, about))

    def _pan(self, share: float) -> None:
        if self.extent is not None:
            self._change(self.state.panned(share, self.extent))

    def _drag_window(self, drag: _Drag, cell: int) -> None:
        area, extent = self.area, self.extent
        if area is None or extent is None or drag.state.window is None:
            return
        shift = (drag.cell - cell) / area.width * drag.window.width
        self._change(drag.state.at(drag.window.shifted(shift), extent))

    def _move_crosshair(self, at: float, cells: int) -> None:
        x, window, extent = self.place_beside(at, cells), self.state.window, self.extent
        self.put_crosshair(x)
        if window is None or extent is None or window.low <= x <= window.high:
            return
        shift = x - (window.high if x > window.high else window.low)
        self._change(self.state.at(window.shifted(shift), extent))

    @property
    def _chosen(self) -> ChartState:
        """The settings that the user has chosen; the drawing may be a moment behind."""
        return self._viewer.selection.chart

    def _change(self, state: ChartState) -> None:
        if state != self._chosen:
            self._viewer.set_chart(state)
