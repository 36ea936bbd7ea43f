"""The rate–distortion path of the run on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from seqsetvae.i18n.language import told, tr
from seqsetvae.i18n.wrapping import wrapped
from seqsetvae.logs.series_view import SeriesView
from tui.panes.cell_pane import CellPane, Line, centred, raster_lines
from tui.views.rate_distortion_path import PAIRS, Course, draw_course, find_course, heading_of, range_of

_ROOMY = 64
"""Cells from which the border has room for more than a few words."""


class PathPane(CellPane, can_focus=True):
    """KL against reconstruction over the run; its recent end is bright."""

    BORDER_TITLE = "Rate–distortion"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,z", "app.enlarge_path", "Enlarge", show=False, tooltip="Over the screen", id="path.enlarge"),
        Binding("escape", "app.close_path", "Back", show=False, tooltip="Back to the chart", id="path.back"),
    ]

    def __init__(self) -> None:
        super().__init__(id="path")
        self._course: Course | str = ""
        self._key: tuple[int | None, ...] = ()

    def show(self, series: Callable[[str], SeriesView | None], *, beside: bool = True) -> None:
        """Show another moment, whose series are given by name; `beside` says that another pane stands beside it."""
        self.set_class(not beside, "-alone")
        views = [series(name) for names in PAIRS for name in names]
        key = tuple(view.revision if view is not None else None for view in views)
        if key == self._key and self._strips:
            return
        self._key, self._course = key, find_course(series)
        self.set_class(isinstance(self._course, str), "-empty")
        self.redraw()

    def lines(self) -> list[Line]:
        """The path for a size, or what it lacks."""
        width, height = self.content_size
        course = self._course
        if isinstance(course, str):
            self.write_border(title=tr("Rate–distortion"), subtitle="")
            return centred([[(line, "soft")] for line in wrapped(told(course), width)], width, height)
        roomy = width >= _ROOMY
        self.write_border(
            title=f"{tr('Rate–distortion')}  {told(heading_of(course))}" if roomy else tr("Rate–distortion"),
            subtitle=_reading(course) if roomy else tr("○ start ● now"),
        )
        return raster_lines(draw_course(course, width, height))


def _reading(course: Course) -> str:
    """How to read the path, and what of it is not to be seen."""
    parts = [tr("○ start ● now"), tr("collapse goes left and up")]
    if course.rate_name != PAIRS[0][0]:
        parts.insert(0, f"{course.rate_name}, {course.distortion_name}")
    beyond = range_of(course).beyond
    if beyond:
        parts.append(tr("{count:,} at the edge lie beyond", count=beyond))
    if course.skipped:
        parts.append(tr("{count:,} not finite left out", count=course.skipped))
    return " · ".join(parts)
