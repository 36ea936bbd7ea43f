"""The posterior metrics of a run as a picture: curves, thresholds as lines, verdicts as bands behind.

Levels are told three ways, so that neither a colour-blind reader nor a grey print-out loses them: by hue, by lightness
(each level is darker than the one below) and by height in the strip on top.

Nothing global is touched (no pyplot, no rcParams): figures may be drawn in a thread.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqsetvae.collapse.history import History
from seqsetvae.collapse.limits import limits_in_force
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import LEVELS, Verdict
from seqsetvae.figures.posterior_panel import (
    ABLATION,
    ACTIVE_UNITS,
    BROKEN_MARK,
    INFORMATION,
    KL,
    LIMIT_COLOUR,
    LIMIT_STYLE,
    LINE_COLOUR,
    MUTED,
    RECON,
    SIGMA_UNITS,
    TEXT_COLOUR,
    VARIANCE,
    Panel,
    draw_panel,
)
from seqsetvae.stream.records import Level

#: Bands behind the curves: steps in lightness of about ten, light enough for a dark line on top.
BAND_COLOURS = {Level.GREEN: "#eef6f1", Level.YELLOW: "#fbe39a", Level.ORANGE: "#f0ad63", Level.RED: "#cf7f86"}
#: The same levels in the strip on top, where nothing is drawn over them.
STRIP_COLOURS = {Level.GREEN: "#c3e4d5", Level.YELLOW: "#eec32b", Level.ORANGE: "#d2691e", Level.RED: "#7d1128"}
#: Inches, and dots per inch: 1,000 dots wide, and as high as the rows need.
WIDTH, STRIP, TOP, BOTTOM, LEFT, RIGHT, GAP, DPI = 10.0, 0.4, 1.1, 0.9, 1.05, 1.5, 0.14, 100
#: Characters that fit in a line of reasons, and lines of them.
REASON_CHARACTERS, REASON_LINES = 125, 2
FONT = "DejaVu Sans"
#: Of zlib; twice as fast as its default, for files a tenth larger.
COMPRESSION = 3


def draw_png(history: History, thresholds: Thresholds, run: str) -> bytes:
    """Return the picture as the bytes of a PNG file; for the arguments, see `draw`."""
    figure = draw(history, thresholds, run)
    FigureCanvasAgg(figure)  # becomes the figure's canvas, whatever the user's default is
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, pil_kwargs={"compress_level": COMPRESSION})
    return buffer.getvalue()


def draw(history: History, thresholds: Thresholds, run: str) -> Figure:
    """Draw the metrics of a run over its optimizer steps.

    Args:
        history: All checks so far, none included.
        thresholds: Whose detector's limits become lines.
        run: The run's name, for the title.
    """
    panels = panels_of(history, thresholds)
    limits = limits_in_force(thresholds, dimensions=history.dimensions, sample_sets=history.sample_sets)
    steps = _steps(history)
    figure, strip, rows = _arrange(panels)
    _draw_strip(strip, history, steps)
    for panel, ax in zip(panels, rows, strict=True):
        _draw_bands(ax, history, steps, BAND_COLOURS, heights=dict.fromkeys(LEVELS, 1.0))
        draw_panel(ax, panel, history.series(panel.metric), [m for m in limits if m.metric == panel.metric])
    _number_steps([strip, *rows], steps)
    _write_title(figure, history.latest, run)
    _write_legend(figure)
    return figure


def panels_of(history: History, thresholds: Thresholds) -> tuple[Panel, ...]:
    """Return the rows of the picture: four, and what says whether z is used, where it was measured."""
    active = SIGMA_UNITS if thresholds.detector == "original" else ACTIVE_UNITS
    measured = [panel for panel in (INFORMATION, ABLATION) if history.series(panel.metric).count]
    return (KL, VARIANCE, active, RECON, *measured)


def _arrange(panels: Sequence[Panel]) -> tuple[Figure, Axes, list[Axes]]:
    """Return a figure with a strip on top and a row for each panel, all of them equally wide."""
    heights = [STRIP, *(panel.height for panel in panels)]
    height = TOP + sum(heights) + GAP * (len(heights) - 1) + BOTTOM
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    axes: list[Axes] = []
    top = height - TOP
    for row in heights:
        box = (LEFT / WIDTH, (top - row) / height, (WIDTH - LEFT - RIGHT) / WIDTH, row / height)
        axes.append(figure.add_axes(box))
        top -= row + GAP
    return figure, axes[0], axes[1:]


def _steps(history: History) -> tuple[float, float]:
    """Return the steps that the axes show."""
    if history.latest is None:
        return 0.0, 1.0
    first, last = history.spans[0].step, history.latest.step
    room = 0.01 * (last - first) or 1.0
    return first - room, last + room


def _draw_strip(ax: Axes, history: History, steps: tuple[float, float]) -> None:
    heights = {level: (1 + level.severity) / len(LEVELS) for level in LEVELS}
    _draw_bands(ax, history, steps, STRIP_COLOURS, heights)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([])
    ax.set_ylabel("verdict", fontsize=8.5, color=TEXT_COLOUR, rotation=0, ha="right", va="center")
    if history.latest is None:
        ax.text(0.5, 0.5, "no check yet", transform=ax.transAxes, ha="center", va="center", fontsize=9, color=MUTED)
        return
    ax.annotate(
        f"now {history.latest.level}", (1.0, 0.5), xycoords="axes fraction", xytext=(5, 0), textcoords="offset points",
        va="center", fontsize=8.5, weight="bold", color=TEXT_COLOUR, annotation_clip=False,
    )  # fmt: skip


def _draw_bands(
    ax: Axes,
    history: History,
    steps: tuple[float, float],
    colours: Mapping[Level, str],
    heights: Mapping[Level, float],
) -> None:
    """Colour each level's steps from the bottom up to a share of the axes' height; one collection for each level."""
    spans = history.spans
    ends = [*(span.step for span in spans[1:]), steps[1]]
    for level in LEVELS:
        stretches = [
            # The first level fills the room before its check too.
            (start := span.step if i else steps[0], ends[i] - start)
            for i, span in enumerate(spans)
            if span.level == level
        ]
        if stretches:
            ax.broken_barh(
                stretches, (0.0, heights[level]), transform=ax.get_xaxis_transform(), facecolor=colours[level],
                linewidth=0, antialiased=False, zorder=0, label=str(level),
            )  # fmt: skip


def _number_steps(axes: Sequence[Axes], steps: tuple[float, float]) -> None:
    """Give all rows the same steps, and the last one the numbers."""
    for ax in axes:
        ax.set_xlim(*steps)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[:-1]:
        ax.set_xticks([])  # they are what takes longest to draw
    axes[-1].xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes[-1].set_xlabel("optimizer step", fontsize=9, color=TEXT_COLOUR)


def _write_title(figure: Figure, latest: Verdict | None, run: str) -> None:
    lines: list[tuple[str, float, str, str]] = [(drawable(run), 14.0, "bold", TEXT_COLOUR)]
    if latest is None:
        lines.append(("no check of the posterior yet", 10.5, "normal", TEXT_COLOUR))
    else:
        since = f"since step {latest.since:,}, {latest.checks:,} check{'s' if latest.checks != 1 else ''}"
        verdict = f"{str(latest.level).upper()}: {latest.condition}, at step {latest.step:,} ({since})"
        lines.append((drawable(verdict), 10.5, "normal", TEXT_COLOUR))
        reasons = textwrap.wrap(
            drawable("; ".join(latest.reasons)), REASON_CHARACTERS, max_lines=REASON_LINES, placeholder=" …"
        )
        lines += [(line, 8.5, "normal", MUTED) for line in reasons]
    height = figure.get_figheight()
    top = height - 0.14
    for text, size, weight, colour in lines:
        # Names are data: a `$` in them starts no formula.
        figure.text(
            LEFT / WIDTH, top / height, text, fontsize=size, weight=weight, color=colour, va="top",
            family=FONT, parse_math=False,
        )  # fmt: skip
        top -= size / 72 * 1.5


def _write_legend(figure: Figure) -> None:
    bands = [Patch(facecolor=BAND_COLOURS[level], edgecolor=MUTED, linewidth=0.5, label=level) for level in LEVELS]
    marks = [
        Line2D([], [], color=LINE_COLOUR, linewidth=1.3, label="metric"),
        Line2D([], [], color=LIMIT_COLOUR, linewidth=1.1, linestyle=LIMIT_STYLE, label="threshold"),
        Line2D([], [], color=LIMIT_COLOUR, linestyle="", marker=BROKEN_MARK, markersize=6, label="NaN or infinite"),
    ]
    figure.legend(
        handles=[*bands, *marks], loc="lower center", ncol=7, frameon=False, fontsize=8.5, labelcolor=TEXT_COLOUR,
        bbox_to_anchor=(0.5, 0.0), handlelength=1.8, columnspacing=1.6,
    )  # fmt: skip


def drawable(text: str) -> str:
    """Return a text with what the font cannot draw, control characters included, replaced by `?`."""
    return "".join(char if _has_glyph(char) else "?" for char in text)


@cache
def _has_glyph(char: str) -> bool:
    font = font_manager.get_font(font_manager.findfont(FONT))
    return char.isprintable() and font.get_char_index(ord(char)) != 0
