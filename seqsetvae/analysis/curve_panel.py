"""One metric of all runs over their steps; what a log lacks is said, non-finite values are marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from seqsetvae.analysis.panel_words import say_missing
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import Comparison, RunStyle, StyledRun
from seqsetvae.collapse.limits import in_words
from seqsetvae.figures.axis_marks import (
    FEW_POINTS,
    KL_FLOOR,
    NONFINITE_HEIGHT,
    draw_threshold,
    fit_values,
    is_exploded,
    mark_nonfinite,
)
from seqsetvae.figures.style import INK, LIMIT, MUTED, NOTE_SIZE, TICK_SIZE, group_thousands, style_axes
from seqsetvae.logs.series_view import Point, SeriesView
from seqsetvae.logs.smoothing import moving_average
from seqsetvae.logs.trail import Floats

#: Points of a curve beside several others: a broad band of noise would hide them.
COARSE_POINTS = 150
#: Marks along a curve of many points.
MARKS = 6
#: Thresholds that are drawn; runs of very different settings have too many.
LIMITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePanel:
    """A metric over optimizer steps.

    Attributes:
        title: Above the panel.
        label: At the axis, with the unit.
        metric: A name of `names.canonical`.
        scale: What values are multiplied with: 100 for shares.
        logarithmic: Whether the axis always is; smaller values than `KL_FLOOR` are then drawn there.
        best: Whether the highest value is marked.
        smooth: Whether the comparison's smoothing applies.
        limits: The thresholds that a run's values are judged by, unscaled, and the word in front of each.
        fallback: Returns values for a run whose log has none, such as from its settings, or None.
    """

    title: str
    label: str
    metric: str
    scale: float = 1.0
    logarithmic: bool = False
    best: bool = False
    smooth: bool = False
    limits: Callable[[RunCurves], Sequence[tuple[float, str]]] | None = None
    fallback: Callable[[RunCurves], tuple[Floats, Floats] | None] | None = None

    def draw(self, ax: Axes, comparison: Comparison) -> None:
        """Draw the metric of all runs."""
        style_axes(ax, title=self.title, x="optimizer step", y=self.label, grid="both")
        group_thousands(ax.xaxis, bins=6)
        lacking, assumed, finite = 0, 0, [np.empty(0)]
        for styled in comparison.back_to_front:
            curve = styled.run.curves.get(self.metric)
            if curve is not None:
                finite.append(self._draw_curve(ax, comparison, styled, curve))
                continue
            points = self.fallback(styled.run) if self.fallback else None
            if points is None:
                lacking += 1
                continue
            assumed += 1
            _draw_line(ax, comparison, styled, points[0], points[1] * self.scale)
            finite.append(points[1] * self.scale)
        limits, values = self._draw_limits(ax, comparison), np.concatenate(finite)
        if len(values):
            logarithmic = self.logarithmic or is_exploded(values)
            fit_values(ax, np.concatenate([values, limits]), logarithmic=logarithmic)
        note = "○ best" if self.best and not comparison.single else ""
        say_missing(ax, comparison, self.metric, lacking, assumed, note=note)

    def _draw_curve(self, ax: Axes, comparison: Comparison, styled: StyledRun, curve: SeriesView) -> Floats:
        """Draw a run's curve and return the values that must be in sight."""
        weight = comparison.smooth if self.smooth and curve.total > FEW_POINTS else 0.0
        floor = KL_FLOOR if self.logarithmic else -np.inf
        steps, values = curve.steps, np.maximum(moving_average(curve.mean, weight) * self.scale, floor)
        seen: list[Floats] = [values]
        if comparison.crowded:
            steps, values = coarsened(steps, values)
        elif styled.style is not None and (weight or curve.total > len(steps)):
            low, high = (np.maximum(edge * self.scale, floor) for edge in (curve.low, curve.high))
            _draw_behind(ax, styled.style, curve, low, high)
            seen += [low, high]
        _draw_line(ax, comparison, styled, steps, values)
        _mark_nonfinite(ax, curve.steps[curve.has_nonfinite])
        if self.best and curve.highest is not None and styled.style is not None:
            self._mark_best(ax, comparison, styled.style, curve.highest)
            seen.append(np.array([curve.highest.value * self.scale]))
        in_sight = np.concatenate(seen)
        return np.asarray(in_sight[np.isfinite(in_sight)])

    def _mark_best(self, ax: Axes, comparison: Comparison, style: RunStyle, best: Point) -> None:
        y = best.value * self.scale
        ax.plot(
            [best.step], [y], linestyle="", marker="o", markersize=9, markerfacecolor="none", zorder=5,
            markeredgecolor=style.colour, markeredgewidth=1.4, label="best",
        )  # fmt: skip
        if comparison.single:
            ax.annotate(
                f"best {y:.3f} at step {best.step:,}", (0.98, 0.05), xycoords="axes fraction", ha="right",
                fontsize=NOTE_SIZE, color=INK, zorder=6,
            )  # fmt: skip

    def _draw_limits(self, ax: Axes, comparison: Comparison) -> list[float]:
        """Draw the thresholds of the runs, each value once, and return them."""
        if self.limits is None:
            return []
        found: dict[tuple[float, str], None] = {}
        for styled in comparison.runs:
            if self.metric in styled.run.curves:
                found |= dict.fromkeys((round(value * self.scale, 9), word) for value, word in self.limits(styled.run))
        if len(found) > LIMITS:
            words = "thresholds differ between runs"
            ax.annotate(words, (0.02, 0.03), xycoords="axes fraction", fontsize=TICK_SIZE, color=MUTED)
            return []
        for value, word in found:
            draw_threshold(ax, value, f"{word} {in_words(value)}", inside=True)
        return [value for value, _ in found]


