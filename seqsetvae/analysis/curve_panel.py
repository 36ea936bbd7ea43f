"""One metric of all runs over their steps; what a log lacks is said, what is no number is marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from seqsetvae.analysis.curve import Curve, Floats, smoothed
from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_styles import GRID, INK, LIMIT, MUTED, PAPER, Drawn, Look, Scene
from seqsetvae.collapse.limits import in_words
from seqsetvae.collapse.series import Point
from seqsetvae.figures.posterior_panel import BROKEN_MARK, EXPLODED, FEW_POINTS, KL_FLOOR, LIMIT_STYLE

#: Points of a curve beside several others: a broad band of noise would hide them.
STRETCHES = 150
#: Marks along a curve of many points.
MARKS = 6
BROKEN = "✕ NaN or infinite"
#: Smallest value of a logarithmic axis, as a share of the largest.
DECADES = 1e-30
#: Limits that are drawn; runs of very different settings have too many.
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
        best: `highest` where that point is marked.
        smooth: Whether the scene's smoothing applies.
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

    def draw(self, ax: Axes, scene: Scene) -> None:
        """Draw the metric of all runs."""
        style_axes(ax, self.title, self.label)
        lacking, assumed, finite = 0, 0, [np.empty(0)]
        for drawn in sorted(scene.runs, key=lambda drawn: drawn.look is not None):
            curve = drawn.run.curves.get(self.metric)
            if curve is not None:
                finite.append(self._draw_curve(ax, scene, drawn, curve))
                continue
            points = self.fallback(drawn.run) if self.fallback else None
            if points is None:
                lacking += 1
                continue
            assumed += 1
            _line(ax, scene, drawn, points[0], points[1] * self.scale)
            finite.append(points[1] * self.scale)
        limits = self._draw_limits(ax, scene)
        self._scale(ax, np.concatenate(finite), limits)
        number_steps(ax)
        say_missing(ax, scene, self.metric, lacking, assumed, note="○ best" if self.best and not scene.single else "")

    def _draw_curve(self, ax: Axes, scene: Scene, drawn: Drawn, curve: Curve) -> Floats:
        """Draw a run's curve and return the values that must be in sight."""
        weight = scene.smooth if self.smooth and curve.points > FEW_POINTS else 0.0
        floor = KL_FLOOR if self.logarithmic else -np.inf
        steps, values = curve.step, np.maximum(smoothed(curve.mean, weight) * self.scale, floor)
        seen: list[Floats] = [values]
        if scene.crowded:
            steps, values = stretched(steps, values)
        elif drawn.look is not None and (weight or curve.points > len(steps)):
            low, high = (np.maximum(edge * self.scale, floor) for edge in (curve.low, curve.high))
            _draw_behind(ax, drawn.look, curve, low, high)
            seen += [low, high]
        _line(ax, scene, drawn, steps, values)
        mark_broken(ax, curve.step[curve.broken])
        if self.best and curve.highest is not None and drawn.look is not None:
            self._mark_best(ax, scene, drawn.look, curve.highest)
            seen.append(np.array([curve.highest.value * self.scale]))
        in_sight = np.concatenate(seen)
        return np.asarray(in_sight[np.isfinite(in_sight)])

    def _mark_best(self, ax: Axes, scene: Scene, look: Look, best: Point) -> None:
        y = best.value * self.scale
        ax.plot(
            [best.step], [y], linestyle="", marker="o", markersize=9, markerfacecolor="none", zorder=5,
            markeredgecolor=look.colour, markeredgewidth=1.4, label="best",
        )  # fmt: skip
        if scene.single:
            ax.annotate(
                f"best {y:.3f} at step {best.step:,}", (0.98, 0.05), xycoords="axes fraction", ha="right",
                fontsize=8.5, color=INK, zorder=6,
            )  # fmt: skip

    def _draw_limits(self, ax: Axes, scene: Scene) -> list[float]:
        """Draw the thresholds of the runs, each value once, and return them."""
        if self.limits is None:
            return []
        found: dict[tuple[float, str], None] = {}
        for drawn in scene.runs:
            if self.metric in drawn.run.curves:
                found |= dict.fromkeys((round(value * self.scale, 9), word) for value, word in self.limits(drawn.run))
        if len(found) > LIMITS:
            ax.annotate(
                "thresholds differ between runs", (0.02, 0.03), xycoords="axes fraction", fontsize=8,
                color=MUTED,
            )  # fmt: skip
            return []
        for value, word in found:
            ax.axhline(value, color=LIMIT, linestyle=LIMIT_STYLE, linewidth=1.1, zorder=2.5, label="threshold")
            ax.annotate(
                f"{word} {in_words(value)}", (0.0, value),
                xycoords=("axes fraction", "data"), xytext=(4, 3), textcoords="offset points", fontsize=8,
                color=LIMIT, zorder=6,
                bbox={"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
            )  # fmt: skip
        return [value for value, _ in found]

    def _scale(self, ax: Axes, finite: Floats, limits: Sequence[float]) -> None:
        """Show all values and thresholds with some room."""
        values = np.concatenate([finite, limits]) if len(finite) else np.empty(0)
        if not len(values):
            return
        exploded = finite.min() > 0 and finite.max() > EXPLODED * float(np.median(finite))
        low, high = float(values.min()), float(values.max())
        if self.logarithmic or exploded:
            ax.set_yscale("log")
            ax.yaxis.set_minor_locator(NullLocator())
            low = max(low, high * DECADES)
            room = max((high / low) ** 0.07, 1.3)
            ax.set_ylim(low / room, high * room)
            return
        room = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
        ax.set_ylim(low - room, high + room)
        ax.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))


