"""One point of hundreds of thousands, a hole, a line without height: seen at every zoom, as the store keeps them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.logs.trail import Trail
from tui.chart.downsample import reduce_columns
from tui.chart.plot import Plot, lay_out
from tui.chart.raster import Role
from tui.chart.scale import Floats, ScaleKind

POINTS = 864_000
SPIKE = 617_283
ZOOMS = [10.0**-power for power in range(7)]
"""Shares of the run that the chart shows, from all of it to less than one point."""


def series_of(values: Floats) -> SeriesView:
    """What the store keeps of values that were logged at steps 0, 1, 2, …"""
    step = np.arange(len(values), dtype=float)
    series = Series()
    for start in range(0, len(values), 10_000):
        part = slice(start, start + 10_000)
        series.append(Trail(t=step[part] / 10, step=step[part], epoch=step[part] / 1_000), values[part])
    return series.view()


def with_one(value: float) -> SeriesView:
    values = 1 + 0.01 * np.sin(np.arange(POINTS) / 500)
    values[SPIKE] = value
    return series_of(values)


def window(share: float) -> tuple[float, float]:
    """Ends of a stretch of the x axis around the spike that is so much of the run, somewhat off its middle."""
    width = share * POINTS
    low = min(max(SPIKE - 0.3 * width, 0.0), POINTS - width)
    return low, low + width


@pytest.fixture(scope="module")
def spiked() -> SeriesView:
    return with_one(100.0)


@pytest.mark.parametrize("share", ZOOMS)
@pytest.mark.parametrize("width", [20, 157, 400])
def test_one_point_a_hundred_times_higher_is_seen_at_every_zoom(spiked: SeriesView, share: float, width: int) -> None:
    columns = reduce_columns(spiked.points(Axis.STEP), *window(share), width)
    assert columns.bounds is not None
    assert columns.bounds[1] == 100.0


@pytest.mark.parametrize("share", ZOOMS)
@pytest.mark.parametrize("kind", ScaleKind)
def test_it_reaches_the_upper_rows_of_the_chart(spiked: SeriesView, share: float, kind: ScaleKind) -> None:
    low, high = window(share)
    raster = lay_out(Plot(points=spiked.points(Axis.STEP), x_low=low, x_high=high, y_kind=kind), 120, 24).raster
    top = [role for row in raster.rows()[:6] for text, role in row if text.strip()]
    assert Role.ENVELOPE in top or Role.LINE in top


@pytest.mark.parametrize("share", ZOOMS)
@pytest.mark.parametrize(
    ("value", "mark"), [(math.nan, "nan"), (math.inf, "above"), (-math.inf, "below")], ids=["NaN", "+∞", "-∞"]
)
def test_one_point_that_is_no_number_is_marked_at_every_zoom(share: float, value: float, mark: str) -> None:
    view = with_one(value)
    low, high = window(share)
    raster = lay_out(Plot(points=view.points(Axis.STEP), x_low=low, x_high=high), 120, 24).raster
    marked = [text for row in raster.rows() for text, role in row if role is Role.NONFINITE]
    assert marked, mark


@pytest.mark.parametrize("share", ZOOMS)
@pytest.mark.parametrize("kind", ScaleKind)
@pytest.mark.parametrize("value", [0.0, -3.0, 1e-300, 1e300])
def test_a_flat_line_is_one_stroke_at_every_zoom(share: float, kind: ScaleKind, value: float) -> None:
    view = series_of(np.full(20_000, value))
    width = share * 20_000
    raster = lay_out(
        Plot(points=view.points(Axis.STEP), x_low=9_000.0, x_high=9_000.0 + width, y_kind=kind), 80, 16
    ).raster
    drawn = [place for place, row in enumerate(raster.rows()) if any(role is Role.LINE for _, role in row)]
    assert len(drawn) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, -1e308])
@pytest.mark.parametrize("axis", Axis)
def test_series_of_hardly_any_points_are_drawn_on_every_axis(count: int, value: float, axis: Axis) -> None:
    points = series_of(np.full(count, value)).points(axis)
    raster = lay_out(Plot(points=points), 60, 12).raster
    shown = [role for row in raster.rows() for text, role in row if text.strip()]
    assert (Role.NONFINITE in shown) == (count > 0 and not math.isfinite(value))
    assert (Role.LINE in shown or Role.ENVELOPE in shown) == (count > 0 and math.isfinite(value))
