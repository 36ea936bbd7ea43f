"""The large chart as a picture for a paper or a mail: PNG or SVG on a light ground, with axes, limits and events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seqsetvae.atomic_file import creating
from seqsetvae.errors import InputError
from seqsetvae.logs.series_view import Axis
from tui.chart.downsample import Columns, reduce_columns
from tui.chart.plot import Plot, x_range
from tui.chart.raster import CURVE_ROLES, Role
from tui.chart.scale import Floats, ScaleKind, fit
from tui.terminal.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = 1_600
"""Places along the x axis that are distinct: more than a printed figure shows."""

_INCHES, _DOTS_PER_INCH = (9.0, 4.5), 160
_TICKS = 8

_ROOM = 0.04
"""Room above and below the curve, as a share of the axis."""

_NEARLY_TOO_LARGE = 1e200
"""A range of values, as a quotient, beyond which room would leave the range of floats."""

_X_TITLES = {
    Axis.STEP: "step",
    Axis.EPOCH: "epoch",
    Axis.WALL: "wall clock",
    Axis.RELATIVE: "time since the first record",
}

_COLOURS = {
    Role.LINE: "chart-line",
    Role.INFO: "soft",
    Role.YELLOW: "level-yellow",
    Role.ORANGE: "level-orange",
    Role.RED: "level-red",
    **{role: f"chart-curve-{kind}" for kind, role in enumerate(CURVE_ROLES)},
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChartPicture:
    """What is to be seen; `others` names the curves of `plot.others`."""

    run: str
    metric: str
    axis: Axis
    plot: Plot
    others: tuple[str, ...] = ()


def write_picture(picture: ChartPicture, target: Path) -> None:
    """Draw into a file whose name ends in `.png` or `.svg` and which must not be there yet.

    Raises:
        InputError: matplotlib is absent.
        OSError: the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure  # part of training, which a login node may not have
    except ImportError:
        raise InputError("a picture of the chart needs matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=_INCHES, layout="constrained")
    _draw(figure.add_subplot(), picture)
    with creating(target) as part:
        figure.savefig(part, format=target.suffix.removeprefix("."), dpi=_DOTS_PER_INCH)


def _draw(axes: Axes, picture: ChartPicture) -> None:
    plot = picture.plot
    low, high = x_range(plot)
    place = low + (np.arange(_COLUMNS) + 0.5) / _COLUMNS * (high - low)
    columns = reduce_columns(plot.points, low, high, _COLUMNS)
    _set_y_axis(axes, columns, plot.y_kind)
    axes.fill_between(place, columns.low, columns.high, color=_colour("chart-envelope"), linewidth=0)
    if plot.behind is not None:
        behind = reduce_columns(plot.behind, low, high, _COLUMNS)
        axes.plot(place, behind.line, color=_colour("chart-envelope"), linewidth=1)
    for name, curve in zip(picture.others, plot.others, strict=True):
        beside = reduce_columns(curve.points, low, high, _COLUMNS)
        axes.plot(place, beside.line, color=_role_colour(curve.role), linewidth=1.2, label=_said(name))
    axes.plot(place, columns.line, color=_role_colour(plot.role), linewidth=1.5, label=_said(picture.run))
    _draw_marks(axes, plot, place, columns)
    axes.set_xlim(low, high)
    ticks = fit(low, high).ticks(_TICKS, plot.x_label)
    axes.set_xticks([tick.value for tick in ticks], [tick.label for tick in ticks], parse_math=False)
    axes.set_xlabel(_X_TITLES[picture.axis])
    axes.set_ylabel(picture.metric, parse_math=False)
    axes.set_title(f"{picture.run}: {picture.metric}", loc="left", parse_math=False)
    axes.grid(color=_colour("chart-grid"))
    axes.spines[["top", "right"]].set_visible(False)
    if picture.others:
        axes.legend(frameon=False)


def _set_y_axis(axes: Axes, columns: Columns, kind: ScaleKind) -> None:
    """The ends that the screen has, with a little room; matplotlib's own choice overflows at very large numbers."""
    low, high = columns.bounds or (0.0, 1.0)
    scale = fit(low, high, kind, smallest=columns.smallest)
    if kind is ScaleKind.LINEAR:
        room = _ROOM * (scale.high - scale.low)
        axes.set_ylim(scale.low - room, scale.high + room)
    elif scale.linear_below > 0:  # values reach zero or below: none is left out for its sign
        axes.set_yscale("symlog", linthresh=scale.linear_below)
        axes.set_ylim(scale.low - scale.linear_below, scale.high + scale.linear_below)
    else:
        axes.set_yscale("log")
        room = (scale.high / scale.low) ** _ROOM if scale.high < _NEARLY_TOO_LARGE * scale.low else 1.0
        axes.set_ylim(scale.low / room, scale.high * room)


def _draw_marks(axes: Axes, plot: Plot, place: Floats, columns: Columns) -> None:
    """Limits, events, and the places of non-finite values."""
    bottom, top = axes.get_ylim()
    for threshold in plot.thresholds:
        if bottom <= threshold.value <= top:
            axes.axhline(threshold.value, color=_colour("chart-threshold"), linestyle="--", linewidth=1)
            at = (1.0, threshold.value)
            axes.annotate(threshold.label, at, xycoords=("axes fraction", "data"), color=_colour("chart-threshold"))
    for mark in plot.marks:
        axes.axvline(mark.x, color=_role_colour(mark.role), linestyle=":", linewidth=1.2)
    for flags, sign, height in ((columns.nan, "x", 0.02), (columns.above, "^", 0.98), (columns.below, "v", 0.02)):
        if flags.any():
            x = place[flags]
            axes.plot(
                x,
                np.full(len(x), height),
                sign,
                color=_colour("level-red"),
                transform=axes.get_xaxis_transform(),
                clip_on=False,
            )


def _said(name: str) -> str:
    """A name for the legend, where dollar signs would begin a formula and an underscore would hide it."""
    return name.replace("$", r"\$") if not name.startswith("_") else f" {name}".replace("$", r"\$")


def _colour(variable: str) -> str:
    return LIGHT.variables[variable]


def _role_colour(role: Role) -> str:
    return _colour(_COLOURS.get(role, "chart-line"))