def _draw_behind(ax: Axes, look: Look, curve: Curve, low: Floats, high: Floats) -> None:
    """Draw the range of the values that a curve's points stand for, or the values where each point is one."""
    if curve.points > len(curve.step):
        ax.fill_between(curve.step, low, high, color=look.colour, alpha=0.18, linewidth=0, zorder=2)
    else:
        ax.plot(curve.step, low, color=look.colour, alpha=0.3, linewidth=0.8, zorder=2, label="raw")


def _line(ax: Axes, scene: Scene, drawn: Drawn, steps: Floats, values: Floats) -> None:
    look = drawn.look
    if look is None:
        ax.plot(steps, values, color=MUTED, alpha=0.3, linewidth=0.7, zorder=1.5, label="others")
        return
    few = len(steps) <= FEW_POINTS
    every = max(1, len(steps) // MARKS)
    marked = few or not scene.single
    ax.plot(
        steps, values, color=look.colour, linewidth=1.5, zorder=3, label="run",
        linestyle="solid" if scene.single else look.dash, marker=look.marker if marked else "", markersize=4.5,
        markevery=1 if few and scene.single else ((look.place * every // 12) % every, every), markeredgewidth=0,
    )  # fmt: skip


def style_axes(ax: Axes, title: str, label: str) -> None:
    """Give a panel its title, label and colours."""
    ax.set_facecolor(PAPER)
    ax.set_title(title, fontsize=10.5, color=INK, loc="left", weight="bold")
    ax.set_ylabel(label, fontsize=9, color=INK)
    ax.tick_params(labelsize=8, colors=INK)
    ax.grid(visible=True, color=GRID, linewidth=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)


def number_steps(ax: Axes) -> None:
    """Number the steps in words that people read."""
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    ax.set_xlabel("optimizer step", fontsize=9, color=ax.yaxis.label.get_color())


def mark_broken(ax: Axes, steps: Floats) -> None:
    """Mark, at the top, where a value was NaN or infinite."""
    if len(steps):
        ax.plot(
            steps, [0.96] * len(steps), transform=ax.get_xaxis_transform(), color=LIMIT, linestyle="",
            marker=BROKEN_MARK, markersize=6, markeredgecolor=PAPER, markeredgewidth=0.5, zorder=5,
            label="not a number",
        )  # fmt: skip
        if not any(text.get_text() == BROKEN for text in ax.texts):
            ax.annotate(BROKEN, (0.98, 0.86), xycoords="axes fraction", ha="right", fontsize=8, color=LIMIT)


def stretched(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return a curve of many points as the means of at most `STRETCHES` stretches of it; a gap in it stays one."""
    if len(steps) <= STRETCHES:
        return steps, values
    starts = np.arange(0, len(steps), -(-len(steps) // STRETCHES))
    ends = np.append(starts[1:], len(steps))
    return steps[ends - 1], np.add.reduceat(values, starts) / (ends - starts)


def say_missing(ax: Axes, scene: Scene, what: str, lacking: int, assumed: int = 0, *, note: str = "") -> None:
    """Say which logs lack a metric, for how many it was taken from their settings, and what else there is to note."""
    runs = len(scene.runs)
    if lacking == runs:
        who = "this log" if scene.single else "any of these logs"
        ax.text(
            0.5, 0.5, f"{what}\nis not in {who}", transform=ax.transAxes, ha="center", va="center", fontsize=9.5,
            color=MUTED,
        )  # fmt: skip
        ax.set_xticks([])
        ax.set_yticks([])
        ax.set_xlabel("")
        ax.grid(visible=False)
        return
    notes = [note] if note else []
    if lacking:
        notes.append(f"not logged by {lacking} of {runs} runs")
    if assumed:
        notes.append("from the settings" if assumed == runs else f"{assumed} of {runs} from the settings")
    if notes:
        ax.set_title("; ".join(notes), fontsize=8, color=MUTED, loc="right")
