"""Verdicts over steps as bands, distinct by hue, by lightness and, in strips, by height.

Neither a colour-blind reader nor a grey print-out loses a level: each is darker than the one below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.transforms import Transform

from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.collapse.verdict_history import LevelChange
from seqsetvae.figures.style import MUTED
from seqsetvae.stream.records import Level

#: Behind curves: steps in lightness of about ten, light enough for a dark line on top.
BAND_COLOURS = {Level.GREEN: "#eef6f1", Level.YELLOW: "#fbe39a", Level.ORANGE: "#f0ad63", Level.RED: "#cf7f86"}
#: In strips, where nothing is drawn over them.
STRIP_COLOURS = {Level.GREEN: "#c3e4d5", Level.YELLOW: "#eec32b", Level.ORANGE: "#d2691e", Level.RED: "#7d1128"}


def draw_bands(ax: Axes, changes: Sequence[LevelChange], steps: tuple[float, float]) -> None:
    """Colour the axes behind their curves, over their whole height and the given range of steps."""
    heights = dict.fromkeys(LEVELS, 1.0)
    _draw(ax, changes, steps, BAND_COLOURS, 0.0, heights, ax.get_xaxis_transform())


def draw_strip(
    ax: Axes, changes: Sequence[LevelChange], steps: tuple[float, float], *, base: float = 0.0, height: float = 1.0
) -> None:
    """Draw bars that are the higher the graver, from `base` up to `height` above it for red, in data units."""
    heights = {level: height * (1 + level.severity) / len(LEVELS) for level in LEVELS}
    _draw(ax, changes, steps, STRIP_COLOURS, base, heights, ax.transData)


def level_patches(colours: Mapping[Level, str]) -> list[Patch]:
    """Return what a legend shows of the levels."""
    return [Patch(facecolor=colours[level], edgecolor=MUTED, linewidth=0.5, label=str(level)) for level in LEVELS]


def _draw(
    ax: Axes,
    changes: Sequence[LevelChange],
    steps: tuple[float, float],
    colours: Mapping[Level, str],
    base: float,
    heights: Mapping[Level, float],
    transform: Transform,
) -> None:
    """Draw one collection for each level; the first level begins at the first of `steps`, before its check."""
    starts = [steps[0], *(change.step for change in changes[1:])]
    ends = [*starts[1:], steps[1]]
    for level in LEVELS:
        ranges = [(starts[i], ends[i] - starts[i]) for i, change in enumerate(changes) if change.level == level]
        if ranges:
            ax.broken_barh(
                ranges, (base, heights[level]), transform=transform, facecolor=colours[level], linewidth=0,
                antialiased=False, zorder=0, label=str(level),
            )  # fmt: skip
