"""What panels say beside their curves: thresholds, non-finite values, missing values; and the range that shows all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import ArrayLike

from seqsetvae.figures.style import INK, LIMIT, MUTED, NOTE_SIZE, PAPER, TICK_SIZE

LIMIT_STYLE = (0, (5, 2))
NONFINITE_MARKER = "X"
NONFINITE_HEIGHT = 0.95
#: Where a KL of 0 is drawn, nats: a logarithmic axis has no 0, and every threshold is far above.
KL_FLOOR = 1e-6
#: A series whose largest value is this many times its median is drawn on a logarithmic axis: the rest would be flat.
EXPLODED = 100.0
#: Smallest value that a logarithmic axis shows, as a share of the largest.
SMALLEST_SHARE = 1e-30
#: Up to so many points of a curve, each is marked.
FEW_POINTS = 60


def draw_threshold(ax: Axes, value: float, words: str = "", *, inside: bool = False) -> None:
    """Draw a horizontal threshold, and write what it is beside the axes, or above the line inside of them."""
    ax.axhline(value, color=LIMIT, linestyle=LIMIT_STYLE, linewidth=1.1, zorder=2.5, label="threshold")
    if inside:
        ax.annotate(
            words, (0.0, value), xycoords=("axes fraction", "data"), xytext=(4, 3), textcoords="offset points",
            fontsize=TICK_SIZE, color=LIMIT, zorder=6,
            bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
        )  # fmt: skip
    elif words:
        write_beside(ax, value, words)


def draw_upright_threshold(ax: Axes, value: float, words: str, *, height: float = 1.0) -> None:
    """Draw a vertical threshold, and write what it is beside it, at a share of the axes' height."""
    ax.axvline(value, color=LIMIT, linestyle=LIMIT_STYLE, linewidth=1.1, zorder=2.5, label="threshold")
    ax.annotate(
        words, (value, height), xycoords=("data", "axes fraction"), xytext=(4, -2), textcoords="offset points",
        va="top", fontsize=TICK_SIZE, color=LIMIT, annotation_clip=False,
    )  # fmt: skip


def write_beside(ax: Axes, value: float, words: str, *, raised: float = 0.0, colour: str = LIMIT) -> None:
    """Write words to the right of the axes at a value of the vertical axis, raised by so many points."""
    ax.annotate(
        words, (1.0, value), xycoords=("axes fraction", "data"), xytext=(5, raised), textcoords="offset points",
        va="center", fontsize=TICK_SIZE, color=colour, annotation_clip=False,
    )  # fmt: skip


def write_newest(ax: Axes, share: float, words: str, *, colour: str = INK) -> None:
    """Write the newest value to the right of the axes at a share of their height."""
    ax.annotate(
        words, (1.0, share), xycoords="axes fraction", xytext=(5, 0), textcoords="offset points", va="center",
        fontsize=NOTE_SIZE, weight="bold", color=colour, annotation_clip=False,
    )  # fmt: skip


def write_absence(ax: Axes, words: str) -> None:
    """Write in the middle of the axes that there is nothing to draw."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", fontsize=9.5, color=MUTED)


def mark_nonfinite(ax: Axes, steps: ArrayLike) -> None:
    """Mark, at the top, the steps at which a value was NaN or infinite."""
    places = np.asarray(steps)
    if len(places):
        ax.plot(
            places, np.full(len(places), NONFINITE_HEIGHT), transform=ax.get_xaxis_transform(), color=LIMIT,
            linestyle="", marker=NONFINITE_MARKER, markersize=6, markeredgecolor=PAPER, markeredgewidth=0.5, zorder=5,
            label="non-finite",
        )  # fmt: skip


def is_exploded(values: ArrayLike) -> bool:
    """Whether values are all positive, and the largest is far above the others."""
    known = np.asarray(values, dtype=np.float64)
    return len(known) > 0 and bool(known.min() > 0 and known.max() > EXPLODED * np.median(known))


def fit_values(ax: Axes, values: Sequence[float] | ArrayLike, *, logarithmic: bool, bins: int = 6) -> None:
    """Show all values and thresholds with some room; flat values lie in the middle.

    Args:
        ax: The axes.
        values: Finite numbers; without any, the axes stay as they are. Positive where the axis is logarithmic.
        logarithmic: Whether the vertical axis is to be.
        bins: Intervals between ticks at most, where the axis is linear.
    """
    if logarithmic:
        ax.set_yscale("log")
        ax.yaxis.set_minor_locator(NullLocator())
    else:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 5, 10]))
    known = np.asarray(values, dtype=np.float64)
    if not len(known):
        return
    low, high = float(known.min()), float(known.max())
    if logarithmic:
        low = max(low, high * SMALLEST_SHARE)
        room = max((high / low) ** 0.07, 1.4)
        ax.set_ylim(low / room, high * room)
        return
    room = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
    ax.set_ylim(low - room, high + room)
