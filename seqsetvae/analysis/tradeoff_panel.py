"""KL against reconstruction: the way of each run through the plane, from its start to its newest point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from seqsetvae.analysis.curve import Floats, at_steps
from seqsetvae.analysis.curve_panel import say_missing, style_axes
from seqsetvae.analysis.run_styles import INK, MUTED, PAPER, Drawn, Scene
from seqsetvae.figures.posterior_panel import EXPLODED, KL_FLOOR

#: Points of a way; more would be a scribble.
STATIONS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeoffPanel:
    """The rate–distortion path of each run, by training metrics, or by the posterior's where it has only those."""

    title: str = "KL against reconstruction"

    def draw(self, ax: Axes, scene: Scene) -> None:
        """Draw the ways of all runs."""
        style_axes(ax, self.title, "reconstruction\n[loss per set]")
        lacking, everything = 0, [np.empty(0)]
        for drawn in sorted(scene.runs, key=lambda drawn: drawn.look is not None):
            way = way_of(drawn, scene.smooth)
            if way is None:
                lacking += 1
                continue
            _draw_way(ax, scene, drawn, *way)
            everything.append(way[1])
        recon = np.concatenate(everything)
        if len(recon):
            ax.set_xscale("log")
            ax.xaxis.set_minor_locator(NullLocator())
            ax.set_xlabel("KL [nats per set]; open: start, filled: newest", fontsize=9, color=INK)
            if recon.min() > 0 and recon.max() > EXPLODED * float(np.median(recon)):
                ax.set_yscale("log")
                ax.yaxis.set_minor_locator(NullLocator())
        say_missing(ax, scene, "KL beside reconstruction", lacking)


def way_of(drawn: Drawn, smooth: float) -> tuple[Floats, Floats] | None:
    """Return KL and reconstruction at some `STATIONS` steps, or None where the log does not have both."""
    curves = drawn.run.curves
    for stage in ("train", "posterior", "val"):
        kl, recon = curves.get(f"{stage}/kl"), curves.get(f"{stage}/recon")
        if kl is None or recon is None:
            continue
        steps = np.unique(kl.step[:: max(1, len(kl.step) // STATIONS)])
        way = np.maximum(at_steps(kl, steps, smooth), KL_FLOOR), at_steps(recon, steps, smooth)
        there = np.isfinite(way[0]) & np.isfinite(way[1])
        if there.any():
            return way[0][there], way[1][there]
    return None


def _draw_way(ax: Axes, scene: Scene, drawn: Drawn, kl: Floats, recon: Floats) -> None:
    look = drawn.look
    if look is None:
        ax.plot(kl, recon, color=MUTED, alpha=0.3, linewidth=0.7, zorder=1.5, label="others")
        return
    colour = look.colour
    ax.plot(
        kl, recon, color=colour, linewidth=1.3, zorder=3, linestyle="solid" if scene.single else look.dash, label="run"
    )
    marker = "o" if scene.single else look.marker
    for place, face, label in ((0, PAPER, "start"), (-1, colour, "newest")):
        ax.plot(
            kl[[place]], recon[[place]], linestyle="", marker=marker, markersize=7, markerfacecolor=face,
            markeredgecolor=colour, zorder=4, label=label,
        )  # fmt: skip
