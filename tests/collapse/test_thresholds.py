"""Thresholds are checked where they are built, and found among a run's settings."""

from __future__ import annotations

from typing import Any

import pytest

from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.training.config import TrainConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kl_threshold": 0.0}, "--kl_threshold must be positive and finite, got 0.0"),
        ({"var_threshold": float("inf")}, "--var_threshold must be positive and finite, got inf"),
        ({"active_units_threshold": 1.5}, r"--active_units_threshold must be in \[0, 1\], got 1.5"),
        ({"z_ablation_threshold": -0.1}, r"--z_ablation_threshold must be in \[0, 1\], got -0.1"),
        ({"min_checks": 0}, "--min_checks must be at least 1, got 0"),
        ({"window_size": 2}, "--window_size must be at least 3, got 2"),
    ],
)
def test_what_is_out_of_range_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Thresholds(**settings)
    with pytest.raises(ValueError, match=message):
        TrainConfig(data_dir="somewhere", **settings)


def test_a_runs_settings_hold_its_thresholds() -> None:
    config = TrainConfig(data_dir="somewhere", kl_threshold=1.5, free_bits=0.2, detector="original")
    assert Thresholds.of(config.to_dict()) == Thresholds(kl_threshold=1.5, free_bits=0.2, detector="original")


def test_settings_of_other_programs_have_none() -> None:
    assert Thresholds.of({"lr": 0.1}) == Thresholds()


def test_the_defaults_of_flags_are_the_defaults_of_thresholds() -> None:
    config = TrainConfig(data_dir="somewhere", free_bits=Thresholds().free_bits)
    assert config.thresholds() == Thresholds()
