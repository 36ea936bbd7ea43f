"""A posterior is measured beside its own prior: fixed, learned, conditional, a mixture, or samples of one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal, kl_divergence

from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.prior import PriorCoordinates

SETS, LATENT = 5, 3


def posterior(seed: int = 0) -> GaussianPosterior:
    draw = torch.Generator().manual_seed(seed)
    return GaussianPosterior(
        mean=torch.randn(SETS, LATENT, generator=draw, dtype=torch.float64),
        log_variance=torch.randn(SETS, LATENT, generator=draw, dtype=torch.float64),
    )


def normal(q: GaussianPosterior) -> Normal:
    return Normal(q.mean, torch.exp(0.5 * q.log_variance))


@pytest.mark.parametrize("shape", [(LATENT,), (1, LATENT), (SETS, LATENT)])
def test_kl_is_that_from_a_gaussian_prior(shape: tuple[int, ...]) -> None:
    q, draw = posterior(), torch.Generator().manual_seed(7)
    mean = torch.randn(shape, generator=draw, dtype=torch.float64)
    log_variance = torch.randn(shape, generator=draw, dtype=torch.float64)
    prior = Normal(mean, torch.exp(0.5 * log_variance))
    expected = kl_divergence(normal(q), prior)
    for given in (prior, Independent(prior, 1), (mean, log_variance), {"mu": mean, "logvar": log_variance}):
        (relative,) = PriorCoordinates().relative([q], given)  # type: ignore[arg-type]
        torch.testing.assert_close(relative.kl(), expected)


def test_no_prior_is_the_standard_normal() -> None:
    q = posterior()
    assert PriorCoordinates().relative([q], None) == [q]


def test_a_mixture_counts_by_its_moments() -> None:
    means = torch.tensor([[-2.0] * LATENT, [2.0] * LATENT], dtype=torch.float64)
    mixture = MixtureSameFamily(Categorical(torch.ones(2)), Independent(Normal(means, 1.0), 1))
    (relative,) = PriorCoordinates().relative([posterior()], mixture)
    expected = kl_divergence(normal(posterior()), Normal(torch.zeros(LATENT).double(), 5.0**0.5))
    torch.testing.assert_close(relative.kl(), expected, atol=1e-5, rtol=1e-5)


def test_samples_count_by_their_moments() -> None:
    samples = 3.0 + 2.0 * torch.randn(40_000, LATENT, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    (relative,) = PriorCoordinates().relative([posterior()], samples)
    torch.testing.assert_close(relative.kl(), kl_divergence(normal(posterior()), Normal(3.0, 2.0)), atol=0.1, rtol=0.1)


def test_each_level_has_its_own_prior() -> None:
    first, second = PriorCoordinates().relative([posterior(1), posterior(2)], [None, Normal(torch.zeros(LATENT), 2.0)])
    torch.testing.assert_close(first.mean, posterior(1).mean)
    torch.testing.assert_close(second.mean, posterior(2).mean / 2.0)


@pytest.mark.parametrize(
    ("prior", "sentence"),
    [
        (Normal(torch.zeros(LATENT + 1), 1.0), r"prior= has shape \[4\] and the posterior \[5, 3\]"),
        ("standard", "prior= is str"),
        ([None, None], "prior= has 2 entries for 1 latent levels"),
    ],
)
def test_a_prior_that_does_not_fit_is_a_sentence(prior: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        PriorCoordinates().relative([posterior()], prior)
