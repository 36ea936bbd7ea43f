"""`latent_correlation.png`: which latent dimensions say the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from seqsetvae.figures.posterior_panel import MUTED
from seqsetvae.visualization.canvas import DARK, LIGHT, dress, new_figure, upright
from seqsetvae.visualization.correlations import STRONG, CorrelationOrder

#: What a constant dimension looks like, hatched besides: nothing of the scale.
CONSTANT = "#f3d9b1"


def draw_correlation(found: CorrelationOrder, notes: Sequence[str]) -> Figure:
    """Draw the matrix of absolute correlations, and how they are distributed over pairs."""
    share = found.strong_share
    said = "no two dimensions vary" if share is None else f"{100 * share:.1f} % of the pairs have |r| > {STRONG:g}"
    constant = f"; {found.constant} of {len(found.order)} dimensions are constant" if found.constant else ""
    figure = new_figure(11.5, 5.6, "Correlation of the latent means", [said + constant, *notes])
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
    dress(ax, title="|r|, dimensions ordered so that alike stand together", x="dimensions", y="dimensions")
    ax.grid(visible=False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    if found.constant > count / 8:  # where there is room for words; the line below the title says it in any case
        words = f"{found.constant} constant"
        ax.text(count / 2, varying + found.constant / 2 + 0.5, words, ha="center", va="center", fontsize=9,
                bbox={"facecolor": CONSTANT, "edgecolor": "none", "pad": 2.0})  # fmt: skip
    bar = figure.colorbar(image, ax=ax, shrink=0.85)
    bar.set_label("|r| between sets", fontsize=9)
    bar.ax.tick_params(labelsize=8)


def _draw_pairs(ax: Axes, found: CorrelationOrder) -> None:
    dress(ax, title="pairs of dimensions", x="|r|", y="pairs")
    ax.set_xlim(0.0, 1.0)
    if not len(found.pairs):
        ax.text(0.5, 0.5, "no pair varies", transform=ax.transAxes, ha="center", fontsize=10, color=MUTED)
        return
    pairs, edges = np.histogram(found.pairs, bins=50, range=(0.0, 1.0))
    shades = np.where(edges[:-1] >= STRONG - 1e-9, DARK, LIGHT).tolist()
    ax.bar(edges[:-1], pairs, np.diff(edges), align="edge", color=shades, edgecolor="#6f8aa3", linewidth=0.4)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda pairs, _: f"{pairs:,.0f}"))
    ax.margins(y=0.1)
    upright(ax, STRONG, f"{STRONG:g}")
