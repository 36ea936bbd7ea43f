"""The paper of all figures: a title, words below it, axes in one style, and the bytes of a PNG. Nothing global."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seqsetvae.figures.posterior_figure import COMPRESSION, FONT, drawable
from seqsetvae.figures.posterior_panel import LIMIT_COLOUR, LIMIT_STYLE, MUTED, TEXT_COLOUR

#: Dots per inch.
DPI = 120
#: Inches above the axes for the title, and for each line of words below it.
TITLE, LINE = 0.42, 0.2
#: Dark, middle and light: told apart in grey.
DARK, MIDDLE, LIGHT = "#12355b", "#d2691e", "#c9d6e2"
LABEL_SIZE, TICK_SIZE, NOTE_SIZE = 9, 8, 8.5


def new_figure(width: float, height: float, title: str, notes: Sequence[str]) -> Figure:
    """Return a figure whose axes are laid out below a title and notes; names in these are data, not formulas.

    Args:
        width: Inches.
        height: Inches of the axes and their labels, without title and notes.
        title: One line.
        notes: A line each.
    """
    head = TITLE + LINE * len(notes) + 0.08
    whole = height + head
    figure = Figure(figsize=(width, whole), dpi=DPI, facecolor="white", layout="constrained")
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0.0, 0.0, 1.0, height / whole), w_pad=0.1, h_pad=0.08)  # type: ignore[call-arg]  # its own
    lines = [(title, 14.0, "bold", TEXT_COLOUR), *((note, NOTE_SIZE, "normal", MUTED) for note in notes)]
    top = whole - 0.12
    for text, size, weight, colour in lines:
        figure.text(
            0.14 / width, top / whole, drawable(text), fontsize=size, weight=weight, color=colour, va="top",
            family=FONT, parse_math=False,
        )  # fmt: skip
        top -= TITLE - 0.12 if weight == "bold" else LINE
    return figure


def dress(ax: Axes, *, title: str = "", x: str = "", y: str = "") -> None:
    """Give axes their words and the common style."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=TICK_SIZE, colors=TEXT_COLOUR)
    ax.set_xlabel(x, fontsize=LABEL_SIZE, color=TEXT_COLOUR)
    ax.set_ylabel(y, fontsize=LABEL_SIZE, color=TEXT_COLOUR)
    if title:
        ax.set_title(title, fontsize=10, color=TEXT_COLOUR, loc="left", parse_math=False)
    ax.grid(visible=True, axis="y", color="#000000", alpha=0.12, linewidth=0.6)
    ax.set_axisbelow(True)


def threshold(ax: Axes, value: float, words: str) -> None:
    """Draw a horizontal threshold, and say what it is at the right of the axes."""
    ax.axhline(value, color=LIMIT_COLOUR, linestyle=LIMIT_STYLE, linewidth=1.1, zorder=2.5, label="threshold")
    ax.annotate(
        words, (1.0, value), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points", va="center",
        fontsize=8, color=LIMIT_COLOUR, annotation_clip=False,
    )  # fmt: skip


def upright(ax: Axes, value: float, words: str, *, height: float = 1.0) -> None:
    """Draw a vertical threshold, and say what it is beside it, at a share of the axes' height."""
    ax.axvline(value, color=LIMIT_COLOUR, linestyle=LIMIT_STYLE, linewidth=1.1, zorder=2.5, label="threshold")
    ax.annotate(
        words, (value, height), xycoords=("data", "axes fraction"), xytext=(4, -2), textcoords="offset points",
        va="top", fontsize=8, color=LIMIT_COLOUR, annotation_clip=False,
    )  # fmt: skip


def png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG file."""
    FigureCanvasAgg(figure)  # becomes the figure's canvas, whatever the user's default is
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi, pil_kwargs={"compress_level": COMPRESSION})
    return buffer.getvalue()
