"""One row of the posterior's picture: a metric's curve, its thresholds, and marks where it was not a number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator

from seqsetvae.collapse.limits import Limit, in_words
from seqsetvae.collapse.series import Series

LINE_COLOUR, LIMIT_COLOUR, TEXT_COLOUR, MUTED = "#12355b", "#1a1a1a", "#222222", "#5a5a5a"
LIMIT_STYLE = (0, (5, 2))
BROKEN_MARK = "X"
#: Where a KL of 0 is drawn, nats: a logarithmic axis has no 0, and every threshold is far above.
KL_FLOOR = 1e-6
#: A series whose largest value is this many times its median is drawn on a logarithmic axis: the rest would be flat.
EXPLODED = 100.0
#: Up to so many points, each is marked.
FEW_POINTS = 60
#: Places for the newest value in the right margin, as shares of the row's height; the one furthest from any
#: threshold's words is taken.
LAST_PLACES = (0.9, 0.1, 0.5)
ROW, HALF_ROW = 1.65, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
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
    whole: tuple[float, float] | None = None


KL = Panel(metric="kl", label="KL\n[nats per set]", unit=" nats", floor=KL_FLOOR)
VARIANCE = Panel(metric="variance", label="posterior variance\n[mean σ²]", whole=(0.0, 1.05))
ACTIVE_UNITS = Panel(
    metric="active_units", label="active units\n[% of dimensions]", scale=100.0, unit=" %", whole=(0.0, 100.0)
)
SIGMA_UNITS = Panel(
    metric="active_units_sigma", label="units with σ² > 0.01\n[% of dimensions]", scale=100.0, unit=" %",
    whole=(0.0, 100.0),
)  # fmt: skip
RECON = Panel(metric="recon", label="reconstruction\n[loss per set]")
INFORMATION = Panel(metric="mutual_information", label="mutual inf.\n[nats]", unit=" nats", height=HALF_ROW)
ABLATION = Panel(metric="z_ablation", label="z ablation\n[% worse]", scale=100.0, unit=" %", height=HALF_ROW)


def draw_panel(ax: Axes, panel: Panel, series: Series, limits: Sequence[Limit]) -> None:
    """Draw a metric into its row.

    Args:
        ax: The row; its steps' range is the caller's.
        panel: What it shows.
        series: The values, none included.
        limits: The thresholds of this metric.
    """
    points = [(point.step, point.value * panel.scale) for point in series.points()]
    finite = [y for _, y in points if math.isfinite(y)]
    lines = [limit.value * panel.scale for limit in limits]
    logarithmic = panel.floor is not None or _exploded(finite)
    if logarithmic:
        ax.set_yscale("log")
        ax.yaxis.set_minor_locator(NullLocator())
    else:
        ax.yaxis.set_major_locator(MaxNLocator(nbins=5 if panel.height == ROW else 3, steps=[1, 2, 5, 10]))
    floor = panel.floor if logarithmic and panel.floor is not None else -math.inf
    shown = [(step, max(y, floor) if math.isfinite(y) else math.nan) for step, y in points]
    _scale(ax, [max(y, floor) for y in finite] + lines, panel, logarithmic=logarithmic)
    _draw_curve(ax, shown)
    _mark_broken(ax, [step for step, y in points if not math.isfinite(y)])
    for limit, y in zip(limits, lines, strict=True):
        _draw_limit(ax, limit, y, panel.unit)
    _write_last(ax, panel, series, lines)
    ax.set_ylabel(panel.label, fontsize=8.5, color=TEXT_COLOUR)
    ax.tick_params(labelsize=8, colors=TEXT_COLOUR)
    ax.grid(visible=True, axis="y", color="#000000", alpha=0.12, linewidth=0.6)


def _draw_curve(ax: Axes, points: Sequence[tuple[int, float]]) -> None:
    steps, values = [step for step, _ in points], [y for _, y in points]
    marker = "o" if len(points) <= FEW_POINTS else ""
    ax.plot(steps, values, color=LINE_COLOUR, linewidth=1.3, marker=marker, markersize=3, zorder=3, label="metric")
    # Between two gaps there is nothing to draw a line to.
    alone = [
        i for i in range(len(values)) if [_is_number(values, j) for j in (i - 1, i, i + 1)] == [False, True, False]
    ]
    if not marker and alone:
        ax.plot(
            [steps[i] for i in alone], [values[i] for i in alone],
            color=LINE_COLOUR, linestyle="", marker="o", markersize=3, zorder=3,
        )  # fmt: skip


def _is_number(values: Sequence[float], index: int) -> bool:
    return 0 <= index < len(values) and math.isfinite(values[index])


def _mark_broken(ax: Axes, steps: Sequence[int]) -> None:
    if steps:
        ax.plot(
            steps, [0.93] * len(steps), transform=ax.get_xaxis_transform(), color=LIMIT_COLOUR, linestyle="",
            marker=BROKEN_MARK, markersize=6, markeredgecolor="white", markeredgewidth=0.5, zorder=5,
            label="not a number",
        )  # fmt: skip


def _draw_limit(ax: Axes, limit: Limit, y: float, unit: str) -> None:
    ax.axhline(y, color=LIMIT_COLOUR, linestyle=LIMIT_STYLE, linewidth=1.1, zorder=2.5, label="threshold")
    words = f"{'low' if limit.low else 'high'} {'<' if limit.low else '>'} {in_words(y)}{unit}"
    ax.annotate(
        f"{words}\n{limit.note}" if limit.note else words, (1.0, y), xycoords=("axes fraction", "data"),
        xytext=(5, 0), textcoords="offset points", va="center", fontsize=8, color=LIMIT_COLOUR, annotation_clip=False,
    )  # fmt: skip


def _write_last(ax: Axes, panel: Panel, series: Series, lines: Sequence[float]) -> None:
    if series.last is None:
        ax.text(0.5, 0.5, "not measured", transform=ax.transAxes, ha="center", va="center", fontsize=9, color=MUTED)
        return
    to_share = ax.transScale + ax.transLimits
    taken = [float(to_share.transform((0.0, y))[1]) for y in lines]
    place = max(LAST_PLACES, key=lambda share: min((abs(share - other) for other in taken), default=0.0))
    ax.annotate(
        f"now {in_words(series.last.value * panel.scale)}{panel.unit}", (1.0, place), xycoords="axes fraction",
        xytext=(5, 0), textcoords="offset points", va="center", fontsize=8.5, weight="bold", color=LINE_COLOUR,
        annotation_clip=False,
    )  # fmt: skip


def _scale(ax: Axes, values: Sequence[float], panel: Panel, *, logarithmic: bool) -> None:
    """Show all values and thresholds with some room; a flat series is in the middle."""
    whole = () if panel.whole is None or logarithmic else panel.whole
    all_values = [*values, *whole]
    if not all_values:
        return
    low, high = min(all_values), max(all_values)
    if logarithmic:
        room = max((high / low) ** 0.07, 1.5)
        ax.set_ylim(low / room, high * room)
        return
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    ax.set_ylim(low - room, high + room)


def _exploded(finite: Sequence[float]) -> bool:
    return bool(finite) and min(finite) > 0 and max(finite) > EXPLODED * median(finite)
