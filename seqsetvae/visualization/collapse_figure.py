"""`posterior_collapse_analysis.png`: KL, σ² and Var(μ) of every latent dimension, and which of them are alive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullLocator

from seqsetvae.figures.axis_marks import KL_FLOOR, draw_threshold, write_beside
from seqsetvae.figures.style import DARK, LEGEND, LIGHT, MIDDLE, MUTED, headed_figure, style_axes
from seqsetvae.posterior.statistics import ACTIVE_VARIANCE, COLLAPSED_KL
from seqsetvae.visualization.dimensions import Dimensions, DimensionState, Numbers

#: Colour, edge and marker of each state.
STATE_STYLES = {
    DimensionState.ACTIVE: (DARK, DARK, "o"),
    DimensionState.MIXED: (MIDDLE, "#7a3208", "^"),
    DimensionState.COLLAPSED: (LIGHT, MUTED, "s"),
}
#: Smaller variances are drawn here: a logarithmic axis has no 0.
VARIANCE_FLOOR = 1e-8
#: The least range of an axis: in a smaller one there may be no second power of ten.
LEAST_RANGE = 150.0
#: Between two thresholds' words, points, and the height of a row that it is a share of.
APART, ROW_HEIGHT = 11.0, 130.0
RULE = f"active: KL ≥ {COLLAPSED_KL:g} nats and Var(μ) > {ACTIVE_VARIANCE:g}; collapsed: neither; mixed: one of them"


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionRow:
    """One quantity of all dimensions.

    Attributes:
        values: `[dimensions]`, with the smallest that the axis shows.
        label: What the axis says.
        limits: Thresholds and their words, rising.
    """

    values: Numbers
    label: str
    limits: tuple[tuple[float, str], ...]

    @property
    def range(self) -> tuple[float, float]:
        """What the axis shows: every value and threshold, with some room."""
        everything = [*self.values.tolist(), *(value for value, _ in self.limits)]
        low, high = min(everything) / 1.6, max(everything) * 1.6
        widen = max(1.0, LEAST_RANGE / (high / low)) ** 0.5
        return low / widen, high * widen


def draw_collapse(dimensions: Dimensions, notes: Sequence[str], free_bits: float) -> Figure:
    """Draw all dimensions, level by level, each level sorted by KL.

    Args:
        dimensions: Their statistics.
        notes: Lines below the title: the model, and what was seen.
        free_bits: Nats per dimension that cost nothing in training; a line where there are some.
    """
    levels = len(dimensions.levels)
    counts = f"{_counts(dimensions)}, of {sum(dimensions.levels)} dimensions"
    width = max(7.6, 2.2 + 3.6 * levels)
    figure = headed_figure(width, 7.6, "Posterior, dimension by dimension", [counts, RULE, *notes])
    rows = _rows(dimensions, free_bits)
    axes = figure.subplots(3, levels, sharex="col", sharey="row", squeeze=False)
    for level in range(1, levels + 1):
        chosen = np.flatnonzero(dimensions.level == level)
        chosen = chosen[np.argsort(-dimensions.kl[chosen], kind="stable")]
        states = [dimensions.states[i] for i in chosen]
        for row, ax in zip(rows, axes[:, level - 1], strict=True):
            counted = f"level {level}: {_counts(dimensions, level)}" if levels > 1 and row is rows[0] else ""
            style_axes(ax, title=counted)
            _draw(ax, row, row.values[chosen], states)
            if level == 1:
                ax.set_ylabel(row.label)
            if level == levels:
                _write_limits(ax, row)
        axes[2, level - 1].set_xlabel("dimensions by falling KL")
    figure.legend(handles=[_sample(state) for state in DimensionState], loc="outside lower center", ncol=3, **LEGEND)
    return figure


def _counts(dimensions: Dimensions, level: int | None = None) -> str:
    return ", ".join(f"{dimensions.count(state, level)} {state}" for state in DimensionState)


def _rows(dimensions: Dimensions, free_bits: float) -> tuple[DimensionRow, ...]:
    kl_limits = [(COLLAPSED_KL, f"collapsed < {COLLAPSED_KL:g}")]
    if free_bits > 0:
        kl_limits.append((free_bits, f"free bits {free_bits:g}"))
    return (
        DimensionRow(
            values=np.maximum(dimensions.kl, KL_FLOOR),
            label="KL\n[nats per set]",
            limits=tuple(sorted(kl_limits)),
        ),
        DimensionRow(
            values=np.maximum(dimensions.variance, VARIANCE_FLOOR),
            label="σ²\n[mean over sets]",
            limits=((1.0, "prior 1"),),
        ),
        DimensionRow(
            values=np.maximum(dimensions.mean_variance, VARIANCE_FLOOR),
            label="Var(μ)\n[between sets]",
            limits=((ACTIVE_VARIANCE, f"active > {ACTIVE_VARIANCE:g}"),),
        ),
    )


def _draw(ax: Axes, row: DimensionRow, shown: Numbers, states: Sequence[DimensionState]) -> None:
    rank = np.arange(1, len(shown) + 1)
    ax.set_yscale("log")
    ax.set_ylim(*row.range)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    for state in DimensionState:
        those = np.array([own is state for own in states])
        colour, edge, marker = STATE_STYLES[state]
        ax.plot(
            rank[those], shown[those], linestyle="", marker=marker, markersize=5.0 if len(shown) <= 64 else 3.0,
            markerfacecolor=colour, markeredgecolor=edge, markeredgewidth=0.5, zorder=3, label=str(state),
        )  # fmt: skip
    for value, _ in row.limits:
        draw_threshold(ax, value)


def _write_limits(ax: Axes, row: DimensionRow) -> None:
    """Write what the thresholds are at the right, each above the one below it."""
    low, high = row.range
    below = -math.inf
    for value, words in row.limits:
        place = ROW_HEIGHT * math.log(value / low) / math.log(high / low)
        shift = max(0.0, below + APART - place)
        below = place + shift
        write_beside(ax, value, words, raised=shift)


def _sample(state: DimensionState) -> Line2D:
    colour, edge, marker = STATE_STYLES[state]
    sample = Line2D([], [], linestyle="", marker=marker, markersize=6, markerfacecolor=colour, markeredgecolor=edge)
    sample.set_label(str(state))
    return sample
