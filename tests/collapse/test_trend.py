"""Trends of a noisy number."""

from __future__ import annotations

import numpy as np
import pytest

from seqsetvae.collapse.trend import MIN_CHECKS, relative_change, slope


def test_the_slope_is_that_of_least_squares() -> None:
    values = np.random.default_rng(0).normal(size=30).tolist()
    assert slope(values) == pytest.approx(np.polyfit(range(30), values, 1)[0])


def test_the_change_is_relative_to_where_the_line_starts() -> None:
    assert relative_change([2.0 - 0.1 * i for i in range(11)]) == pytest.approx(-0.5)
    assert relative_change([1.5] * 20) == 0.0


def test_few_values_have_no_trend() -> None:
    assert relative_change([3.0 - i for i in range(MIN_CHECKS - 1)]) == 0.0
