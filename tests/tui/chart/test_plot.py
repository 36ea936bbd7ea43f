"""The large chart: other curves beside its own, rulers, and where things are in it."""

import numpy as np
import pytest

from seqsetvae.logs.series_view import AxisPoints
from tui.chart.plot import Plot, PlotCurve, lay_out
from tui.chart.raster import Role
from tui.chart.scale import ScaleKind

NAN = float("nan")


def series(values: list[float], start: float = 0.0) -> AxisPoints:
    return AxisPoints.of(start + np.arange(len(values), dtype=np.float64), np.array(values, dtype=np.float64))


def beside(values: list[float], start: float = 0.0) -> PlotCurve:
    return PlotCurve(points=series(values, start), role=Role.CURVE_1, sign="◇")


def test_other_curves_share_both_axes() -> None:
    drawing = lay_out(Plot(points=series([1.0] * 11), others=(beside([5.0] * 21, 10.0),)), 60, 12)
    assert (drawing.area.low, drawing.area.high) == (0.0, 30.0)
    assert drawing.scale.low <= 1.0 < 5.0 <= drawing.scale.high
    rows = [set(row.tolist()) for row in drawing.raster.roles]
    assert min(y for y, row in enumerate(rows) if Role.CURVE_1 in row) < min(
        y for y, row in enumerate(rows) if Role.LINE in row
    )


def test_a_sign_stands_at_the_end_of_a_curve_and_on_it() -> None:
    raster = lay_out(Plot(points=series([0.0] * 100), others=(beside([1.0] * 51),)), 100, 12).raster
    cells = [(x, y) for y, row in enumerate(raster.plain().split("\n")) for x, char in enumerate(row) if char == "◇"]
    assert len(cells) >= 2
    assert len({y for _, y in cells}) == 1
    last = max(x for x, _ in cells)
    assert all(raster.roles[cells[0][1], last + 1 :] != Role.CURVE_1)


def test_the_only_curve_has_no_sign() -> None:
    assert "◇" not in lay_out(Plot(points=series([0.0] * 100)), 100, 12).raster.plain()


def test_outliers_of_other_curves_do_not_flatten_the_picture() -> None:
    spiky = [1.0] * 5_000
    spiky[2_500] = 1e6
    drawing = lay_out(Plot(points=series([1.0, 2.0]), others=(beside(spiky),)), 100, 12)
    assert drawing.scale.high < 1e5


def test_holes_in_other_curves_are_marked_in_their_colour() -> None:
    raster = lay_out(Plot(points=series([1.0] * 50), others=(beside([2.0, NAN, 2.0] * 16),)), 60, 12).raster
    assert (raster.roles[raster.chars == "×"] == Role.CURVE_1).any()


@pytest.mark.parametrize("values", [[], [3.0], [NAN, NAN], [2.0] * 9])
def test_awkward_curves_beside_an_awkward_one_are_drawn(values: list[float]) -> None:
    for own in ([], [NAN], [1.0]):
        for size in ((1, 1), (14, 4), (80, 20)):
            for kind in ScaleKind:
                raster = lay_out(Plot(points=series(own), others=(beside(values),), y_kind=kind), *size).raster
                assert raster.plain().count("\n") == size[1] - 1


def test_a_ruler_stands_over_the_envelope_and_under_the_line() -> None:
    noisy = [float(step % 2) for step in range(10_000)]
    drawing = lay_out(Plot(points=series(noisy), rulers=(5_000.0,)), 80, 14)
    x = drawing.area.cell_of(5_000.0)
    assert x is not None
    column = drawing.raster.roles[: drawing.area.height, x].tolist()
    assert set(column) == {Role.CURSOR, Role.LINE}


def test_places_and_columns_belong_together() -> None:
    area = lay_out(Plot(points=series([1.0, 2.0]), x_low=100.0, x_high=200.0), 80, 14).area
    for cell in (area.left, area.left + area.width // 2, area.left + area.width - 1):
        assert area.cell_of(area.place_of(cell)) == cell
    assert area.cell_of(99.0) is None
    assert area.cell_of(200.0) == area.left + area.width - 1
