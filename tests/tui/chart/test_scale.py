import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.chart.scale import ScaleKind, fit, nice_step, number_label, power_label

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def test_a_linear_scale_puts_its_ends_at_zero_and_one() -> None:
    scale = fit(-2.0, 6.0)
    assert scale.project(np.array([-2.0, 2.0, 6.0])).tolist() == [0.0, 0.5, 1.0]


def test_a_flat_line_runs_through_the_middle() -> None:
    assert fit(5.0, 5.0).position(5.0) == pytest.approx(0.5)
    assert fit(0.0, 0.0).position(0.0) == pytest.approx(0.5)
    assert fit(3.0, 3.0, ScaleKind.LOG).position(3.0) == pytest.approx(0.5)


def test_a_positive_curve_that_nearly_touches_zero_is_drawn_from_zero() -> None:
    assert fit(0.01, 10.0).low == 0.0
    assert fit(5.0, 10.0).low == 5.0


def test_nan_stays_nan() -> None:
    assert math.isnan(fit(0.0, 1.0).position(math.nan))


def test_ends_that_are_no_numbers_get_an_axis_all_the_same() -> None:
    scale = fit(math.nan, math.inf)
    assert (scale.low, scale.high) == (0.0, 1.0)


def test_a_log_scale_gives_every_decade_the_same_height() -> None:
    scale = fit(0.01, 100.0, ScaleKind.LOG)
    assert scale.project(np.array([0.01, 0.1, 1.0, 10.0, 100.0])) == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert scale.linear_below == 0


def test_a_log_scale_over_zero_becomes_symmetric() -> None:
    scale = fit(-10.0, 10.0, ScaleKind.LOG, smallest=0.01)
    assert scale.position(0.0) == pytest.approx(0.5)
    assert scale.position(1.0) - 0.5 == pytest.approx(0.5 - scale.position(-1.0))
    assert 0.5 < scale.position(0.1) < scale.position(1.0) < scale.position(10.0) == pytest.approx(1.0)
    assert 0.0 in [tick.value for tick in scale.ticks(6)]


@example(low=2.0, high=1999999998.0, kind=ScaleKind.LOG, count=1)
@given(low=FINITE, high=FINITE, kind=st.sampled_from(ScaleKind), count=st.integers(1, 12))
def test_ticks_lie_on_the_axis_whatever_the_range(low: float, high: float, kind: ScaleKind, count: int) -> None:
    scale = fit(low, high, kind)
    for tick in scale.ticks(count):
        assert -1e-6 <= tick.position <= 1 + 1e-6
        assert tick.label


def test_a_linear_axis_has_at_least_two_ticks() -> None:
    assert [tick.label for tick in fit(0.0, 4.0001).ticks(2)] == ["0", "2", "4"]


def test_linear_ticks_are_round_and_labelled_alike() -> None:
    assert [tick.label for tick in fit(0.0, 1.0).ticks(5)] == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [tick.label for tick in fit(0.0, 48_000.0).ticks(5)] == ["0", "10k", "20k", "30k", "40k"]


@pytest.mark.parametrize(("span", "count", "step"), [(10, 5, 2), (1, 3, 0.5), (7, 7, 1), (864_000, 8, 200_000)])
def test_steps_are_one_two_or_five(span: float, count: int, step: float) -> None:
    assert nice_step(span, count) == pytest.approx(step)


def test_labels_of_powers_are_plain_near_one_and_exponents_far_off() -> None:
    assert [power_label(value) for value in (0.001, 0.5, 1000.0, 1e-7, 1e6, -1e6)] == [
        "0.001",
        "0.5",
        "1000",
        "10⁻⁷",
        "10⁶",
        "-10⁶",
    ]


def test_labels_of_large_numbers_carry_a_suffix() -> None:
    assert number_label(1_500_000, 500_000) == "1.5M"
    assert number_label(2_000, 500) == "2.0k"
    assert number_label(1_020, 10) == "1020"
