import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seqsetvae.logs.series_view import AxisPoints
from tui.chart.downsample import reduce_columns

NAN = float("nan")


def points(values: list[float], x: list[float] | None = None) -> AxisPoints:
    places = np.arange(len(values), dtype=np.float64) if x is None else np.array(x)
    return AxisPoints.of(places, np.array(values, dtype=np.float64))


def test_a_column_keeps_its_smallest_and_its_largest_value() -> None:
    columns = reduce_columns(points([1, 9, 3, 4, -5, 6]), 0, 6, 2)
    assert columns.low.tolist() == [1, -5]
    assert columns.high.tolist() == [9, 6]


def test_the_line_is_the_mean_of_each_column() -> None:
    assert reduce_columns(points([1, 3, 10, 20]), 0, 4, 2).line.tolist() == [2, 15]


def test_the_line_runs_on_between_distant_points() -> None:
    columns = reduce_columns(points([0.0, 8.0], x=[0.5, 8.5]), 0, 9, 9)
    assert columns.line == pytest.approx(np.arange(9))
    assert np.isfinite(columns.low).sum() == 2


def test_the_line_is_broken_where_only_nan_lies() -> None:
    columns = reduce_columns(points([1, 2, NAN, 4, 5]), 0, 5, 5)
    assert np.isnan(columns.line).tolist() == [False, False, True, False, False]
    assert columns.nan.tolist() == [False, False, True, False, False]


def test_infinities_are_marked_by_their_sign() -> None:
    columns = reduce_columns(points([1, float("inf"), float("-inf"), 2]), 0, 4, 4)
    assert columns.above.tolist() == [False, True, False, False]
    assert columns.below.tolist() == [False, False, True, False]
    assert columns.bounds == (1.0, 2.0)


@pytest.mark.parametrize("width", [1, 2, 40, 160, 317, 1000])
def test_one_spike_among_864_000_points_is_seen_at_every_width(width: int) -> None:
    values = np.ones(864_000)
    values[431_999] = 100.0
    columns = reduce_columns(AxisPoints.of(np.arange(864_000.0), values), 0, 864_000, width)
    assert np.nanmax(columns.high) == 100.0


def test_a_bucket_wider_than_a_column_reaches_through_all_it_covers() -> None:
    wide = AxisPoints(
        start=np.array([0.0]),
        end=np.array([9.9]),
        low=np.array([1.0]),
        high=np.array([2.0]),
        mean=np.array([1.5]),
        count=np.array([10.0]),
        nan=np.array([False]),
        above=np.array([False]),
        below=np.array([False]),
    )
    columns = reduce_columns(wide, 0, 10, 10)
    assert columns.low.tolist() == [1.0] * 10
    assert columns.high.tolist() == [2.0] * 10


def test_empty_and_non_finite_series_give_empty_columns() -> None:
    for series in (points([]), points([NAN, NAN])):
        columns = reduce_columns(series, 0, 2, 4)
        assert columns.bounds is None
        assert np.isnan(columns.line).all()


def test_without_columns_or_range_there_is_no_chart() -> None:
    with pytest.raises(ValueError, match="needs a column and a range"):
        reduce_columns(points([1, 2]), 0, 2, 0)
    with pytest.raises(ValueError, match="needs a column and a range"):
        reduce_columns(points([1, 2]), 2, 2, 5)


@given(
    values=hnp.arrays(np.float64, st.integers(1, 200), elements=st.floats(allow_nan=True, allow_infinity=True)),
    width=st.integers(1, 50),
)
def test_extremes_and_marks_survive_any_reduction(values: np.ndarray, width: int) -> None:
    columns = reduce_columns(AxisPoints.of(np.arange(len(values), dtype=np.float64), values), 0, len(values), width)
    finite = values[np.isfinite(values)]
    if len(finite):
        assert np.nanmin(columns.low) == finite.min()
        assert np.nanmax(columns.high) == finite.max()
    assert columns.nan.any() == np.isnan(values).any()
    assert columns.above.any() == np.isposinf(values).any()
    assert columns.below.any() == np.isneginf(values).any()


def test_steps_that_go_back_are_drawn_where_they_belong() -> None:
    columns = reduce_columns(points([1, 2, 3, 7], x=[0, 1, 2, 0]), 0, 3, 3)
    assert columns.high.tolist() == [7, 2, 3]
