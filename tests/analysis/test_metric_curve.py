"""Curves in bounded memory: no extreme, no NaN and no mean is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.analysis.metric_curve import CurveBuilder, MetricCurve, smoothed
from seqsetvae.collapse.series import Point
from seqsetvae.logs.buckets import Floats, Trail


def curve_of(values: list[float], *, capacity: int = 8, pieces: int = 1) -> MetricCurve:
    builder = CurveBuilder(capacity=capacity)
    steps = np.arange(1.0, len(values) + 1)
    for part in np.array_split(np.arange(len(values)), pieces):
        trail = Trail(t=steps[part] + 100, step=steps[part], epoch=steps[part] / 10)
        builder.extend(trail, np.array(values)[part])
    curve = builder.curve()
    assert curve is not None
    return curve


def test_without_points_there_is_no_curve() -> None:
    builder = CurveBuilder()
    nothing = np.empty(0)
    builder.extend(Trail(t=nothing, step=nothing, epoch=nothing), nothing)
    assert builder.curve() is None


def test_few_points_stay_as_they_are() -> None:
    curve = curve_of([3.0, 1.0, 2.0])
    assert curve.step.tolist() == [1, 2, 3]
    assert curve.mean.tolist() == curve.low.tolist() == curve.high.tolist() == [3, 1, 2]
    assert curve.points == 3


def test_a_spike_and_its_step_survive_every_reduction() -> None:
    values = [1.0] * 1000
    values[700] = 50.0
    curve = curve_of(values)
    assert len(curve.step) <= 8
    assert curve.high.max() == 50.0
    assert curve.highest == Point(701, 50.0)
    assert curve.step[-1] == 1000


def test_what_is_no_number_is_marked_and_left_out_of_the_mean() -> None:
    curve = curve_of([1.0, math.nan, 3.0, math.inf] * 100)
    assert curve.nonfinite.all()
    assert curve.mean == pytest.approx(2.0)
    assert curve.high.max() == 3.0


def test_a_curve_without_any_number_has_no_extremes() -> None:
    curve = curve_of([math.nan, math.nan])
    assert (curve.lowest, curve.highest) == (None, None)
    assert np.isnan(curve.mean).all()


def test_numbers_beyond_all_reason_are_treated_as_infinite() -> None:
    curve = curve_of([1.0, 1e200, -1e308, 3.0] * 16)
    assert curve.nonfinite.all()
    assert curve.mean == pytest.approx(2.0)
    assert curve.highest == Point(4, 3.0)


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(math.nan), min_size=1, max_size=300),
    st.integers(1, 7),
)
def test_a_reduced_curve_agrees_with_its_points(values: list[float], pieces: int) -> None:
    curve = curve_of(values, pieces=pieces)
    finite = [value for value in values if value == value]
    assert len(curve.step) <= 8
    assert curve.points == len(values)
    assert bool(curve.nonfinite.any()) == (len(finite) < len(values))
    if finite:
        assert (np.nanmin(curve.low), np.nanmax(curve.high)) == (min(finite), max(finite))
        assert curve.lowest is not None
        assert values[curve.lowest.step - 1] == min(finite)


def test_pieces_make_no_difference_to_the_mean_of_all() -> None:
    values = list(np.linspace(0.0, 1.0, 64))
    assert curve_of(values).mean.mean() == pytest.approx(curve_of(values, pieces=4).mean.mean())


def array(*values: float) -> Floats:
    return np.array(values)


def test_smoothing_starts_at_the_first_value_and_leaves_gaps() -> None:
    assert smoothed(array(4, 4, 4), 0.9).tolist() == pytest.approx([4, 4, 4])
    out = smoothed(array(0, math.nan, 3), 0.5)
    assert math.isnan(out[1])
    assert out[2] == pytest.approx(2.0)


def test_without_weight_nothing_is_smoothed() -> None:
    values = array(1, 5, 2)
    assert smoothed(values, 0) is values
