"""The estimate of mutual information against the closed form of independent Gaussians, and against its definition."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.mutual_information import log_density_ratios, mutual_information
from tests.posteriors import gaussian, independent_gaussians

#: Sets of a sample, as in training.
SETS = 128


def estimate(posterior: GaussianPosterior, *, seed: int = 0) -> float:
    torch.manual_seed(seed)
    return float(mutual_information(log_density_ratios(posterior, posterior.sample())))


def mean_estimate(latent: int, *, spread: float, variance: float, samples: int = 200) -> float:
    """Return the mean over samples of `SETS` sets, as a check averages over the batches since the last."""
    drawn = [
        estimate(independent_gaussians(SETS, latent, spread=spread, variance=variance, seed=seed), seed=1000 + seed)
        for seed in range(samples)
    ]
    return math.fsum(drawn) / samples


@pytest.mark.parametrize(
    ("latent", "spread", "variance"), [(1, 0.1, 1.0), (1, 1.0, 1.0), (4, 0.05, 0.5), (2, 0.5, 0.5), (8, 0.01, 1.0)]
)
def test_well_below_the_logarithm_of_the_sample_it_is_that_of_gaussians(
    latent: int, spread: float, variance: float
) -> None:
    """I = d/2 · ln(1 + s²/σ²), from 0.04 to 0.7 nats; the mean of 200 samples has a standard error below 0.005."""
    truth = 0.5 * latent * math.log1p(spread / variance)
    assert mean_estimate(latent, spread=spread, variance=variance) == pytest.approx(truth, abs=0.02)


def test_far_above_it_says_that_all_sets_are_distinguished() -> None:
    """The truth is 118 nats; a sample of 128 sets can show ln 128."""
    found = estimate(independent_gaussians(SETS, 32, spread=10.0, variance=0.00625))
    assert found == pytest.approx(math.log(SETS), abs=1e-5)
    assert found <= math.log(SETS) + 1e-6


def test_in_between_it_is_too_low_and_never_too_high() -> None:
    """The truth is 5.5 nats, above ln 128 = 4.85."""
    assert 3.5 < mean_estimate(16, spread=1.0, variance=1.0, samples=20) < math.log(SETS)


@pytest.mark.parametrize("variance", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("mean", [0.0, 0.1, 1e3])
def test_equal_posteriors_give_exactly_zero(mean: float, variance: float) -> None:
    """Whatever they are: σ² of the prior or not, and a mean that float32 cannot hold."""
    assert estimate(gaussian(torch.full((100, 16), mean), variance)) == 0.0


def test_a_shift_of_all_means_changes_nothing() -> None:
    """Without centring, products of 1e6 would leave no digit of the differences."""
    here = independent_gaussians(SETS, 8, spread=0.1)
    there = GaussianPosterior(mean=here.mean + 1e3, log_variance=here.log_variance)
    assert estimate(there) == pytest.approx(estimate(here), abs=1e-3)


def test_one_set_has_nothing_to_be_distinguished_from() -> None:
    assert estimate(gaussian(torch.ones(1, 4))) == 0.0


def test_posteriors_of_different_widths_count() -> None:
    """All means are 0: sets differ in σ² alone, and are distinguished by how far z lies from it."""
    log_variance = torch.tensor([-4.0, 4.0]).repeat(SETS // 2)[:, None].expand(SETS, 8)
    narrow_and_wide = GaussianPosterior(mean=torch.zeros(SETS, 8), log_variance=log_variance)
    assert estimate(narrow_and_wide) == pytest.approx(math.log(2), abs=0.02)


def by_definition(posterior: GaussianPosterior, z: Tensor) -> float:
    """ln q(z_n | n) − ln (1/N) Σ_m q(z_n | m), density by density in float64."""
    q = Normal(posterior.mean.double(), (0.5 * posterior.log_variance.double()).exp())
    densities = q.log_prob(z.double()[:, None, :]).sum(-1)  # type: ignore[no-untyped-call]
    aggregate = torch.logsumexp(densities, 1) - math.log(len(z))
    return float((densities.diagonal() - aggregate).mean())


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_the_definition_says(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mean, log_variance = (torch.randn(40, 6, generator=generator) for _ in range(2))
    posterior = GaussianPosterior(mean=3 + mean, log_variance=log_variance - 1)
    z = posterior.sample(generator)
    found = float(mutual_information(log_density_ratios(posterior, z)))
    assert found == pytest.approx(by_definition(posterior, z), abs=1e-5)


def test_levels_together_are_one_posterior_of_all_their_dimensions() -> None:
    """Levels are independent given the set, so that their log density ratios add up (to a term of the draw alone)."""
    generator = torch.Generator().manual_seed(0)
    whole = independent_gaussians(30, 5, spread=0.5)
    z = whole.sample(generator)
    parts = [slice(0, 2), slice(2, 5)]
    levels = [GaussianPosterior(mean=whole.mean[:, d], log_variance=whole.log_variance[:, d]) for d in parts]
    ratios = sum(log_density_ratios(q, z[:, d]) for q, d in zip(levels, parts, strict=True))
    assert isinstance(ratios, Tensor)
    assert float(mutual_information(ratios)) == pytest.approx(by_definition(whole, z), abs=1e-5)
