import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import Axis, SeriesView
from seqsetvae.logs.trail import Trail

VALUES = st.lists(
    st.one_of(st.floats(-1e300, 1e300), st.sampled_from([math.nan, math.inf, -math.inf])), min_size=1, max_size=400
)


def trail(count: int, start: int = 0) -> Trail:
    step = np.arange(start, start + count, dtype=np.float64)
    return Trail(t=step * 2 + 1000, step=step, epoch=step / 100)


def filled(values: list[float], capacity: int, cuts: list[int]) -> SeriesView:
    series = Series(capacity)
    edges = sorted({0, len(values), *(cut % len(values) for cut in cuts)})
    whole = trail(len(values))
    for start, end in pairwise(edges):
        part = np.arange(start, end)
        series.append(whole.take(part), np.array(values[start:end]))
    return series.view()


@given(values=VALUES, capacity=st.sampled_from([2, 4, 16, 64]), cuts=st.lists(st.integers(0, 400), max_size=12))
def test_merging_loses_no_extreme_no_count_and_no_end(values: list[float], capacity: int, cuts: list[int]) -> None:
    view = filled(values, capacity, cuts)
    finite = np.array([value for value in values if math.isfinite(value)])
    assert view.data.shape[1] <= capacity
    assert view.count == len(finite)
    assert view.nonfinite == len(values) - len(finite)
    assert view.last == values[-1] or (math.isnan(view.last) and math.isnan(values[-1]))
    assert view.last_step == len(values) - 1
    if len(finite):
        assert np.nanmin(view.low) == finite.min()
        assert np.nanmax(view.high) == finite.max()
        assert view.first[np.isfinite(view.first)][0] == finite[0]
        assert view.final[np.isfinite(view.final)][-1] == finite[-1]
        total = np.nansum(view.mean * view.data[11] / len(finite))
        assert total == pytest.approx(float((finite / len(finite)).sum()), rel=1e-9, abs=1e-9 * np.abs(finite).max())


@given(values=VALUES, cuts=st.lists(st.integers(0, 400), max_size=12))
def test_how_points_arrive_does_not_matter(values: list[float], cuts: list[int]) -> None:
    at_once, in_parts = filled(values, 8, []), filled(values, 8, cuts)
    np.testing.assert_allclose(at_once.data, in_parts.data, rtol=1e-9, atol=1e285)


@given(values=VALUES)
def test_buckets_follow_one_another_along_every_axis(values: list[float]) -> None:
    view = filled(values, 8, [])
    for axis in Axis:
        points = view.points(axis, origin=1000.0)
        assert (points.start <= points.end).all()
        assert (points.end[:-1] < points.start[1:]).all()
    assert view.points(Axis.RELATIVE, origin=1000.0).start[0] == 0


def test_all_buckets_but_the_last_are_equally_wide() -> None:
    view = filled([1.0] * 1000, 16, [])
    counts = view.data[11]
    assert set(counts[:-1].tolist()) == {64.0}
    assert counts.sum() == 1000


def test_memory_does_not_grow_with_the_log() -> None:
    series = Series(64)
    for start in range(0, 50_000, 1000):
        series.append(trail(1000, start), np.ones(1000))
    assert series.view().data.shape[1] <= 64


@pytest.mark.parametrize("part", [1_531, 3_000, 40_000])
def test_a_spike_and_a_nan_among_many_points_survive_however_the_log_is_cut(part: int) -> None:
    values = np.ones(200_000)
    values[123_456], values[77_777] = 100.0, math.nan
    series = Series()
    for start in range(0, len(values), part):
        chunk = values[start : start + part]
        series.append(trail(len(chunk), start), chunk)
    view = series.view()
    (spike,), (hole,) = np.flatnonzero(view.high > 1), np.flatnonzero(view.points(Axis.STEP).nan)
    assert view.high[spike] == 100
    assert view.points(Axis.STEP).start[spike] <= 123_456 <= view.steps[spike]
    assert view.points(Axis.STEP).start[hole] <= 77_777 <= view.steps[hole]
    assert (view.count, view.nonfinite) == (199_999, 1)


def test_numbers_whose_sum_no_float_can_hold_have_a_mean() -> None:
    series = Series(2)
    series.append(trail(8), np.full(8, 1.5e308))
    series.append(trail(8, start=8), np.full(8, 1.5e308))
    assert series.view().mean == pytest.approx([1.5e308] * 2)


def test_a_series_without_epochs_has_no_place_on_that_axis() -> None:
    series = Series()
    unknown = Trail(t=np.array([1.0]), step=np.array([2.0]), epoch=np.array([math.nan]))
    series.append(unknown, np.array([3.0]))
    assert len(series.view().points(Axis.EPOCH)) == 0
    assert len(series.view().points(Axis.STEP)) == 1


def test_a_preview_goes_on_where_the_past_ends() -> None:
    past, ahead = Series(), Series()
    past.append(trail(10), np.arange(10.0))
    ahead.append(trail(10, start=5), np.arange(5.0, 15.0))
    joined = past.view().followed_by(ahead.view())
    assert joined.steps.tolist() == list(range(15))
    assert joined.last == 14


@pytest.mark.parametrize("capacity", [0, 1, 7])
def test_capacities_that_cannot_be_halved_are_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match=f"even and at least 2, not {capacity}"):
        Series(capacity)


@given(values=VALUES, capacity=st.sampled_from([2, 4, 16]), cuts=st.lists(st.integers(0, 400), max_size=12))
def test_extremes_are_known_with_the_first_step_that_had_them(
    values: list[float], capacity: int, cuts: list[int]
) -> None:
    view = filled(values, capacity, cuts)
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        assert (view.lowest, view.highest) == (None, None)
        return
    assert view.lowest == (values.index(min(finite)), min(finite))
    assert view.highest == (values.index(max(finite)), max(finite))


@given(values=VALUES, cut=st.integers(0, 400))
def test_a_series_goes_on_from_its_state_as_if_it_had_never_ended(values: list[float], cut: int) -> None:
    whole, first, resumed = Series(8), Series(8), Series(8)
    for step, value in enumerate(values):
        whole.add(step, value)
    for step, value in enumerate(values[:cut]):
        first.add(step, value)
    state = first.state_dict()
    plain = json.loads(json.dumps(state, allow_nan=False))
    # A checkpoint is read as data: no class of ours may be in it.
    assert plain == state
    resumed.load_state_dict(plain)
    for step, value in enumerate(values[cut:], start=cut):
        resumed.add(step, value)
    assert resumed.state_dict() == whole.state_dict()


def test_a_copy_does_not_follow() -> None:
    series = Series(2)
    series.add(0, 1.0)
    copy = series.copy()
    series.add(1, 50.0)
    assert (copy.highest, copy.newest, copy.view().total) == ((0, 1.0), (0, 1.0), 1)
