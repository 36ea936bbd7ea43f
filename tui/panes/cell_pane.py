"""The base of all panes: lines of coloured text, drawn only when they have changed."""

from __future__ import annotations

from typing import ClassVar, Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip

from seqsetvae.i18n.language import translated
from tui.chart.raster import CURVE_ROLES, Raster, Role
from tui.panes.cached_widget import CachedWidget
from tui.panes.palette import palette

Run = tuple[str, str]
"""Text and the name of its colour."""

Line = list[Run]

ROLE_COLOURS = {
    Role.BLANK: "text",
    Role.GRID: "grid",
    Role.AXIS: "axis",
    Role.LABEL: "soft",
    Role.ENVELOPE: "envelope",
    Role.LINE: "line",
    Role.THRESHOLD: "threshold",
    Role.INFO: "faint",
    Role.YELLOW: "yellow",
    Role.ORANGE: "orange",
    Role.RED: "red",
    Role.NONFINITE: "red",
    Role.CURSOR: "accent",
    **{role: f"curve-{kind}" for kind, role in enumerate(CURVE_ROLES)},
}


class CellPane(CachedWidget):
    """A widget made of lines. Subclasses say what the lines are; `redraw` repaints those that differ."""

    GROUND: ClassVar[str] = "background"
    """The theme variable behind the text."""

    _border_row: Region | None = None
    """The row to repaint while a text of the border is written."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - textual's name
        super().__init__(id=id, classes=classes)
        if self.BORDER_TITLE:
            self.border_title = translated(self.BORDER_TITLE)
        self._strips: list[Strip] = []
        self._colours: dict[str, Style] = {}
        self._border_texts: dict[str, str] = {}

    def lines(self) -> list[Line]:
        """The pane's content for its present size, from the top."""
        raise NotImplementedError

    def strips(self) -> list[Strip]:
        """The content as strips for the screen."""
        return [self._strip(line, self.content_size.width) for line in self.lines()]

    @property
    def heading(self) -> str:
        """What the border says at the top."""
        return self._border_texts.get("title") or translated(self.BORDER_TITLE or "")

    def text(self) -> str:
        """The pane as text: its heading, and its lines without trailing blanks."""
        lines = [self.heading, *(strip.text.rstrip() for strip in self._strips)]
        return "\n".join(lines).strip("\n") + "\n"

    def redraw(self) -> None:
        """Draw again, and repaint the lines that have changed."""
        width, height = self.content_size
        if not self.is_mounted or width < 1 or height < 1:
            return
        strips = self.strips()[:height]
        strips.extend([Strip.blank(width, self._style_of("text"))] * (height - len(strips)))
        if len(strips) != len(self._strips):
            self._strips = strips
            self.refresh()
            return
        changed = [y for y, strip in enumerate(strips) if strip != self._strips[y]]
        self._strips = strips
        if changed:  # whole rows, border and all, which the screen need not cut
            left = self.content_offset.x
            self.refresh(*[Region(-left, y, self.outer_size.width, 1) for y in changed])

    def write_border(self, *, title: str | None = None, subtitle: str | None = None) -> None:
        """Write texts on the border, as they are; only rows whose text has changed are repainted."""
        left, top = self.content_offset
        width, height = self.outer_size
        if title is not None and title != self._border_texts.get("title"):
            self._border_texts["title"] = title
            self._border_row = Region(-left, -top, width, 1)
            self.border_title = Content(title)
        if subtitle is not None and subtitle != self._border_texts.get("subtitle"):
            self._border_texts["subtitle"] = subtitle
            self._border_row = Region(-left, height - 1 - top, width, 1)
            self.border_subtitle = Content(subtitle)
        self._border_row = None

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Repaint regions, or everything; a text on the border repaints its own row alone."""
        if self._border_row is not None and not regions:
            regions = (self._border_row,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        return (
            self._strips[y] if y < len(self._strips) else Strip.blank(self.content_size.width, self._style_of("text"))
        )

    def on_resize(self) -> None:
        """A new size needs new lines."""
        self.redraw()

    def notify_style_update(self) -> None:
        """A new theme needs new colours; other changes of style do not."""
        super().notify_style_update()
        colours = palette(self.app.theme_variables, self.GROUND)
        if colours is not self._colours:
            self._colours = colours
            self._strips = []
            self.redraw()

    def _style_of(self, name: str) -> Style:
        return self._palette()[name]

    def _palette(self) -> dict[str, Style]:
        if not self._colours:
            self._colours = palette(self.app.theme_variables, self.GROUND)
        return self._colours

    def _strip(self, line: Line, width: int) -> Strip:
        colours = self._palette()
        segments = [Segment(text, colours[colour]) for text, colour in line if text]
        return Strip(segments).adjust_cell_length(width, colours[line[-1][1] if line else "text"])


def line_width(line: Line) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def raster_lines(raster: Raster) -> list[Line]:
    """A raster as lines."""
    return [[(text, ROLE_COLOURS[role]) for text, role in row] for row in raster.rows()]


def centred(messages: list[Line], width: int, height: int) -> list[Line]:
    """Lines in the middle of a pane."""
    top: list[Line] = [[("", "text")] for _ in range(max((height - len(messages)) // 2, 0))]
    out = top
    for message in messages:
        length = line_width(message)
        out.append([(" " * max((width - length) // 2, 0), "text"), *message])
    return out