def _draw_behind(ax: Axes, style: RunStyle, curve: SeriesView, low: Floats, high: Floats) -> None:
    """Draw the range of the values that a curve's points stand for, or the values where each point is one."""
    if curve.total > len(curve.steps):
        ax.fill_between(curve.steps, low, high, color=style.colour, alpha=0.18, linewidth=0, zorder=2)
    else:
        ax.plot(curve.steps, low, color=style.colour, alpha=0.3, linewidth=0.8, zorder=2, label="raw")


def _draw_line(ax: Axes, comparison: Comparison, styled: StyledRun, steps: Floats, values: Floats) -> None:
    style, single = styled.style, comparison.single
    if style is None:
        ax.plot(steps, values, color=MUTED, alpha=0.3, linewidth=0.7, zorder=1.5, label="others")
        return
    few = len(steps) <= FEW_POINTS
    every = max(1, len(steps) // MARKS)
    ax.plot(
        steps, values, color=style.colour, linewidth=1.5, zorder=3, label="run",
        linestyle="solid" if single else style.dash, marker=style.marker if few or not single else "", markersize=4.5,
        markevery=1 if few and single else ((style.place * every // 12) % every, every), markeredgewidth=0,
    )  # fmt: skip


def _mark_nonfinite(ax: Axes, steps: Floats) -> None:
    """Mark non-finite values, and say once in each panel what the marks mean."""
    words = "✕ NaN or infinite"
    mark_nonfinite(ax, steps)
    if len(steps) and not any(text.get_text() == words for text in ax.texts):
        place = (0.98, NONFINITE_HEIGHT - 0.1)
        ax.annotate(words, place, xycoords="axes fraction", ha="right", fontsize=TICK_SIZE, color=LIMIT)


def coarsened(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return a curve of many points as at most `COARSE_POINTS` means of neighbours; a gap in it stays one."""
    if len(steps) <= COARSE_POINTS:
        return steps, values
    starts = np.arange(0, len(steps), -(-len(steps) // COARSE_POINTS))
    ends = np.append(starts[1:], len(steps))
    return steps[ends - 1], np.add.reduceat(values, starts) / (ends - starts)
