"""`reconstruction_errors.png`: how large errors are, when, in which sets, and of which variables."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seqsetvae.figures.axis_marks import draw_upright_threshold
from seqsetvae.figures.style import (
    DARK,
    EDGE,
    INK,
    LEGEND,
    LIGHT,
    MIDDLE,
    MUTED,
    TICK_SIZE,
    group_thousands,
    headed_figure,
    name_rows,
    style_axes,
)
from seqsetvae.visualization.error_bins import ErrorBin, by_minute, by_size
from seqsetvae.visualization.findings import Findings, VariableErrors

ERROR = "reconstruction error\n[loss per set]"
#: Variables that are shown at each end.
ENDS = 12
#: The histogram ends at this quantile, so that a few extreme sets do not flatten it.
LARGEST = 0.995
#: Bars of the histogram, fewer where there are few sets.
BINS = 60


def draw_reconstruction(findings: Findings, notes: Sequence[str]) -> Figure:
    """Draw errors of sets over their distribution, time and size, and of events by variable."""
    figure = headed_figure(12.0, 7.4, "Reconstruction errors", notes)
    grid = figure.add_gridspec(3, 2, width_ratios=(1.15, 1.0))
    sample = findings.set_sample
    _draw_distribution(figure.add_subplot(grid[0, 0]), sample["error"])
    _draw_times(figure.add_subplot(grid[1, 0]), by_minute(sample["minute"], sample["error"]))
    _draw_sizes(figure.add_subplot(grid[2, 0]), by_size(sample["size"], sample["error"]))
    _draw_variables(figure.add_subplot(grid[:, 1]), findings.variables)
    return figure


def _draw_distribution(ax: Axes, error: np.ndarray) -> None:
    median, high, end = np.quantile(error, (0.5, 0.95, LARGEST)).tolist()
    end = max(end, high)
    beyond = int((error > end).sum())
    bins = min(BINS, max(10, math.isqrt(len(error))))
    ax.hist(error[error <= end], bins=bins, color=LIGHT, edgecolor=EDGE, linewidth=0.4)
    style_axes(ax, title="sets by error", x="reconstruction error [loss per set]", y="sets")
    group_thousands(ax.yaxis)
    ax.margins(y=0.12)
    draw_upright_threshold(ax, median, f"median {median:.3g}")
    draw_upright_threshold(ax, high, f"95 % below {high:.3g}", height=0.84)  # lower, for both may lie close together
    ax.set_xlim(right=end + 0.2 * (end - float(error.min()) or end or 1.0))  # for the words
    if beyond:
        ax.text(
            1.0, 0.45, f"{beyond:,} larger,\nup to {error.max():.3g}", transform=ax.transAxes, ha="right",
            fontsize=TICK_SIZE, color=MUTED,
        )  # fmt: skip


def _draw_times(ax: Axes, bins: Sequence[ErrorBin]) -> None:
    middle = [found.middle for found in bins]
    ax.fill_between(
        middle, [found.lower for found in bins], [found.upper for found in bins], color=LIGHT, label="half of the sets"
    )
    ax.plot(middle, [found.median for found in bins], color=DARK, marker="o", markersize=3.5, label="median")
    style_axes(ax, title="by time", x="minutes since admission", y=ERROR)
    group_thousands(ax.xaxis)
    _legend(ax)


def _draw_sizes(ax: Axes, bins: Sequence[ErrorBin]) -> None:
    place = np.arange(len(bins))
    median = np.array([found.median for found in bins])
    spread = np.array([[found.median - found.lower, found.upper - found.median] for found in bins]).T
    ax.errorbar(
        place, median, yerr=spread, color=DARK, marker="o", markersize=4, linewidth=1.2, capsize=3, ecolor=EDGE,
        label="median, and half of the sets",
    )  # fmt: skip
    names = [f"{b.low:.0f}" if b.low == b.high else f"{b.low:.0f}–{b.high:.0f}" for b in bins]
    ax.set_xticks(place, [f"{name}\n{found.sets:,}" for name, found in zip(names, bins, strict=True)])
    ax.set_xlim(-0.5, len(bins) - 0.5)
    style_axes(ax, title="by size", x="events in a set; below, the sets of that size", y=ERROR)
    _legend(ax)


def _draw_variables(ax: Axes, variables: VariableErrors) -> None:
    order = variables.worst_first()
    cut = len(order) > 2 * ENDS
    shown = [*order[:ENDS], *order[-ENDS:]] if cut else order
    # A gap between the two ends where variables are left out.
    place = np.arange(len(shown)) + (np.arange(len(shown)) >= ENDS if cut else 0)
    error = variables.error[shown]
    ax.barh(place, error, height=0.72, color=[MIDDLE if cut and i < ENDS else LIGHT for i in range(len(shown))],
            edgecolor=MUTED, linewidth=0.4)  # fmt: skip
    for y, value, index in zip(place, error, shown, strict=True):
        ax.annotate(
            f"{value:.3g}  ({variables.events[index]:,})", (value, y), xytext=(3, 0), textcoords="offset points",
            va="center", fontsize=TICK_SIZE, color=INK,
        )  # fmt: skip
    if cut:
        ax.text(0.01, ENDS, f"… {len(order) - 2 * ENDS} between …", transform=ax.get_yaxis_transform(), va="center",
                fontsize=TICK_SIZE, color=MUTED)  # fmt: skip
    ax.set_ylim(place[-1] + 0.7, -0.7)
    ax.set_xlim(0.0, max(error.max() * 1.3, 1e-6))
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
    title = f"by variable: the {ENDS} worst and the {ENDS} best" if cut else "by variable"
    x = "mean squared distance to the nearest reconstructed event vector"
    style_axes(ax, title=f"{title} (events)", x=x, grid=None)
    name_rows(ax, place.tolist(), [variables.names[index][:24] for index in shown])


def _legend(ax: Axes) -> None:
    ax.margins(y=0.15)
    ax.legend(loc="best", ncols=2, **LEGEND)
