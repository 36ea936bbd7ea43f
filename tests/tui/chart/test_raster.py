import numpy as np
import pytest

from seqsetvae.logs.series_view import AxisPoints
from tui.chart.heat import DEAD_BELOW, heat_map, shade
from tui.chart.plot import Mark, Plot, Threshold, lay_out
from tui.chart.raster import Raster, Role, pack_dots
from tui.chart.scale import ScaleKind
from tui.chart.smooth import smoothed
from tui.chart.sparkline import draw_sparkline

NAN, INF = float("nan"), float("inf")

AWKWARD = {
    "empty": [],
    "single": [3.0],
    "flat": [2.0] * 50,
    "all NaN": [NAN] * 5,
    "all infinite": [INF, -INF],
    "one NaN": [1.0, NAN, 2.0],
    "enormous": [-1.7e308, 1.7e308],
    "tiny": [5e-324, 1e-323],
    "zero": [0.0, 0.0],
    "negative": [-1.0, -100.0],
}


def series(values: list[float]) -> AxisPoints:
    return AxisPoints.of(np.arange(len(values), dtype=np.float64), np.array(values, dtype=np.float64))


def roles(raster: Raster) -> set[Role]:
    return {Role(int(role)) for role in np.unique(raster.roles)}


def test_dots_become_braille_patterns() -> None:
    dots = np.zeros((4, 4), dtype=np.bool_)
    dots[0, 0] = dots[3, 1] = dots[1, 2] = True
    assert pack_dots(dots).tolist() == [[0x01 | 0x80, 0x02]]


def test_rows_are_runs_of_one_role() -> None:
    raster = Raster(6, 1)
    raster.text(1, 0, "ab", Role.LABEL)
    raster.text(3, 0, "c", Role.LINE)
    assert raster.row(0) == [(" ", Role.BLANK), ("ab", Role.LABEL), ("c", Role.LINE), ("  ", Role.BLANK)]


def test_text_outside_the_grid_is_cut_off() -> None:
    raster = Raster(4, 1)
    raster.text(-1, 0, "abc", Role.LABEL)
    raster.text(3, 0, "xyz", Role.LABEL)
    raster.text(0, 7, "nowhere", Role.LABEL)
    raster.text(9, 0, "nowhere", Role.LABEL)
    assert raster.plain() == "bc x"


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("kind", list(ScaleKind))
@pytest.mark.parametrize("size", [(1, 1), (12, 3), (40, 10), (160, 45)])
def test_awkward_series_are_drawn_without_fuss(name: str, kind: ScaleKind, size: tuple[int, int]) -> None:
    raster = lay_out(Plot(points=series(AWKWARD[name]), y_kind=kind), *size).raster
    assert (raster.width, raster.height) == size
    assert bool({Role.LINE, Role.NONFINITE} & roles(raster)) == bool(AWKWARD[name])
    assert draw_sparkline(series(AWKWARD[name]), *size).height == size[1]


def test_a_flat_line_is_one_straight_stroke() -> None:
    raster = lay_out(Plot(points=series([2.0] * 200)), 60, 12).raster
    rows = np.nonzero((raster.roles == Role.LINE).any(axis=1))[0]
    assert len(rows) == 1


def test_a_single_point_is_visible() -> None:
    assert (lay_out(Plot(points=series([3.0])), 40, 10).raster.roles == Role.LINE).sum() == 1


def test_nan_and_infinities_are_marked() -> None:
    text = lay_out(Plot(points=series([1.0, NAN, 2.0, INF, 1.0, -INF])), 40, 10).raster.plain()
    assert all(sign in text for sign in "×▲▼")
    assert "×" in draw_sparkline(series([1.0, NAN, 2.0]), 12, 1).plain()


@pytest.mark.parametrize("width", [20, 80, 160])
def test_a_spike_among_864_000_points_reaches_the_top(width: int) -> None:
    values = np.ones(864_000)
    values[500_000] = 100.0
    raster = lay_out(Plot(points=AxisPoints.of(np.arange(864_000.0), values)), width, 20).raster
    assert {Role.ENVELOPE, Role.LINE} & {Role(int(role)) for role in np.unique(raster.roles[0])}


def test_the_axes_carry_round_labels() -> None:
    text = lay_out(Plot(points=series(list(np.linspace(0, 10, 1001)))), 60, 14).raster.plain()
    assert "10 ┤" in text
    assert " 0 ┤" in text
    assert "200" in text.splitlines()[-1]


def test_a_threshold_near_the_curve_is_in_the_picture_and_one_far_away_is_not() -> None:
    near = Plot(points=series([1.0, 2.0]), thresholds=(Threshold(value=0.8, label="≥ 0.8"),))
    far = Plot(points=series([1.0, 2.0]), thresholds=(Threshold(value=50.0, label="≤ 50"),))
    assert "≥ 0.8 ┤" in lay_out(near, 60, 12).raster.plain()
    assert Role.THRESHOLD not in roles(lay_out(far, 60, 12).raster)


def test_events_are_marked_at_their_step_the_gravest_on_top() -> None:
    marks = (Mark(x=50, role=Role.RED), Mark(x=50, role=Role.YELLOW), Mark(x=500, role=Role.ORANGE))
    raster = lay_out(Plot(points=series([0.0] * 101), marks=marks), 60, 12).raster
    assert Role.RED in roles(raster)
    assert Role.YELLOW not in roles(raster)
    assert Role.ORANGE not in roles(raster)


def test_smoothing_ignores_gaps_and_keeps_the_envelope() -> None:
    raw = series([1.0, 1.0, NAN, 5.0, 1.0])
    calm = smoothed(raw, 0.9)
    assert calm.mean[0] == pytest.approx(1.0)
    assert 1.0 < calm.mean[3] < 5.0
    assert np.isnan(calm.mean[2])
    assert calm.high[3] == 5.0
    assert smoothed(raw, 0.0) is raw


def test_shades_go_from_dead_to_alive_on_a_log_scale() -> None:
    shades = shade(np.array([0.0, DEAD_BELOW / 10, DEAD_BELOW, 1.0, 50.0, NAN]))
    assert shades[:2].tolist() == [0.0, 0.0]
    assert shades[2] == pytest.approx(1 / 3)
    assert shades[3:5].tolist() == [1.0, 1.0]
    assert np.isnan(shades[5])


def test_the_liveliest_dimensions_are_on_top_of_the_heat_strip() -> None:
    rows = np.tile(np.array([0.0001, 1.0, 0.03]), (4, 1))
    shades = heat_map(np.arange(4.0), rows, 8, 3)
    assert shades.shape == (3, 8)
    assert (shades[0] > shades[1]).all()
    assert (shades[1] > shades[2]).all()


@pytest.mark.parametrize(("records", "dimensions"), [(0, 0), (1, 1), (1, 300), (700, 2)])
def test_heat_strips_of_any_history_fill_their_size(records: int, dimensions: int) -> None:
    shades = heat_map(np.arange(float(records)), np.full((records, dimensions), 0.5), 20, 6)
    assert shades.shape == (6, 20)
    assert np.isfinite(shades).all() == bool(records)
