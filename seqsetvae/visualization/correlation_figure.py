"""`latent_correlation.png`: which latent dimensions say the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seqsetvae.figures.axis_marks import draw_upright_threshold, write_absence
from seqsetvae.figures.style import DARK, EDGE, LABEL_SIZE, LIGHT, TICK_SIZE, group_thousands, headed_figure, style_axes
from seqsetvae.visualization.correlations import STRONG, CorrelationOrder

#: Colour of a constant dimension, hatched besides: it is not on the scale.
CONSTANT = "#f3d9b1"


def draw_correlation(found: CorrelationOrder, notes: Sequence[str]) -> Figure:
    """Draw the matrix of absolute correlations, and how they are distributed over pairs."""
    share = found.strong_share
    said = "no two dimensions vary" if share is None else f"{100 * share:.1f} % of the pairs have |r| > {STRONG:g}"
    constant = f"; {found.constant} of {len(found.order)} dimensions are constant" if found.constant else ""
    figure = headed_figure(11.5, 5.6, "Correlation of the latent means", [said + constant, *notes])
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
    _draw_matrix(figure, left, found)
    _draw_pairs(right, found)
    return figure


def _draw_matrix(figure: Figure, ax: Axes, found: CorrelationOrder) -> None:
    count = len(found.order)
    whole = np.full((count, count), np.nan)
    varying = len(found.matrix)
    whole[:varying, :varying] = found.matrix
    image = ax.imshow(
        whole, cmap="Greys", vmin=0.0, vmax=1.0, interpolation="nearest", extent=(0.5, count + 0.5, count + 0.5, 0.5)
    )  # fmt: skip
    ax.patch.set(facecolor=CONSTANT, edgecolor="#b5813c", hatch="////", linewidth=0.0)
    title = "|r|, dimensions ordered so that alike stand together"
    style_axes(ax, title=title, x="dimensions", y="dimensions", grid=None)
    for axis in (ax.xaxis, ax.yaxis):
        group_thousands(axis, bins=6)
    if found.constant > count / 8:  # where there is room for words; the line below the title says it in any case
        words = f"{found.constant} constant"
        ax.text(count / 2, varying + found.constant / 2 + 0.5, words, ha="center", va="center", fontsize=LABEL_SIZE,
                bbox={"facecolor": CONSTANT, "edgecolor": "none", "pad": 2.0})  # fmt: skip
    bar = figure.colorbar(image, ax=ax, shrink=0.85)
    bar.set_label("|r| between sets", fontsize=LABEL_SIZE)
    bar.ax.tick_params(labelsize=TICK_SIZE)


def _draw_pairs(ax: Axes, found: CorrelationOrder) -> None:
    style_axes(ax, title="pairs of dimensions", x="|r|", y="pairs")
    ax.set_xlim(0.0, 1.0)
    if not len(found.pairs):
        write_absence(ax, "no pair varies")
        return
    pairs, edges = np.histogram(found.pairs, bins=50, range=(0.0, 1.0))
    shades = np.where(edges[:-1] >= STRONG - 1e-9, DARK, LIGHT).tolist()
    ax.bar(edges[:-1], pairs, np.diff(edges), align="edge", color=shades, edgecolor=EDGE, linewidth=0.4)
    group_thousands(ax.yaxis, bins=9)
    ax.margins(y=0.1)
    draw_upright_threshold(ax, STRONG, f"{STRONG:g}")
