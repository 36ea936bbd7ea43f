"""What a check is called in the stream, and what is left out of it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from seqsetvae.posterior.statistics import PosteriorStatistics
from seqsetvae.posterior.summary import LevelSummary, PosteriorSummary
from tests.posteriors import batch, statistics_of, summary, summary_of

OVERALL = {
    "kl", "variance", "active_units", "active_units_sigma", "collapsed_fraction", "mutual_information", "marginal_kl",
    "recon", "sets", "sample_sets", "kl_per_dim",
}  # fmt: skip
OF_A_LEVEL = {"kl", "variance", "active_units", "active_units_sigma", "collapsed_fraction", "mutual_information"}


def names(found: PosteriorSummary) -> set[str]:
    return {name.removeprefix("posterior/") for name in found.to_metrics()}


def level(**changes: float | None) -> LevelSummary:
    values: dict[str, float | None] = {
        "kl": 1.0, "variance": 0.5, "active_units": 0.5, "active_units_sigma": 1.0, "collapsed_fraction": 0.25,
        "mutual_information": 0.75,
    }  # fmt: skip
    return LevelSummary(**{**values, **changes})  # type: ignore[arg-type]  # the None are what is tested


def two_levels(upper: LevelSummary, lower: LevelSummary) -> PosteriorSummary:
    """Return a check of a level of 1 dimension and one of 3."""
    return PosteriorSummary(
        levels=(upper, lower),
        dimensions=(1, 3),
        mutual_information=1.5,
        sample_sets=100.0,
        sets=400.0,
        recon=2.0,
        kl_per_dim=(1.0, 1.0, 0.0, 0.0),
    )


class TestNames:
    def test_one_level_has_no_names_of_its_own(self) -> None:
        assert names(summary_of(batch(torch.zeros(4, 2)))) == OVERALL

    def test_several_levels_are_numbered_from_one(self) -> None:
        expected = OVERALL | {f"level{number}/{name}" for number in (1, 2) for name in OF_A_LEVEL}
        assert names(summary_of(batch(torch.zeros(4, 2), torch.zeros(4, 3)))) == expected

    def test_what_is_unknown_has_no_name(self) -> None:
        found = names(summary_of(batch(torch.zeros(1, 2), torch.zeros(1, 3))))
        gone = {"active_units", "mutual_information"}
        assert found == (OVERALL - gone - {"sample_sets", "marginal_kl"}) | {
            f"level{number}/{name}" for number in (1, 2) for name in OF_A_LEVEL - gone
        }

    def test_kl_beyond_information_is_left_out_where_the_sample_is_too_small_to_know(self) -> None:
        known = two_levels(level(kl=2.0), level(kl=3.0))
        assert known.marginal_kl == pytest.approx(3.5)
        assert known.to_metrics()["posterior/marginal_kl"] == pytest.approx(3.5)
        assert replace(known, mutual_information=6.0, sample_sets=1e6).marginal_kl == 0.0
        assert replace(known, mutual_information=0.81 * math.log(100.0)).marginal_kl is None

    def test_beta_and_the_ablation_appear_where_they_are_known(self) -> None:
        found = replace(summary_of(batch(torch.zeros(4, 2))), beta=0.05, max_beta=0.1, z_ablation=0.5)
        assert names(found) == OVERALL | {"beta", "max_beta", "z_ablation"}
        metrics = found.to_metrics()
        assert (metrics["posterior/beta"], metrics["posterior/max_beta"]) == (0.05, 0.1)


class TestValues:
    def test_kl_is_the_sum_of_the_levels(self) -> None:
        assert two_levels(level(kl=2.0), level(kl=0.5)).kl == 2.5

    @pytest.mark.parametrize("name", ["variance", "active_units", "active_units_sigma", "collapsed_fraction"])
    def test_shares_are_means_over_dimensions_not_over_levels(self, name: str) -> None:
        found = two_levels(level(**{name: 1.0}), level(**{name: 0.0})).to_metrics()
        assert found[f"posterior/{name}"] == 0.25
        assert found[f"posterior/level1/{name}"] == 1.0
        assert found[f"posterior/level2/{name}"] == 0.0

    def test_what_one_level_cannot_tell_is_not_said_of_all(self) -> None:
        found = two_levels(level(), level(active_units=None))
        assert found.active_units is None
        assert "posterior/active_units" not in found.to_metrics()
        assert found.to_metrics()["posterior/level1/active_units"] == 0.5

    def test_mutual_information_is_that_of_all_levels_together(self) -> None:
        assert two_levels(level(), level()).to_metrics()["posterior/mutual_information"] == 1.5

    def test_what_is_not_a_number_stays_in(self) -> None:
        found = two_levels(level(variance=math.nan), level()).to_metrics()["posterior/variance"]
        assert isinstance(found, float)
        assert math.isnan(found)


class TestZAblation:
    def test_it_travels_with_the_summary(self) -> None:
        statistics = statistics_of(batch(torch.zeros(4, 2)))
        assert summary(statistics, torch.tensor(0.25, dtype=torch.float64)).z_ablation == 0.25
        assert summary(statistics, torch.tensor(0.0)).z_ablation == 0.0, "measured, and not missing"
        assert summary(statistics).z_ablation is None

    def test_it_does_not_need_a_batch_of_the_statistics(self) -> None:
        assert summary(PosteriorStatistics([2]), torch.tensor(-0.5)).z_ablation == -0.5
