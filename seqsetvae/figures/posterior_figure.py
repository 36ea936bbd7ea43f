"""The posterior metrics of a run as a figure: curves, thresholds as lines, verdicts as bands behind."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from seqsetvae.collapse.limits import limits_in_force
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.figures.axis_marks import LIMIT_STYLE, NONFINITE_MARKER, write_absence, write_newest
from seqsetvae.figures.image_file import png_bytes
from seqsetvae.figures.posterior_panel import (
    ABLATION,
    ACTIVE_UNITS,
    INFORMATION,
    KL,
    RECON,
    SIGMA_UNITS,
    VARIANCE,
    PosteriorPanel,
    draw_panel,
)
from seqsetvae.figures.style import DARK, LEGEND, LIMIT, PAPER, group_thousands, style_axes, write_heading
from seqsetvae.figures.verdict_bands import BAND_COLOURS, draw_bands, draw_strip, level_patches
from seqsetvae.posterior.history import History

#: Inches, and dots per inch: 1,000 dots wide, and as high as the rows need.
WIDTH, STRIP, TOP, BOTTOM, LEFT, RIGHT, GAP, DPI = 10.0, 0.4, 1.1, 0.9, 1.05, 1.5, 0.14, 100
#: Characters that fit in a line of reasons, and lines of them.
REASON_CHARACTERS, REASON_LINES = 125, 2


def draw_png(history: History, thresholds: Thresholds, run: str) -> bytes:
    """Return the figure as the bytes of a PNG file; for the arguments, see `draw`."""
    return png_bytes(draw(history, thresholds, run))


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
    _draw_verdicts(strip, history, steps)
    for panel, ax in zip(panels, rows, strict=True):
        draw_bands(ax, history.level_changes, steps)
        draw_panel(ax, panel, history.series(panel.metric), [m for m in limits if m.metric == panel.metric])
    for ax in (strip, *rows):
        ax.set_xlim(*steps)
        ax.set_xticks([])  # drawing them is the slowest part
    group_thousands(rows[-1].xaxis, bins=8)
    rows[-1].set_xlabel("optimizer step")
    _write_verdict(figure, history.latest, run)
    _write_legend(figure)
    return figure


def panels_of(history: History, thresholds: Thresholds) -> tuple[PosteriorPanel, ...]:
    """Return the rows of the figure: four, and what says whether z is used, where it was measured."""
    active = SIGMA_UNITS if thresholds.detector == "original" else ACTIVE_UNITS
    measured = [panel for panel in (INFORMATION, ABLATION) if len(history.series(panel.metric))]
    return (KL, VARIANCE, active, RECON, *measured)


def _arrange(panels: Sequence[PosteriorPanel]) -> tuple[Figure, Axes, list[Axes]]:
    """Return a figure with a strip on top and a row for each panel, all of them equally wide."""
    heights = [STRIP, *(panel.height for panel in panels)]
    height = TOP + sum(heights) + GAP * (len(heights) - 1) + BOTTOM
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor=PAPER)
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
    first, last = history.level_changes[0].step, history.latest.step
    room = 0.01 * (last - first) or 1.0
    return first - room, last + room


def _draw_verdicts(ax: Axes, history: History, steps: tuple[float, float]) -> None:
    style_axes(ax, grid=None)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([])
    ax.set_ylabel("verdict", rotation=0, ha="right", va="center")
    draw_strip(ax, history.level_changes, steps)
    if history.latest is None:
        write_absence(ax, "no check yet")
    else:
        write_newest(ax, 0.5, f"now {history.latest.level}")


def _write_verdict(figure: Figure, latest: Verdict | None, run: str) -> None:
    if latest is None:
        write_heading(figure, run, subtitle="no check of the posterior yet", left=LEFT)
        return
    since = f"since step {latest.since:,}, {latest.checks:,} check{'s' if latest.checks != 1 else ''}"
    verdict = f"{str(latest.level).upper()}: {latest.condition}, at step {latest.step:,} ({since})"
    reasons = textwrap.wrap("; ".join(latest.reasons), REASON_CHARACTERS, max_lines=REASON_LINES, placeholder=" …")
    write_heading(figure, run, subtitle=verdict, notes=reasons, left=LEFT)


def _write_legend(figure: Figure) -> None:
    lines = [
        Line2D([], [], color=DARK, linewidth=1.3, label="metric"),
        Line2D([], [], color=LIMIT, linewidth=1.1, linestyle=LIMIT_STYLE, label="threshold"),
        Line2D([], [], color=LIMIT, linestyle="", marker=NONFINITE_MARKER, markersize=6, label="NaN or infinite"),
    ]
    figure.legend(
        handles=[*level_patches(BAND_COLOURS), *lines], loc="lower center", ncol=7, bbox_to_anchor=(0.5, 0.0),
        handlelength=1.8, columnspacing=1.6, **LEGEND,
    )  # fmt: skip
