"""One row of the posterior's figure: a metric's curve, its thresholds, and marks where it was non-finite."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from seqsetvae.collapse.limits import Limit, in_words
from seqsetvae.figures.axis_marks import (
    FEW_POINTS,
    KL_FLOOR,
    draw_threshold,
    fit_values,
    is_exploded,
    mark_nonfinite,
    write_absence,
    write_newest,
)
from seqsetvae.figures.style import DARK, style_axes
from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import Axis, Point, SeriesView

#: Places for the newest value in the right margin, as shares of the row's height; the one furthest from any
#: threshold's words is chosen.
NEWEST_PLACES = (0.9, 0.1, 0.5)
ROW, HALF_ROW = 1.65, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorPanel:
    """What a row shows.

    Attributes:
        metric: One of the history's.
        label: What the axis says, with the unit.
        height: Inches.
        scale: What values are multiplied with: 100 for shares.
        unit: Behind the newest value and thresholds.
        floor: Where smaller values are drawn; with one, the axis is always logarithmic.
        whole: The range that is shown at least, scaled.
    """

    metric: str
    label: str
    height: float = ROW
    scale: float = 1.0
    unit: str = ""
    floor: float | None = None
    whole: tuple[float, ...] = ()


KL = PosteriorPanel(metric="kl", label="KL\n[nats per set]", unit=" nats", floor=KL_FLOOR)
VARIANCE = PosteriorPanel(metric="variance", label="posterior variance\n[mean σ²]", whole=(0.0, 1.05))
ACTIVE_UNITS = PosteriorPanel(
    metric="active_units", label="active units\n[% of dimensions]", scale=100.0, unit=" %", whole=(0.0, 100.0)
)
SIGMA_UNITS = PosteriorPanel(
    metric="active_units_sigma", label="units with σ² > 0.01\n[% of dimensions]", scale=100.0, unit=" %",
    whole=(0.0, 100.0),
)  # fmt: skip
RECON = PosteriorPanel(metric="recon", label="reconstruction\n[loss per set]")
INFORMATION = PosteriorPanel(metric="mutual_information", label="mutual inf.\n[nats]", unit=" nats", height=HALF_ROW)
ABLATION = PosteriorPanel(metric="z_ablation", label="z ablation\n[% worse]", scale=100.0, unit=" %", height=HALF_ROW)


def draw_panel(ax: Axes, panel: PosteriorPanel, series: Series, limits: Sequence[Limit]) -> None:
    """Draw a metric into its row.

    Args:
        ax: The row; its steps' range is the caller's.
        panel: What it shows.
        series: The values, none included.
        limits: The thresholds of this metric.
    """
    style_axes(ax, y=panel.label)
    points = [Point(point.step, point.value * panel.scale) for point in _extremes(series.view())]
    finite = [point.value for point in points if math.isfinite(point.value)]
    thresholds = [limit.value * panel.scale for limit in limits]
    logarithmic = panel.floor is not None or is_exploded(finite)
    floor = panel.floor if panel.floor is not None else -math.inf
    in_sight = [*(max(value, floor) for value in finite), *thresholds, *(() if logarithmic else panel.whole)]
    fit_values(ax, in_sight, logarithmic=logarithmic, bins=5 if panel.height == ROW else 3)
    _draw_curve(ax, [Point(step, max(y, floor) if math.isfinite(y) else math.nan) for step, y in points])
    mark_nonfinite(ax, [point.step for point in points if not math.isfinite(point.value)])
    for limit, y in zip(limits, thresholds, strict=True):
        words = f"{'low <' if limit.low else 'high >'} {in_words(y)}{panel.unit}"
        draw_threshold(ax, y, f"{words}\n{limit.note}" if limit.note else words)
    _write_newest(ax, panel, series.newest, thresholds)


def _extremes(view: SeriesView) -> list[Point]:
    """Return the extremes of each bucket, at its two ends, and NaN where it has non-finite values."""
    points: list[Point] = []
    starts, ends = view.ends(Axis.STEP)
    rising = view.first <= view.final
    befores, afters = np.where(rising, (view.low, view.high), (view.high, view.low))
    for start, end, before, after, broken in zip(starts, ends, befores, afters, view.has_nonfinite, strict=True):
        if before == before:
            points += dict.fromkeys((Point(int(start), float(before)), Point(int(end), float(after))))
        if broken:
            points.append(Point(int(end), math.nan))
    return points


def _draw_curve(ax: Axes, points: Sequence[Point]) -> None:
    steps, values = np.array([point.step for point in points]), np.array([point.value for point in points])
    every_marked = len(points) <= FEW_POINTS
    ax.plot(
        steps, values, color=DARK, linewidth=1.3, marker="o" if every_marked else "", markersize=3, zorder=3,
        label="metric",
    )  # fmt: skip
    # Between two gaps there is nothing to draw a line to.
    known = np.pad(np.isfinite(values), 1)
    alone = known[1:-1] & ~known[:-2] & ~known[2:]
    if not every_marked and alone.any():
        ax.plot(steps[alone], values[alone], color=DARK, linestyle="", marker="o", markersize=3, zorder=3)


def _write_newest(ax: Axes, panel: PosteriorPanel, newest: Point | None, thresholds: Sequence[float]) -> None:
    if newest is None:
        write_absence(ax, "not measured")
        return
    to_share = ax.transScale + ax.transLimits
    used = [float(to_share.transform((0.0, y))[1]) for y in thresholds]
    place = max(NEWEST_PLACES, key=lambda share: min((abs(share - other) for other in used), default=0.0))
    write_newest(ax, place, f"now {in_words(newest.value * panel.scale)}{panel.unit}", colour=DARK)
