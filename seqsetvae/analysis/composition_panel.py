"""What the objective consists of: weighted parts over the steps of one run, or of several runs at their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from seqsetvae.analysis.curve import Floats, at_steps
from seqsetvae.analysis.curve_panel import number_steps, say_missing, style_axes
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import INK, PAPER, PART_COLOURS, Drawn, Scene
from seqsetvae.figures.posterior_figure import drawable
from seqsetvae.training.schedules import RampSchedule

PARTS = ("reconstruction", "β · KL", "classification")
#: Lighter, darker and lined, so that a grey print-out tells the parts apart.
HATCHES = ("", "//", "..")
#: The end of a run, as a share of its steps.
END = 0.1
#: Characters of a run's name beside its bar.
NAME = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionPanel:
    """Shares of the weighted parts in their sum; free bits can make the objective itself larger than that."""

    title: str = "loss composition"

    def draw(self, ax: Axes, scene: Scene) -> None:
        """Draw one run over its steps, or several as bars."""
        style_axes(ax, self.title, "")
        found = [(drawn, parts) for drawn in scene.shown if (parts := parts_of(drawn.run)) is not None]
        if not found:
            say_missing(ax, scene, "a training loss and its parts", len(scene.runs))
            return
        if scene.single:
            _draw_area(ax, *found[0][1])
        else:
            _draw_bars(ax, scene, found)
        handles = [
            Patch(facecolor=colour, hatch=hatch, edgecolor=PAPER, label=part)
            for part, colour, hatch in zip(PARTS, PART_COLOURS, HATCHES, strict=True)
        ]
        ax.legend(
            handles=handles, loc="lower right", bbox_to_anchor=(1.02, 0.98), ncol=3, frameon=False, fontsize=8,
            labelcolor=INK, handlelength=1.4, columnspacing=0.9, handletextpad=0.4,
        )  # fmt: skip


def parts_of(run: RunCurves) -> tuple[Floats, Floats] | None:
    """Return steps and weighted parts, `[3, steps]`, or None where the log lacks reconstruction, KL or β.

    A log without a classification loss has that part as 0.
    """
    recon, kl, beta = (run.curves.get(f"train/{name}") for name in ("recon", "kl", "beta"))
    if recon is None or kl is None or beta is None:
        return None
    steps = recon.step
    classification = run.curves.get("train/classification")
    parts = [
        at_steps(recon, steps) * _weights(run, "train/reconstruction_weight", steps),
        at_steps(kl, steps) * at_steps(beta, steps),
        np.zeros(len(steps))
        if classification is None
        else at_steps(classification, steps) * _weights(run, "train/classification_weight", steps),
    ]
    weighted = np.maximum(np.stack(parts), 0.0)
    there = np.isfinite(weighted).all(axis=0) & (weighted.sum(axis=0) > 0)
    return (steps[there], weighted[:, there]) if there.any() else None


def settings_weight(config: Mapping[str, Any], metric: str, steps: Floats) -> Floats | None:
    """Return a weight of the objective at steps, as a run's settings have it; None where they do not."""
    name = metric.removeprefix("train/")
    final, ramp = config.get(name), config.get(name.replace("weight", "warmup_steps"), 0)
    if isinstance(final, bool) or not isinstance(final, int | float) or not isinstance(ramp, int) or ramp < 0:
        return None
    schedule = RampSchedule(final=float(final), ramp_steps=ramp)
    return np.array([schedule(int(step)) for step in steps])


def _weights(run: RunCurves, metric: str, steps: Floats) -> Floats:
    """Return a weight at steps: logged, or from the settings, or 1."""
    logged = run.curves.get(metric)
    if logged is not None:
        return at_steps(logged, steps)
    told = settings_weight(run.config, metric, steps)
    return np.ones(len(steps)) if told is None else told


def _draw_area(ax: Axes, steps: Floats, weighted: Floats) -> None:
    shares = 100 * weighted / weighted.sum(axis=0)
    base = np.zeros(len(steps))
    for share, colour, hatch in zip(shares, PART_COLOURS, HATCHES, strict=True):
        ax.fill_between(steps, base, base + share, facecolor=colour, hatch=hatch, edgecolor=PAPER, linewidth=0)
        base = base + share
    ax.set_ylim(0, 100)
    ax.set_ylabel("share of the\nweighted loss [%]", fontsize=9, color=INK)
    number_steps(ax)


def _draw_bars(ax: Axes, scene: Scene, found: list[tuple[Drawn, tuple[Floats, Floats]]]) -> None:
    rows = np.arange(len(found))[::-1]
    ends = [
        weighted[:, steps >= steps[-1] - END * (steps[-1] - steps[0])].mean(axis=1) for _, (steps, weighted) in found
    ]
    shares = np.stack([100 * end / end.sum() for end in ends], axis=1)
    base = np.zeros(len(found))
    for share, colour, hatch in zip(shares, PART_COLOURS, HATCHES, strict=True):
        ax.barh(rows, share, left=base, height=0.7, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0)
        base = base + share
    ax.set_xlim(0, 100)
    ax.set_ylim(-0.6, len(found) - 0.4)
    ax.grid(visible=False)
    label_runs(ax, [drawn for drawn, _ in found])
    whose = "each run" if len(scene.runs) == len(found) else f"{len(found)} of {len(scene.runs)} runs"
    ax.set_xlabel(f"% of the weighted loss, last tenth of {whose}", fontsize=9, color=INK)


def label_runs(ax: Axes, runs: list[Drawn]) -> None:
    """Write the names of runs beside their rows, the first on top."""
    ax.set_yticks(np.arange(len(runs))[::-1], [""] * len(runs))
    for tick, drawn in zip(ax.get_yticklabels(), runs, strict=True):
        tick.set_parse_math(False)  # names are data: a `$` in them starts no formula
        tick.set_fontsize(7.5)
        tick.set_color(INK if drawn.look is None else drawn.look.colour)
    ax.set_yticklabels([shortened(drawn.run.name) for drawn in runs])


def shortened(name: str, limit: int = NAME) -> str:
    """Return a name that a figure can write, cut in the middle where it is long: its end is what tells runs apart."""
    safe = drawable(name)
    if len(safe) <= limit:
        return safe
    head = (limit - 1) // 2
    return f"{safe[:head]}…{safe[len(safe) - (limit - 1 - head) :]}"
