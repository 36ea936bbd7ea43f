"""The large chart's content as a plot: what is drawn where, in which role. Pure."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial

from seqsetvae.collapse.verdict_history import LevelChange
from seqsetvae.i18n.language import tr
from seqsetvae.logs.series_view import Axis
from seqsetvae.stream.records import EventRecord, Level
from tui.chart.plot import Mark, Plot, PlotCurve, Threshold
from tui.chart.raster import Role
from tui.chart.scale import ScaleKind, number_label
from tui.chart.smooth import smoothed
from tui.views.curves import ChartContent, RunCurve
from tui.views.format import relative_label, wall_label

_LEVEL_ROLES = {Level.YELLOW: Role.YELLOW, Level.ORANGE: Role.ORANGE, Level.RED: Role.RED}


def plot_of(content: ChartContent, *, rulers: tuple[float, ...] = (), zone: tzinfo | None = None) -> Plot:
    """The plot of a content that has a curve of its own.

    Args:
        content: what the chart shows.
        rulers: places of upright lines.
        zone: time zone of the wall clock; the machine's own when None.
    """
    state, own = content.state, content.own
    assert own is not None
    raw = own.points(state.axis)
    return Plot(
        points=smoothed(raw, state.smoothing),
        behind=raw if state.smoothing else None,
        others=tuple(_plot_curve(curve, state.axis, state.smoothing) for curve in content.others),
        x_low=state.window.low if state.window else None,
        x_high=state.window.high if state.window else None,
        y_kind=ScaleKind.LOG if state.log else ScaleKind.LINEAR,
        x_label=_axis_label(state.axis, zone),
        thresholds=tuple(Threshold(value=limit.value, label=limit.label) for limit in content.limits),
        marks=_marks(content, own.origin),
        role=own.role,
        sign=own.sign,
        rulers=rulers,
    )


def _plot_curve(curve: RunCurve, axis: Axis, smoothing: float) -> PlotCurve:
    return PlotCurve(points=smoothed(curve.points(axis), smoothing), role=curve.role, sign=curve.sign)


def _axis_label(axis: Axis, zone: tzinfo | None) -> partial[str]:
    if axis is Axis.WALL:
        return partial(wall_label, zone=zone)
    return partial(relative_label) if axis is Axis.RELATIVE else partial(number_label)


def _marks(content: ChartContent, origin: float) -> tuple[Mark, ...]:
    """What judges the run, and what would have, at its place on the axis; an epoch axis has no place for them."""
    axis = content.state.axis
    if axis is Axis.EPOCH:
        return ()
    judged: tuple[EventRecord | LevelChange, ...] = (*content.events, *content.what_if)
    return tuple(
        Mark(
            x=event.step if axis is Axis.STEP else event.t - (origin if axis is Axis.RELATIVE else 0),
            role=role,
            label=tr("what if") if isinstance(event, LevelChange) else "",
        )
        for event in judged
        if (role := _LEVEL_ROLES.get(event.level)) is not None
    )
