"""Thresholds are one table: checked where they are built, found among a run's settings, and read by all consumers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import pytest

from seqsetvae.collapse import limits as limits_module
from seqsetvae.collapse import thresholds as thresholds_module
from seqsetvae.collapse.limits import Limit, limits_in_force
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import ROWS, PosteriorSize, ThresholdRow, Thresholds
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.setting import SHARE, setting
from seqsetvae.training.config import TrainConfig
from tui.what_if.detector_settings import own_settings, typed


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kl_threshold": 0.0}, "--kl_threshold must be positive and finite, got 0.0"),
        ({"var_threshold": float("inf")}, "--var_threshold must be positive and finite, got inf"),
        ({"active_units_threshold": 1.5}, r"--active_units_threshold must be in \[0, 1\], got 1.5"),
        ({"z_ablation_threshold": -0.1}, r"--z_ablation_threshold must be in \[0, 1\], got -0.1"),
        ({"min_checks": 0}, "--min_checks must be at least 1, got 0"),
        ({"window_size": 2}, "--window_size must be at least 3, got 2"),
        ({"detector": "mine"}, "--detector must be posterior or original, got mine"),
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


def test_kl_is_judged_by_the_number_of_dimensions_and_never_above_a_nat() -> None:
    assert Thresholds().limit("kl_threshold", PosteriorSize(dimensions=4)) == pytest.approx(0.08)
    assert Thresholds().limit("kl_threshold", PosteriorSize(dimensions=512)) == 1.0
    assert Thresholds(kl_threshold=2.5).limit("kl_threshold", PosteriorSize(dimensions=512)) == 2.5
    assert Thresholds().limit("kl_threshold", PosteriorSize()) is None


def test_mutual_information_is_judged_by_what_the_sample_can_show() -> None:
    name = "mutual_information_threshold"
    assert Thresholds().limit(name, PosteriorSize(sample_sets=64)) == pytest.approx(0.065 * math.log(64))
    assert Thresholds().limit(name, PosteriorSize(sample_sets=1e6)) == 0.5
    assert Thresholds(mutual_information_threshold=1.5).limit(name, PosteriorSize(sample_sets=64)) == 1.5
    assert [Thresholds().limit(name, PosteriorSize(sample_sets=sets)) for sets in (None, 1)] == [None, None]


def test_explosion_grows_with_the_dimensions() -> None:
    name = "kl_explosion_threshold"
    assert Thresholds().limit(name, PosteriorSize(dimensions=8)) == 100.0
    assert Thresholds().limit(name, PosteriorSize(dimensions=512)) == 2048.0
    assert Thresholds(kl_explosion_threshold=300.0).limit(name, PosteriorSize(dimensions=512)) == 300.0


def test_a_setting_that_no_detector_takes_is_named_and_left_at_its_default() -> None:
    config = {"kl_threshold": -1, "var_threshold": "high", "active_units_threshold": 0.2, "min_checks": None, "lr": 1}
    unusable = ("kl_threshold", "var_threshold", "min_checks")
    assert Thresholds.usable_in(config) == (Thresholds(active_units_threshold=0.2), unusable)


def test_every_row_is_a_flag_with_its_help_and_a_line_of_the_form() -> None:
    flags = {known.name: known.metadata for known in fields(TrainConfig)}
    for name, row in ROWS.items():
        assert flags[name]["help"], name
        assert flags[name].get("row", row) is row
        assert 0 < len(row.brief) <= 56


def test_a_row_limits_a_number_of_a_check_and_says_so() -> None:
    for name, row in ROWS.items():
        if row.metric:
            assert {row.metric} <= {known.name for known in fields(Observation)}
            assert row.reason_of(0.123, 0.456) != row.reason, name


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreThresholds(Thresholds):
    """The settings with one row more."""

    recon_threshold: float = setting(
        0.5, "loss above which reconstruction is poor", allowed=SHARE, section="collapse",
        row=ThresholdRow(brief="reconstruction is poor above", metric="recon", low=False),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MoreConfig(MoreThresholds):
    """Flags that are made of them."""


def test_one_row_more_reaches_flags_ranges_charts_and_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {known.name: known.metadata["row"] for known in fields(MoreThresholds)}
    for module in (thresholds_module, limits_module):
        monkeypatch.setattr(module, "ROWS", rows)
    monkeypatch.setattr("tui.what_if.detector_settings.Thresholds", MoreThresholds)
    parser = build_parser(MoreConfig, prog="program", description="")
    config, _ = parse_config(MoreConfig, parser, ["--recon_threshold", "0.25"])
    assert "loss above which reconstruction is poor (0.5)" in " ".join(parser.format_help().split())
    with pytest.raises(ValueError, match=r"--recon_threshold must be in \[0, 1\], got 3"):
        MoreConfig(recon_threshold=3)
    thresholds = MoreThresholds.of(asdict(config))
    shown = limits_in_force(thresholds, dimensions=8, sample_sets=None)
    assert Limit(metric="recon", value=0.25, low=False) in shown
    assert own_settings({"recon_threshold": 0.125})["recon_threshold"] == 0.125
    assert typed("recon_threshold", "0.75", None) == 0.75
