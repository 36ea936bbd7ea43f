"""Which figures a report has, and which panels are on each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes

from seqsetvae.analysis.composition_panel import CompositionPanel, settings_weight
from seqsetvae.analysis.curve_panel import CurvePanel
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import Comparison
from seqsetvae.analysis.tradeoff_panel import TradeoffPanel
from seqsetvae.analysis.verdict_panel import VerdictPanel
from seqsetvae.collapse.limits import limits_in_force
from seqsetvae.logs.trail import Floats

#: A ranking of patients at random.
CHANCE = 0.5
#: Points of a weight that comes from the settings.
POINTS = 100


class ReportPanel(Protocol):
    """One set of axes of a figure."""

    @property
    def title(self) -> str:
        """What it is called."""

    def draw(self, ax: Axes, comparison: Comparison) -> None:
        """Draw it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """A figure: the stem of its file's name, its title, and its panels in rows of two."""

    stem: str
    title: str
    panels: tuple[ReportPanel, ...]

    @property
    def smoothed(self) -> bool:
        """Whether any curve of it is smoothed where that is asked for."""
        return any(isinstance(panel, CurvePanel) and panel.smooth for panel in self.panels)


def _losses() -> tuple[ReportPanel, ...]:
    rows = (
        ("loss", "loss", "objective", False),
        ("reconstruction", "recon", "loss per set", False),
        ("KL, unweighted", "kl", "nats per set", True),
        ("classification", "classification", "nats per patient", False),
    )
    return tuple(
        CurvePanel(
            title=f"{title} · {words}", label=unit, metric=f"{stage}/{name}", logarithmic=logarithmic,
            smooth=stage == "train",
        )
        for title, name, unit, logarithmic in rows
        for stage, words in (("train", "training"), ("val", "validation"))
    )  # fmt: skip


def _performance() -> tuple[ReportPanel, ...]:
    score = partial(CurvePanel, best=True)
    return (
        score(title="validation AUROC", label="AUROC", metric="val/auroc", limits=_chance),
        score(title="validation AUPRC", label="AUPRC (average precision)", metric="val/auprc"),
        score(title="validation accuracy", label="% of patients", metric="val/accuracy", scale=100.0),
        CurvePanel(
            title="training accuracy", label="% of patients", metric="train/accuracy", scale=100.0, smooth=True
        ),
    )  # fmt: skip


def _chance(run: RunCurves) -> Sequence[tuple[float, str]]:
    """Return chance as a threshold where the run comes near it; far below, it would only squeeze the curves."""
    lowest = run.curves["val/auroc"].lowest
    return [(CHANCE, "chance")] if lowest is not None and lowest.value < CHANCE + 0.1 else []


def _dynamics() -> tuple[ReportPanel, ...]:
    weight = partial(CurvePanel, label="weight")
    return (
        weight(title="β, weight of KL", label="β", metric="train/beta"),
        weight(
            title="weight of reconstruction", metric="train/reconstruction_weight",
            fallback=_planned("train/reconstruction_weight"),
        ),
        weight(
            title="weight of classification", metric="train/classification_weight",
            fallback=_planned("train/classification_weight"),
        ),
        CurvePanel(title="gradient norm", label="norm before clipping", metric="grad/norm", smooth=True),
        TradeoffPanel(),
        CompositionPanel(),
    )  # fmt: skip


def _planned(metric: str) -> Callable[[RunCurves], tuple[Floats, Floats] | None]:
    def planned(run: RunCurves) -> tuple[Floats, Floats] | None:
        steps = np.linspace(0.0, run.last_step or 1, POINTS)
        weights = settings_weight(run.facts.config, metric, steps)
        return None if weights is None else (steps, weights)

    return planned


def _posterior() -> tuple[ReportPanel, ...]:
    return (
        VerdictPanel(),
        _judged(title="KL of the posterior", label="nats per set", name="kl", logarithmic=True),
        _judged(title="posterior variance", label="mean σ²", name="variance"),
        _judged(title="active units", label="% of dimensions", name="active_units", scale=100.0),
        _judged(title="mutual information of set and z", label="nats", name="mutual_information"),
        _judged(title="reconstruction at the checks", label="loss per set", name="recon"),
    )


def _judged(*, title: str, label: str, name: str, scale: float = 1.0, logarithmic: bool = False) -> CurvePanel:
    """Return the panel of a metric that the detector has thresholds for."""

    def limits(run: RunCurves) -> Sequence[tuple[float, str]]:
        history = run.history
        in_force = limits_in_force(run.thresholds, dimensions=history.dimensions, sample_sets=history.sample_sets)
        return [
            (limit.value, "low <" if limit.low else "high >")
            for limit in in_force
            if limit.metric == name and _in_sight(limit.value, run)
        ]

    def _in_sight(value: float, run: RunCurves) -> bool:
        """A KL that explodes is drawn as a line only where it comes near it."""
        highest = run.curves[f"posterior/{name}"].highest
        return name != "kl" or value < 10 or (highest is not None and highest.value > 0.3 * value)

    return CurvePanel(
        title=title, label=label, metric=f"posterior/{name}", scale=scale, logarithmic=logarithmic, limits=limits
    )


FIGURES = (
    ReportFigure(stem="loss_curves", title="Losses", panels=_losses()),
    ReportFigure(stem="performance_metrics", title="Prediction of the outcome", panels=_performance()),
    ReportFigure(stem="training_dynamics", title="Training dynamics", panels=_dynamics()),
    ReportFigure(stem="posterior_metrics", title="The posterior", panels=_posterior()),
)
