"""KL against reconstruction: the path of each run through the plane, from its start to its newest point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from seqsetvae.analysis.metric_curve import at_steps
from seqsetvae.analysis.panel_words import say_missing
from seqsetvae.analysis.run_styles import Comparison, StyledRun
from seqsetvae.figures.axis_marks import KL_FLOOR, is_exploded
from seqsetvae.figures.style import MUTED, PAPER, style_axes
from seqsetvae.logs.trail import Floats

#: Points of a path; more would be a scribble.
POINTS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeoffPanel:
    """The rate–distortion path of each run, by training metrics, or by the posterior's where it has only those."""

    title: str = "KL against reconstruction"

    def draw(self, ax: Axes, comparison: Comparison) -> None:
        """Draw the paths of all runs."""
        x = "KL [nats per set]; open: start, filled: newest"
        style_axes(ax, title=self.title, x=x, y="reconstruction\n[loss per set]", grid="both")
        paths = [(styled, path_of(styled, comparison.smooth)) for styled in comparison.back_to_front]
        drawn = [(styled, path) for styled, path in paths if path is not None]
        for styled, (kl, recon) in drawn:
            _draw_path(ax, comparison, styled, kl, recon)
        if drawn:
            ax.set_xscale("log")
            ax.xaxis.set_minor_locator(NullLocator())
            if is_exploded(np.concatenate([recon for _, (_, recon) in drawn])):
                ax.set_yscale("log")
                ax.yaxis.set_minor_locator(NullLocator())
        say_missing(ax, comparison, "KL beside reconstruction", len(paths) - len(drawn))


def path_of(styled: StyledRun, smooth: float) -> tuple[Floats, Floats] | None:
    """Return KL and reconstruction at some `POINTS` steps, or None where the log does not have both."""
    curves = styled.run.curves
    for stage in ("train", "posterior", "val"):
        kl, recon = curves.get(f"{stage}/kl"), curves.get(f"{stage}/recon")
        if kl is None or recon is None:
            continue
        steps = np.unique(kl.steps[:: max(1, len(kl.steps) // POINTS)])
        path = np.maximum(at_steps(kl, steps, smooth), KL_FLOOR), at_steps(recon, steps, smooth)
        there = np.isfinite(path[0]) & np.isfinite(path[1])
        if there.any():
            return path[0][there], path[1][there]
    return None


def _draw_path(ax: Axes, comparison: Comparison, styled: StyledRun, kl: Floats, recon: Floats) -> None:
    style = styled.style
    if style is None:
        ax.plot(kl, recon, color=MUTED, alpha=0.3, linewidth=0.7, zorder=1.5, label="others")
        return
    dash, marker = ("solid", "o") if comparison.single else (style.dash, style.marker)
    ax.plot(kl, recon, color=style.colour, linewidth=1.3, zorder=3, linestyle=dash, label="run")
    for place, face, label in ((0, PAPER, "start"), (-1, style.colour, "newest")):
        ax.plot(
            kl[[place]], recon[[place]], linestyle="", marker=marker, markersize=7, markerfacecolor=face,
            markeredgecolor=style.colour, zorder=4, label=label,
        )  # fmt: skip
