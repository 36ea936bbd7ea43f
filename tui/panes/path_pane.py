"""The rate–distortion path of the run on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from seqsetvae.i18n.language import tr, translated
from seqsetvae.i18n.wrapping import wrapped
from seqsetvae.logs.series_view import SeriesView
from tui.panes.cell_pane import CellPane, Line, centred, raster_lines
from tui.panes.pane_layout import PaneLayout
from tui.viewer import Viewer
from tui.views.rate_distortion_path import PAIRS, PathCourse, draw_course, find_course, heading_of, range_of

_ROOMY = 64
"""Cells from which the border has room for more than a few words."""


class PathPane(CellPane, can_focus=True):
    """KL against reconstruction over the run; its recent end is bright."""

    BORDER_TITLE = "Rate–distortion"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,z", "enlarge", "Enlarge", show=False, tooltip="Over the screen", id="path.enlarge"),
        Binding("escape", "close", "Back", show=False, tooltip="Back to the chart", id="path.back"),
    ]

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("d", "path", "Path", show=False, tooltip="Rate–distortion path for the chart", id="app.path"),
    )

    def __init__(self, viewer: Viewer, layout: PaneLayout) -> None:
        super().__init__(id="path")
        self._viewer = viewer
        self._panes = layout
        self._course: PathCourse | str = ""
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
            return centred([[(line, "soft")] for line in wrapped(translated(course), width)], width, height)
        roomy = width >= _ROOMY
        self.write_border(
            title=f"{tr('Rate–distortion')}  {translated(heading_of(course))}" if roomy else tr("Rate–distortion"),
            subtitle=_reading(course) if roomy else tr("○ start ● now"),
        )
        return raster_lines(draw_course(course, width, height))

    def action_path(self) -> None:
        """Show the path in the place of the chart, or the chart again."""
        if self.screen.has_class("-path"):
            self.action_close()
        else:
            self._panes.unzoom(enlarged=False)
            self.screen.remove_class("-verdict")
            self._panes.hide(self._panes.hidden - {"path"})
            self.screen.add_class("-path")
            self.focus()
        self._viewer.sample()

    def action_close(self) -> None:
        """Show the chart again; where it is in sight, close what else is open."""
        if not self.screen.has_class("-path"):
            self._panes.action_close()
            return
        self.screen.remove_class("-path", "-enlarged")
        self._panes.focus_list()
        self._viewer.sample()

    def action_enlarge(self) -> None:
        """Let the path fill the screen, and put it back in its place."""
        if self.screen.has_class("-path"):
            self.screen.toggle_class("-enlarged")
        else:
            self.action_path()
            self.screen.add_class("-enlarged")


def _reading(course: PathCourse) -> str:
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
