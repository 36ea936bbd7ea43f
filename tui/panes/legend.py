"""What the chart says in words: whose curve is which, the values at a place, how it is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import tzinfo

from rich.cells import cell_len

from seqsetvae.i18n.language import tr, translated
from seqsetvae.logs.series_view import Axis, Bucket
from tui.chart.scale import AxisScale, ScaleKind
from tui.panes.cell_pane import ROLE_COLOURS, Line
from tui.views.curves import ChartContent, RunCurve
from tui.views.format import clean, clock_time, duration, fit_text, number, whole
from tui.views.window import ChartState

_OWN_SIGN = "━"


def legend(content: ChartContent, x: float | None, width: int) -> list[Line]:
    """The runs with their signs and values: at a place of the axis, or the newest. The run's own comes first.

    One line, or two where one has not the room.
    """
    entries = [_LegendEntry.of(curve, _value_at(curve, content.state.axis, x)) for curve in content.curves]
    if len(entries) == 1:
        return [[*entries[0].fitted(width), (tr("kept: turn to another run to compare"), "faint")]]
    if sum(entry.width for entry in entries) <= width:
        return [[run for entry in entries for run in entry.fitted(width)]]
    half = (len(entries) + 1) // 2
    return [
        [run for entry in part for run in entry.fitted(width // len(part))] for part in (entries[:half], entries[half:])
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _LegendEntry:
    """One run of the legend."""

    sign: str
    colour: str
    name: str
    value: str

    @staticmethod
    def of(curve: RunCurve, value: str) -> _LegendEntry:
        return _LegendEntry(
            sign=curve.sign or _OWN_SIGN, colour=ROLE_COLOURS[curve.role], name=clean(curve.run), value=value
        )

    @property
    def width(self) -> int:
        """Cells that it needs without cutting the name."""
        return cell_len(self.sign) + cell_len(self.name) + len(self.value) + 4

    def fitted(self, width: int) -> Line:
        """Sign, name and value; a long name is cut."""
        name = fit_text(self.name, width - self.width + cell_len(self.name))
        return [(f" {self.sign} ", self.colour), (f"{name} ", "text"), (f"{self.value} ", "soft")]


def _value_at(curve: RunCurve, axis: Axis, x: float | None) -> str:
    if x is None:
        return number(curve.whole.last)
    span = curve.points(axis).span
    found = curve.nearest(axis, x) if span is not None and span[0] <= x <= span[1] else None
    return value_text(found[1]) if found is not None else "–"


def value_text(bucket: Bucket) -> str:
    """The value of a point; that of several points is their mean, with a sign that says so."""
    if bucket.count:
        return number(bucket.mean) if bucket.count == 1 else f"≈{number(bucket.mean)}"
    return number(math.nan if bucket.nan else math.inf if bucket.above else -math.inf)


def readout(bucket: Bucket, origin: float, zone: tzinfo | None) -> str:
    """A place in words: value, step, clock time, time since the start, epoch; for several points their range."""
    points = bucket.count + bucket.nan + bucket.above + bucket.below
    parts = [tr("{value} at step {step}", value=value_text(bucket), step=whole(bucket.step))]
    if points > 1:
        many = tr("{count:,} points", count=points)
        low, high = number(bucket.low), number(bucket.high)
        parts.append(tr("{low} to {high}, {points}", low=low, high=high, points=many) if bucket.count else many)
    lost = points - bucket.count
    if lost and bucket.count:
        parts.append(tr("{count:,} not finite", count=lost))
    parts += [clock_time(bucket.t, zone), duration(bucket.t - origin)]
    if math.isfinite(bucket.epoch):
        parts.append(tr("epoch {epoch:.4g}", epoch=bucket.epoch))
    return " · ".join(parts)


def title(content: ChartContent, bucket: Bucket | None, zone: tzinfo | None, width: int) -> str:
    """The metric with its newest value, or with the values under the crosshair.

    A long name goes without its group beside a crosshair.
    """
    own, metric = content.own, content.state.metric
    if own is None or metric is None:
        return ""
    name = clean(metric, 60)
    if bucket is not None:
        values = readout(bucket, own.origin, zone)
        fits = cell_len(name) + cell_len(values) + 4 <= width
        return f"{name if fits else name.rpartition('/')[2]}  ┃ {values}"
    last = tr("{value} at step {step}", value=number(own.whole.last), step=whole(own.whole.last_step))
    lost = f" · {tr('{count:,} not finite', count=own.whole.nonfinite)}" if own.whole.nonfinite else ""
    return f"{name}  {last}{lost}"


def settings(content: ChartContent, scale: AxisScale | None) -> str:
    """How the chart is drawn."""
    state = content.state
    parts = [tr("x: {axis}", axis=translated(state.axis.value)), _scale_words(state, scale)]
    if state.smoothing:
        parts.append(tr("smooth {share:g}", share=state.smoothing))
    if state.window is not None:
        following = state.newest is not None and content.growing
        parts.append(tr("zoomed, following") if following else tr("zoomed"))
        parts.append(tr("0 shows all"))
    if content.reading:
        parts.append(tr("reading the points …"))
    return " · ".join(parts)


def _scale_words(state: ChartState, scale: AxisScale | None) -> str:
    if not state.log:
        return tr("linear")
    if scale is None or scale.kind is not ScaleKind.LOG or not scale.linear_below:
        return tr("log")
    return tr("log, linear within ±{value}", value=number(scale.linear_below, 2))
