"""A moving average that starts at the first value and leaves gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqsetvae.logs.smoothing import moving_average
from seqsetvae.logs.trail import Floats


def array(*values: float) -> Floats:
    return np.array(values)


def test_smoothing_starts_at_the_first_value_and_leaves_gaps() -> None:
    assert moving_average(array(4, 4, 4), 0.9).tolist() == pytest.approx([4, 4, 4])
    out = moving_average(array(0, math.nan, 3), 0.5)
    assert math.isnan(out[1])
    assert out[2] == pytest.approx(2.0)


def test_without_weight_nothing_is_moving_average() -> None:
    values = array(1, 5, 2)
    assert moving_average(values, 0) is values
