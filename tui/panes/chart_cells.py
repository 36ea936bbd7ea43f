"""The large chart as it is drawn, with the crosshair."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np

from seqsetvae.i18n.language import tr, translated
from seqsetvae.logs.series_view import Axis
from tui.chart.plot import Area, Drawing, Plot, lay_out
from tui.chart.raster import DOTS_WIDE
from tui.panes.cell_pane import CellPane, Line, centred, raster_lines
from tui.panes.legend import legend, settings, title
from tui.views.chart_plot import plot_of
from tui.views.curves import ChartContent
from tui.views.format import clean
from tui.views.window import ChartState, Extent


class ChartCells(CellPane):
    """Axes, curves, limits, events, and a crosshair that shows the values at a place."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__(id="chart")
        self._zone = zone
        self._content = ChartContent(state=ChartState())
        self._key: tuple[object, ...] = ()
        self._drawing: Drawing | None = None
        self._crosshair: float | None = None
        self._pointed: float | None = None
        self._marked_range: tuple[float, float] | None = None

    def show(self, content: ChartContent) -> None:
        """Show another moment, another metric or another range."""
        key = (
            content.state,
            tuple((curve.run, curve.kind, curve.origin, id(curve.whole), id(curve.shown)) for curve in content.curves),
            content.limits,
            (len(content.events), content.what_if),
            (content.growing, content.reading, content.waiting),
        )
        if key == self._key and self._strips:
            return
        self._crosshair = self._carried_over(content)
        self._key, self._content = key, content
        self.redraw()

    @property
    def content(self) -> ChartContent:
        """What the chart shows."""
        return self._content

    @property
    def plot(self) -> Plot | None:
        """What is drawn, for an export; None without a curve."""
        own = self._content.own
        return self._plot() if own is not None and len(own.points(self.state.axis)) else None

    @property
    def state(self) -> ChartState:
        """The settings that the chart is drawn with."""
        return self._content.state

    @property
    def extent(self) -> Extent | None:
        """What there is to see along the axis, or None while nothing is drawn."""
        return self._content.extent

    @property
    def dots(self) -> int:
        """Columns of dots that a curve has, at most."""
        return max(self.content_size.width, 1) * DOTS_WIDE

    @property
    def area(self) -> Area | None:
        """The part inside the axes; None while nothing is drawn."""
        return self._drawing.area if self._drawing is not None else None

    @property
    def crosshair(self) -> float | None:
        """Where the crosshair stands on the x axis; None while it is off."""
        return self._crosshair

    def put_crosshair(self, x: float | None) -> None:
        """Move the crosshair to the point nearest to a place, or remove it."""
        own = self._content.own
        found = own.nearest(self.state.axis, x) if own is not None and x is not None else None
        self._crosshair = found[0] if found is not None else None
        self.redraw()

    def point_at(self, x: float | None) -> None:
        """Show the values at a place under the mouse, or hide them."""
        if x != self._pointed:
            self._pointed = x
            self.redraw()

    def mark_range(self, ends: tuple[float, float] | None) -> None:
        """Show the ends of a range, or hide them."""
        if ends != self._marked_range:
            self._marked_range = ends
            self.redraw()

    def place_beside(self, x: float, cells: int) -> float:
        """The point some cells to the right of a place, or to the left: the next one at least, the last at most."""
        own, drawing = self._content.own, self._drawing
        if own is None or drawing is None:
            return x
        start, end = own.shown.ends(self.state.axis, own.origin)
        middles = np.sort((start + end) / 2)
        middles = middles[np.isfinite(middles)]
        further = middles[middles > x] if cells > 0 else middles[middles < x]
        if not len(further):
            return x
        area = drawing.area
        goal = x + cells * (area.high - area.low) / area.width
        return float(further[np.abs(further - goal).argmin()])

    def redraw(self) -> None:
        """Draw the chart, and write on the border what is drawn."""
        super().redraw()
        content, x = self._content, self._x
        found = content.own.nearest(content.state.axis, x) if content.own is not None and x is not None else None
        scale = self._drawing.scale if self._drawing is not None else None
        bucket = found[1] if found is not None else None
        heading = title(content, bucket, self._zone, self.content_size.width)
        self.write_border(title=heading, subtitle=settings(content, scale))

    def lines(self) -> list[Line]:
        """The chart for a size."""
        width, height = self.content_size
        content, own = self._content, self._content.own
        self._drawing = None
        if own is None:
            return centred([[(clean(text), "soft")] for text in content.waiting.split("\n")], width, height)
        axis = content.state.axis
        if not len(own.points(axis)):
            return centred(
                [[(tr("no point of this metric has a place on the {axis} axis", axis=translated(axis.value)), "soft")]],
                width,
                height,
            )
        head = legend(content, self._x, width) if content.others or own.kind is not None else []
        self._drawing = lay_out(self._plot(), width, height - len(head))
        return [*head, *raster_lines(self._drawing.raster)]

    @property
    def _x(self) -> float | None:
        """The place whose values are shown: where the mouse is, else where the crosshair stands."""
        return self._pointed if self._pointed is not None else self._crosshair

    def _plot(self) -> Plot:
        place = (self._x,) if self._x is not None else ()
        return plot_of(self._content, rulers=self._marked_range or place, zone=self._zone)

    def _carried_over(self, content: ChartContent) -> float | None:
        """Where the crosshair stands in what is shown next: on another axis, at the same point."""
        before, x, axis = self._content, self._crosshair, content.state.axis
        if x is None or before.own is None or before.state.axis is axis:
            return x
        found = before.own.nearest(before.state.axis, x)
        if found is None:
            return None
        bucket = found[1]
        if axis is Axis.RELATIVE:
            return bucket.t - before.own.origin
        return bucket.step if axis is Axis.STEP else bucket.epoch if axis is Axis.EPOCH else bucket.t
