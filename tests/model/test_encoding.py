"""Sine and cosine features of times, positions and ranks."""

from __future__ import annotations

import math

import torch

from seqsetvae.model.encoding import sinusoidal
from tests import tiny


def test_the_first_feature_has_the_shortest_period_and_the_last_the_longest() -> None:
    quantity = torch.tensor([0.0, 2.5, 7.0], dtype=torch.float64)
    features = sinusoidal(quantity, 6, shortest=10.0, longest=1_000.0)
    for column, period in enumerate((10.0, 100.0, 1_000.0)):
        tiny.assert_close(features[:, column], (2 * math.pi * quantity / period).sin(), 1e-12)
        tiny.assert_close(features[:, column + 3], (2 * math.pi * quantity / period).cos(), 1e-12)


def test_any_shape_gains_one_axis() -> None:
    assert sinusoidal(torch.zeros(2, 3, 4), 8, shortest=1.0, longest=2.0).shape == (2, 3, 4, 8)


def test_float64_tells_neighbouring_minutes_apart_since_1970() -> None:
    minute = torch.tensor([1_732_100_000.0, 1_732_100_001.0], dtype=torch.float64)
    early, late = sinusoidal(minute, 16, shortest=10.0, longest=43_200.0)
    first, second = sinusoidal(torch.tensor([0.0, 1.0], dtype=torch.float64), 16, shortest=10.0, longest=43_200.0)
    torch.testing.assert_close((early - late).norm(), (first - second).norm())


def test_float32_tells_neighbouring_minutes_apart_after_a_month() -> None:
    minute = torch.tensor([43_200.0, 43_201.0])
    early, late = sinusoidal(minute, 16, shortest=10.0, longest=43_200.0)
    assert (early - late).abs().max() > 0.1
