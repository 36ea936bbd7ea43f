"""`latent_space_umap.png`: patients in the plane, before and after the Transformer, by outcome."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from seqsetvae.figures.style import DARK, EDGE, LEGEND, LIGHT, PAPER, headed_figure, style_axes
from seqsetvae.visualization.projection import Projection

#: Characters of a note that fit above one of the two projections.
NOTE_CHARACTERS = 55


def draw_latent_space(
    before: Projection, after: Projection, label: NDArray[np.float32], notes: Sequence[str]
) -> Figure:
    """Draw two projections of the same patients side by side.

    Args:
        before: Of the mean over a patient's sets of μ.
        after: Of h of the last set.
        label: `[patients]` 0 or 1.
        notes: Lines below the title: the model, and which patients these are.
    """
    figure = headed_figure(11.0, 5.3, "Latent space, one point a patient", notes)
    axes = figure.subplots(1, 2)
    for ax, projection, what in zip(
        axes, (before, after), ("before the Transformer: mean of μ", "after it: h of the last set"), strict=True
    ):
        # The rarer outcome comes last, on top, and has the darker marker.
        for value, marker, colour, edge, size in ((0, "o", LIGHT, EDGE, 16), (1, "^", DARK, PAPER, 26)):
            those = projection.points[label == value]
            ax.scatter(
                those[:, 0], those[:, 1], s=size, marker=marker, facecolor=colour, edgecolor=edge, linewidth=0.5,
                label=f"label {value} ({len(those):,})", zorder=2 + value,
            )  # fmt: skip
        axis = "PC" if projection.method == "PCA" else projection.method
        note = textwrap.fill(f"{projection.method}: {projection.note}", NOTE_CHARACTERS)
        style_axes(ax, title=f"{what}\n{note}", x=f"{axis} 1", y=f"{axis} 2")
        if projection.method != "PCA":  # its distances have no unit
            ax.set_xticks([])
            ax.set_yticks([])
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncol=2, **LEGEND)
    return figure
