"""What the objective consists of: weighted parts over the steps of one run, or of several runs at their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from seqsetvae.analysis.metric_curve import at_steps
from seqsetvae.analysis.panel_words import label_runs, legend_above, say_missing
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import Comparison, StyledRun
from seqsetvae.figures.style import DARK, PAPER, group_thousands, style_axes
from seqsetvae.logs.trail import Floats
from seqsetvae.training.schedules import RampSchedule

#: The parts, the first at the bottom: colours and hatches differ in a grey print-out too.
PARTS = (("reconstruction", DARK, ""), ("β · KL", "#5f9ea0", "//"), ("classification", "#d9c58b", ".."))
#: The end of a run, as a share of its steps.
END = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionPanel:
    """Shares of the weighted parts in their sum; free bits can make the objective itself larger than that."""

    title: str = "loss composition"

    def draw(self, ax: Axes, comparison: Comparison) -> None:
        """Draw one run over its steps, or several as bars."""
        style_axes(ax, title=self.title, grid="both" if comparison.single else None)
        found = [(styled, parts) for styled in comparison.shown if (parts := parts_of(styled.run)) is not None]
        if not found:
            say_missing(ax, comparison, "a training loss and its parts", len(comparison.runs))
            return
        if comparison.single:
            _draw_area(ax, *found[0][1])
        else:
            _draw_bars(ax, found, len(comparison.runs))
        legend_above(
            ax, [Patch(facecolor=colour, hatch=hatch, edgecolor=PAPER, label=part) for part, colour, hatch in PARTS]
        )


def parts_of(run: RunCurves) -> tuple[Floats, Floats] | None:
    """Return steps and weighted parts, `[3, steps]`, or None where the log lacks reconstruction, KL or β.

    A log without a classification loss has that part as 0.
    """
    recon, kl, beta = (run.curves.get(f"train/{name}") for name in ("recon", "kl", "beta"))
    if recon is None or kl is None or beta is None:
        return None
    steps = recon.steps
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
    planned = settings_weight(run.facts.config, metric, steps)
    return np.ones(len(steps)) if planned is None else planned


def _draw_area(ax: Axes, steps: Floats, weighted: Floats) -> None:
    shares = 100 * weighted / weighted.sum(axis=0)
    base = np.zeros(len(steps))
    for share, (_, colour, hatch) in zip(shares, PARTS, strict=True):
        ax.fill_between(steps, base, base + share, facecolor=colour, hatch=hatch, edgecolor=PAPER, linewidth=0)
        base = base + share
    ax.set_ylim(0, 100)
    ax.set_ylabel("share of the\nweighted loss [%]")
    ax.set_xlabel("optimizer step")
    group_thousands(ax.xaxis, bins=6)


def _draw_bars(ax: Axes, found: list[tuple[StyledRun, tuple[Floats, Floats]]], runs: int) -> None:
    rows = np.arange(len(found))[::-1]
    ends = [
        weighted[:, steps >= steps[-1] - END * (steps[-1] - steps[0])].mean(axis=1) for _, (steps, weighted) in found
    ]
    shares = np.stack([100 * end / end.sum() for end in ends], axis=1)
    base = np.zeros(len(found))
    for share, (_, colour, hatch) in zip(shares, PARTS, strict=True):
        ax.barh(rows, share, left=base, height=0.7, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0)
        base = base + share
    ax.set_xlim(0, 100)
    ax.set_ylim(-0.6, len(found) - 0.4)
    label_runs(ax, [styled for styled, _ in found])
    whose = "each run" if runs == len(found) else f"{len(found)} of {runs} runs"
    ax.set_xlabel(f"% of the weighted loss, last tenth of {whose}")
