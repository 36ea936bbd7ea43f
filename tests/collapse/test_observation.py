"""What a line of the stream says of the posterior."""

from __future__ import annotations

import math

from seqsetvae.collapse.observation import LevelObservation, observation_of
from seqsetvae.posterior.summary import LevelSummary, PosteriorSummary


def test_a_line_without_posterior_is_none() -> None:
    assert observation_of(5, {"train/loss": 1.0, "posterior/beta": 0.1}) is None


def test_the_least_that_is_needed_is_a_kl() -> None:
    seen = observation_of(5, {"posterior/kl": 2.5})
    assert seen is not None
    assert (seen.step, seen.kl, seen.variance, seen.kl_per_dim, seen.levels) == (5, 2.5, None, (), ())


def test_what_a_run_writes_is_what_a_detector_reads() -> None:
    level = LevelSummary(
        kl=1.5, variance=0.8, active_units=0.5, active_units_sigma=1.0, collapsed_fraction=0.25, mutual_information=0.7
    )
    summary = PosteriorSummary(
        levels=(level, level), dimensions=(2, 2), mutual_information=1.1, sample_sets=64.0, sets=640.0, recon=1.25,
        kl_per_dim=(1.0, 0.5, 1.0, 0.5), z_ablation=0.2, beta=0.05, max_beta=0.1,
    )  # fmt: skip
    seen = observation_of(7, summary.to_metrics())
    assert seen is not None
    assert (seen.kl, seen.variance, seen.active_units, seen.active_units_sigma) == (3.0, 0.8, 0.5, 1.0)
    assert (seen.collapsed_fraction, seen.mutual_information, seen.z_ablation) == (0.25, 1.1, 0.2)
    assert (seen.recon, seen.sets, seen.sample_sets, seen.beta, seen.max_beta) == (1.25, 640.0, 64.0, 0.05, 0.1)
    assert seen.kl_per_dim == (1.0, 0.5, 1.0, 0.5)
    assert seen.levels == (LevelObservation(kl=1.5, active_units=0.5),) * 2


def test_lists_where_numbers_belong_are_passed_over() -> None:
    seen = observation_of(5, {"posterior/kl": 2.5, "posterior/variance": (1.0, 2.0), "posterior/kl_per_dim": 3.0})
    assert seen is not None
    assert (seen.variance, seen.kl_per_dim) == (None, ())


def test_numbers_that_are_none_are_named() -> None:
    seen = observation_of(5, {"posterior/kl": math.nan, "posterior/recon": math.inf, "posterior/variance": 1.0})
    assert seen is not None
    assert not seen.finite
    assert seen.not_finite == ("KL", "reconstruction")
