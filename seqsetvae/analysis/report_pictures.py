"""Sheets and panels as pictures. Nothing global is touched: no pyplot, no rcParams."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from PIL import Image

from seqsetvae.analysis.composition_panel import shortened
from seqsetvae.analysis.run_styles import INK, MUTED, PAPER, Scene
from seqsetvae.analysis.sheets import Sheet
from seqsetvae.figures.posterior_figure import COMPRESSION

Format = Literal["png", "svg", "pdf"]
FORMATS: tuple[Format, ...] = ("png", "svg", "pdf")

#: Inches: a panel with its labels, what is above the first row, and a row of the legend.
WIDTH, HEIGHT, TOP, LEGEND_ROW = 6.2, 3.3, 0.75, 0.24
#: Around a panel's axes, inches.
LEFT, RIGHT, ABOVE, BELOW = 1.35, 0.25, 0.4, 0.7
COLUMNS, LEGEND_COLUMNS, DPI = 2, 4, 130
#: Characters of a run's name in the legend.
NAME = 36


def draw_sheet(sheet: Sheet, scene: Scene) -> Figure:
    """Draw all panels of a sheet with one legend for the runs."""
    rows = -(-len(sheet.panels) // COLUMNS)
    entries = len(scene.shown) + (len(scene.runs) > len(scene.shown))
    foot = 0.2 + LEGEND_ROW * -(-entries // LEGEND_COLUMNS)
    width, height = COLUMNS * WIDTH, TOP + rows * HEIGHT + foot
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    for i, panel in enumerate(sheet.panels):
        row, column = divmod(i, COLUMNS)
        bottom = height - TOP - (row + 1) * HEIGHT + BELOW
        box = (column * WIDTH + LEFT, bottom, WIDTH - LEFT - RIGHT, HEIGHT - ABOVE - BELOW)
        ax = figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        panel.draw(ax, scene)
    title = sheet.title if not scene.single else f"{sheet.title} · {shortened(scene.runs[0].run.name, 60)}"
    figure.text(
        LEFT / width, 1 - 0.22 / height, title, fontsize=15, weight="bold", color=INK, va="top",
        parse_math=False,
    )  # fmt: skip
    if scene.smooth and sheet.smoothed:
        figure.text(
            0.985, 1 - 0.3 / height, smoothing_words(scene), fontsize=8.5, color=MUTED, va="top", ha="right"
        )  # fmt: skip
    if not scene.single:
        _write_legend(figure, scene)
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A sheet as the bytes of a PNG file, and each of its panels as one."""

    whole: bytes
    panels: tuple[bytes, ...]


def pictured(figure: Figure, sheet: Sheet) -> Picture:
    """Return the pictures of a sheet and, cut out of it, of its panels: they are drawn once."""
    FigureCanvasAgg(figure)  # becomes the figure's canvas, whatever the user's default is
    buffer = BytesIO()
    figure.savefig(buffer, format="rgba", facecolor="auto")
    size = figure.canvas.get_width_height()
    image = Image.frombytes("RGBA", size, buffer.getvalue()).convert("RGB")
    width, height = round(WIDTH * DPI), round(HEIGHT * DPI)
    corners = [
        (round(column * WIDTH * DPI), round((TOP + row * HEIGHT) * DPI))
        for row, column in (divmod(i, COLUMNS) for i in range(len(sheet.panels)))
    ]
    panels = [image.crop((left, top, left + width, top + height)) for left, top in corners]
    return Picture(whole=_png(image), panels=tuple(map(_png, panels)))


def vector_file(figure: Figure, file_format: Format) -> bytes:
    """Return a figure as SVG or PDF; without a date in it, the same logs give the same file."""
    buffer = BytesIO()
    dated = {"CreationDate": None} if file_format == "pdf" else {"Date": None}
    figure.savefig(buffer, format=file_format, facecolor="auto", metadata=dated)
    return buffer.getvalue()


def _png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format="PNG", compress_level=COMPRESSION, dpi=(DPI, DPI))
    return buffer.getvalue()


def smoothing_words(scene: Scene) -> str:
    """Return what was done to the training curves."""
    behind = ", means over stretches of steps" if scene.crowded else "; behind them the values as they are"
    return f"training curves smoothed by {scene.smooth:g}{behind}"


def _write_legend(figure: Figure, scene: Scene) -> Legend:
    handles, names = [], []
    for drawn in scene.shown:
        assert drawn.look is not None  # that is what makes a run shown
        colour = drawn.look.colour
        handles.append(
            Line2D(
                [], [], color=colour, linestyle=drawn.look.dash, marker=drawn.look.marker, markersize=5, linewidth=1.5
            )
        )
        names.append(shortened(drawn.run.name, NAME))
    others = len(scene.runs) - len(handles)
    if others:
        handles.append(Line2D([], [], color=MUTED, alpha=0.5, linewidth=0.9))
        names.append(f"{others} other runs (shown: best AUROC)")
    legend = figure.legend(
        # A label that starts with `_` would be left out: names are put in afterwards.
        handles=handles, labels=["run"] * len(handles), loc="lower center", ncol=LEGEND_COLUMNS, frameon=False,
        fontsize=8.5, labelcolor=INK, bbox_to_anchor=(0.5, 0.0), handlelength=3.6, columnspacing=1.6,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
    return legend
