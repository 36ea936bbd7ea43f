"""A report's figures and their panels, drawn and cut into pictures."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seqsetvae.analysis.report_figures import ReportFigure
from seqsetvae.analysis.run_styles import Comparison
from seqsetvae.figures.image_file import png_of, rasterized
from seqsetvae.figures.style import DPI, LEGEND, MUTED, NOTE_SIZE, PAPER, shortened, write_heading

#: Inches: a panel with its labels, what is above the first row, and a row of the legend.
WIDTH, HEIGHT, TOP, LEGEND_ROW = 6.2, 3.3, 0.75, 0.24
#: Around a panel's axes, inches.
LEFT, RIGHT, ABOVE, BELOW = 1.35, 0.25, 0.4, 0.7
COLUMNS, LEGEND_COLUMNS = 2, 4
#: Characters of a run's name in the legend, and in the title.
LEGEND_NAME, TITLE_NAME = 36, 60


def draw_figure(spec: ReportFigure, comparison: Comparison) -> Figure:
    """Draw all panels of a figure with one legend for the runs."""
    rows = -(-len(spec.panels) // COLUMNS)
    entries = len(comparison.shown) + (len(comparison.runs) > len(comparison.shown))
    foot = 0.2 + LEGEND_ROW * -(-entries // LEGEND_COLUMNS)
    width, height = COLUMNS * WIDTH, TOP + rows * HEIGHT + foot
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=PAPER)
    for i, panel in enumerate(spec.panels):
        row, column = divmod(i, COLUMNS)
        left, bottom = column * WIDTH + LEFT, height - TOP - (row + 1) * HEIGHT + BELOW
        size = (WIDTH - LEFT - RIGHT, HEIGHT - ABOVE - BELOW)
        ax = figure.add_axes((left / width, bottom / height, size[0] / width, size[1] / height))
        panel.draw(ax, comparison)
    title = spec.title
    if comparison.single:
        title = f"{title} · {shortened(comparison.runs[0].run.name, TITLE_NAME)}"
    write_heading(figure, title, left=LEFT)
    if comparison.smooth and spec.smoothed:
        words = smoothing_words(comparison)
        figure.text(0.985, 1 - 0.2 / height, words, fontsize=NOTE_SIZE, color=MUTED, va="top", ha="right")
    if not comparison.single:
        _write_legend(figure, comparison)
    return figure


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFigure:
    """A figure as the bytes of a PNG file, and each of its panels as one."""

    whole: bytes
    panels: tuple[bytes, ...]


def rendered(figure: Figure, spec: ReportFigure) -> RenderedFigure:
    """Return a figure and, cut out of it, its panels: they are drawn once."""
    image = rasterized(figure)
    width, height, top = (round(inches * figure.dpi) for inches in (WIDTH, HEIGHT, TOP))
    panels = []
    for i in range(len(spec.panels)):
        row, column = divmod(i, COLUMNS)
        box = (column * width, top + row * height, (column + 1) * width, top + (row + 1) * height)
        panels.append(png_of(image.crop(box)))
    return RenderedFigure(whole=png_of(image), panels=tuple(panels))


def smoothing_words(comparison: Comparison) -> str:
    """Return what was done to the training curves."""
    behind = ", means over ranges of steps" if comparison.crowded else "; behind them the values as they are"
    return f"training curves smoothed by {comparison.smooth:g}{behind}"


def _write_legend(figure: Figure, comparison: Comparison) -> None:
    handles, names = [], []
    for run in comparison.shown:
        assert run.style is not None  # that is what makes a run shown
        style = run.style
        handles.append(
            Line2D([], [], color=style.colour, linestyle=style.dash, marker=style.marker, markersize=5, linewidth=1.5)
        )
        names.append(shortened(run.run.name, LEGEND_NAME))
    others = len(comparison.runs) - len(handles)
    if others:
        handles.append(Line2D([], [], color=MUTED, alpha=0.5, linewidth=0.9))
        names.append(f"{others} other runs (shown: best AUROC)")
    legend = figure.legend(
        # A label that starts with `_` would be left out: names are put in afterwards.
        handles=handles, labels=["run"] * len(handles), loc="lower center", ncol=LEGEND_COLUMNS,
        bbox_to_anchor=(0.5, 0.0), handlelength=3.6, columnspacing=1.6, **LEGEND,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)
        text.set_text(name)
