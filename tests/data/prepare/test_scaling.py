import numpy as np
import pytest

from seqsetvae.data.prepare.scaling import robust_scale

RNG = np.random.default_rng(0)


def test_normal_values_get_their_mean_and_standard_deviation() -> None:
    scale = robust_scale(RNG.normal(37, 0.8, size=20_000))
    assert scale.rule == "robust"
    assert scale.location == pytest.approx(37, abs=0.02)
    assert scale.scale == pytest.approx(0.8, rel=0.02)


def test_typing_errors_move_neither_location_nor_scale() -> None:
    values = RNG.normal(7.4, 0.07, size=10_000)
    clean = robust_scale(values)
    values[:50] = 735
    values[50:60] = 0
    dirty = robust_scale(values)
    assert dirty.location == pytest.approx(clean.location, abs=0.001)
    assert dirty.scale == pytest.approx(clean.scale, rel=0.05)
    assert values.std() > 50, "which is what a plain z-score would have divided by"


def test_skewed_values_are_not_clipped_by_the_tenth() -> None:
    values = RNG.lognormal(4, 1.8, size=20_000)
    scale = robust_scale(values)
    quartile_only = (np.quantile(values, 0.75) - np.quantile(values, 0.25)) / 1.349
    assert np.mean(np.abs(values - scale.location) > 5 * quartile_only) > 0.07
    assert np.mean(np.abs(values - scale.location) > 5 * scale.scale) < 0.025


@pytest.mark.parametrize(("value", "scaled"), [(1.0, 1.0), (-3.0, -1.0), (0.0, 0.0), (120.0, 1.0)])
def test_a_variable_that_never_varies_reads_its_sign(value: float, scaled: float) -> None:
    scale = robust_scale(np.full(100, value))
    assert scale.rule == "constant"
    assert (value - scale.location) / scale.scale == scaled


def test_codes_get_mean_and_standard_deviation() -> None:
    scale = robust_scale(np.array([0.0, 1.0] * 50))
    assert (scale.rule, scale.location, scale.scale) == ("discrete", 0.5, 0.5)


def test_where_nearly_all_values_are_equal_the_plain_spread_is_left() -> None:
    values = np.zeros(10_000)
    values[:20] = np.arange(20)
    scale = robust_scale(values)
    assert scale.rule == "spread"
    assert scale.scale == pytest.approx(values.std())


@pytest.mark.parametrize("size", [1, 2, 3, 9, 50])
def test_the_scale_is_never_zero(size: int) -> None:
    assert robust_scale(RNG.normal(size=size)).scale > 0
