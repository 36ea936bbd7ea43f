"""A metric over a long run: bounded, with nothing lost that a person would look for."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.collapse.series import Point, Series


def series_of(values: list[float], *, stretches: int = 1000) -> Series:
    series = Series(stretches=stretches)
    for step, value in enumerate(values):
        series.add(step, value)
    return series


def test_a_short_series_is_kept_as_it_is() -> None:
    assert list(series_of([1.0, 3.0, 2.0]).points()) == [(0, 1.0), (1, 3.0), (2, 2.0)]


def test_an_empty_series_has_no_points_and_no_extremes() -> None:
    series = Series()
    assert (list(series.points()), series.low, series.high, series.last) == ([], None, None, None)


def test_a_day_of_checks_fits_into_two_thousand_points() -> None:
    series = Series()
    for check in range(100_000):
        series.add(20 * check, math.sin(check))
    assert series.count == 100_000
    assert 1000 <= len(list(series.points())) <= 2001


def test_a_spike_survives_with_its_step() -> None:
    values = [1.0] * 5000
    values[1234] = 99.0
    values[4321] = -7.0
    points = list(series_of(values, stretches=16).points())
    assert (1234, 99.0) in points
    assert (4321, -7.0) in points


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=200), st.integers(2, 9))
def test_extremes_the_count_and_the_newest_are_exact_however_little_is_kept(
    values: list[float], stretches: int
) -> None:
    series = series_of(values, stretches=stretches)
    assert series.low is not None
    assert series.high is not None
    assert (series.low.value, series.high.value) == (min(values), max(values))
    assert (series.count, series.last) == (len(values), Point(len(values) - 1, values[-1]))
    assert len(list(series.points())) <= 2 * stretches + 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=200), st.integers(2, 9))
def test_every_point_was_a_check_and_they_are_in_order(values: list[float], stretches: int) -> None:
    points = list(series_of(values, stretches=stretches).points())
    assert all(values[point.step] == point.value for point in points)
    steps = [point.step for point in points]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_counted_and_shown_but_no_extreme(broken: float) -> None:
    values = [1.0] * 100
    values[40] = broken
    series = series_of(values, stretches=4)
    assert series.not_finite == 1
    assert series.low == series.high == (0, 1.0)
    (shown,) = [point for point in series.points() if not math.isfinite(point.value)]
    assert shown.step == 40


def test_a_series_without_one_finite_value_has_no_extremes() -> None:
    series = series_of([math.nan, math.inf])
    assert (series.low, series.high, series.not_finite) == (None, None, 2)


@given(st.lists(st.floats(width=32), max_size=120), st.integers(0, 120))
def test_a_resumed_series_goes_on_as_if_nothing(values: list[float], cut: int) -> None:
    first = series_of(values[:cut], stretches=8)
    resumed = Series(stretches=8)
    # As strict JSON: NaN and infinities are no numbers there.
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict(), allow_nan=False)))
    for step, value in enumerate(values[cut:], start=len(values[:cut])):
        resumed.add(step, value)
    # In words, since NaN differs from itself.
    assert str(resumed.state_dict()) == str(series_of(values, stretches=8).state_dict())


def test_a_longer_state_is_made_to_fit() -> None:
    short = Series(stretches=4)
    short.load_state_dict(series_of([float(i) for i in range(33)], stretches=64).state_dict())
    assert len(list(short.points())) <= 9
    assert (short.low, short.high) == (Point(0, 0.0), Point(32, 32.0))


def test_a_copy_stays_as_it_was() -> None:
    series = series_of([1.0, 2.0], stretches=2)
    copy = series.copy()
    series.add(2, 50.0)
    assert copy.high == (1, 2.0)
    assert copy.count == 2
