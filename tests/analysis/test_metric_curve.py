"""Values read off a curve, and what is done to numbers that no figure can show."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqsetvae.analysis.metric_curve import at_steps, drawable_values
from seqsetvae.logs.series import Series
from seqsetvae.logs.series_view import SeriesView


def curve_of(*values: float) -> SeriesView:
    series = Series(8)
    for step, value in enumerate(values, start=1):
        series.add(step, value)
    return series.view()


def test_numbers_beyond_all_reason_are_taken_for_infinite() -> None:
    assert drawable_values(np.array([1.0, 1e200, -1e308, math.nan])).tolist()[:3] == [1.0, math.inf, -math.inf]


def test_values_are_read_off_between_points_and_across_gaps() -> None:
    assert at_steps(curve_of(1.0, math.nan, 3.0), np.array([1.0, 2.0, 2.5, 9.0])).tolist() == pytest.approx(
        [1, 2, 2.5, 3]
    )


def test_a_curve_without_any_number_has_no_values() -> None:
    assert np.isnan(at_steps(curve_of(math.nan), np.array([1.0]))).all()
