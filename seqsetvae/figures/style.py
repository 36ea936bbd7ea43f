"""The one style of all figures: colours, fonts, axes, headings. Nothing global is changed: no pyplot, no rcParams."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

#: Background, words, lesser words, and thresholds with the marks of non-finite values.
PAPER, INK, MUTED, LIMIT = "#ffffff", "#222222", "#5a5a5a", "#1a1a1a"
#: Dark, middle and light, which differ in grey too, and the edge of light areas.
DARK, MIDDLE, LIGHT, EDGE = "#12355b", "#d2691e", "#c9d6e2", "#6f8aa3"
FONT = "DejaVu Sans"
#: Points.
TITLE_SIZE, SUBTITLE_SIZE, PANEL_SIZE, LABEL_SIZE, NOTE_SIZE, TICK_SIZE = 14.0, 10.5, 10.0, 9.0, 8.5, 8.0
#: Dots per inch of reports.
DPI = 120
#: How all legends are written.
LEGEND: dict[str, Any] = {"frameon": False, "fontsize": NOTE_SIZE, "labelcolor": INK}
#: Inches above a title, and the height of a line as a multiple of its font's.
MARGIN, LINE = 0.14, 1.6


def style_axes(
    ax: Axes, *, title: str = "", x: str = "", y: str = "", grid: Literal["x", "y", "both"] | None = "y"
) -> None:
    """Give axes their words, colours and grid.

    Args:
        ax: The axes.
        title: Above them, at the left.
        x: Label of the horizontal axis.
        y: Label of the vertical axis.
        grid: The axis whose ticks have lines; None for no line.
    """
    ax.set_facecolor(PAPER)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)
    ax.tick_params(labelsize=TICK_SIZE, labelcolor=INK, color=MUTED)
    ax.set_xlabel(x, fontsize=LABEL_SIZE, color=INK)
    ax.set_ylabel(y, fontsize=LABEL_SIZE, color=INK)
    ax.set_title(title, fontsize=PANEL_SIZE, color=INK, loc="left", weight="bold", parse_math=False)
    ax.grid(visible=False)
    if grid is not None:
        ax.grid(visible=True, axis=grid, color="#000000", alpha=0.12, linewidth=0.7)
    ax.set_axisbelow(True)


def group_thousands(axis: Axis, *, bins: int | None = None) -> None:
    """Write numbers as `12,500`; with `bins`, at so many whole numbers at most."""
    if bins is not None:
        axis.set_major_locator(MaxNLocator(nbins=bins, integer=True, min_n_ticks=1))
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))


def name_rows(ax: Axes, places: Sequence[float], names: Sequence[str], colours: Sequence[str] | None = None) -> None:
    """Write names from data beside the rows of an axis."""
    ax.set_yticks(places, [drawable(name) for name in names])
    for label, colour in zip(ax.get_yticklabels(), colours or [INK] * len(names), strict=True):
        label.set_parse_math(False)  # a `$` in a name starts no formula
        label.set_color(colour)


def write_heading(
    figure: Figure, title: str, *, subtitle: str = "", notes: Sequence[str] = (), left: float = MARGIN
) -> None:
    """Write a title, a subtitle and notes at the top of a figure, `left` inches from its edge; texts may be data."""
    lines = [(title, TITLE_SIZE, "bold", INK)]
    if subtitle:
        lines.append((subtitle, SUBTITLE_SIZE, "normal", INK))
    lines += [(note, NOTE_SIZE, "normal", MUTED) for note in notes]
    width, height = figure.get_size_inches()
    top = height - MARGIN
    for text, size, weight, colour in lines:
        figure.text(
            left / width, top / height, drawable(text), fontsize=size, weight=weight, color=colour, va="top",
            family=FONT, parse_math=False,
        )  # fmt: skip
        top -= size / 72 * LINE


def headed_figure(width: float, height: float, title: str, notes: Sequence[str]) -> Figure:
    """Return a figure whose axes are laid out below a title and notes.

    Args:
        width: Inches.
        height: Inches of the axes and their labels, without title and notes.
        title: One line.
        notes: A line each.
    """
    whole = height + 1.5 * MARGIN + (TITLE_SIZE + NOTE_SIZE * len(notes)) / 72 * LINE
    figure = Figure(figsize=(width, whole), dpi=DPI, facecolor=PAPER, layout="constrained")
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0.0, 0.0, 1.0, height / whole), w_pad=0.1, h_pad=0.08)  # type: ignore[call-arg]  # its own
    write_heading(figure, title, notes=notes)
    return figure


def drawable(text: str) -> str:
    """Return a text with what the font cannot draw, control characters included, replaced by `?`."""
    return "".join(char if _has_glyph(char) else "?" for char in text)


def shortened(name: str, limit: int) -> str:
    """Return a name that can be drawn, cut in the middle where it is long: its end distinguishes it from others."""
    safe = drawable(name)
    if len(safe) <= limit:
        return safe
    head = (limit - 1) // 2
    return f"{safe[:head]}…{safe[len(safe) - (limit - 1 - head) :]}"


@cache
def _has_glyph(char: str) -> bool:
    font = font_manager.get_font(font_manager.findfont(FONT))
    return char.isprintable() and font.get_char_index(ord(char)) != 0
