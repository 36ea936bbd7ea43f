"""The posterior's divergence and its samples, against closed forms computed elsewhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence

from seqsetvae.model.gaussian import LOG_VARIANCE_BOUND, GaussianPosterior, PosteriorHead
from tests import tiny


def random_posterior() -> GaussianPosterior:
    generator = torch.Generator().manual_seed(0)
    return GaussianPosterior(
        mean=2 * torch.randn(7, 5, dtype=torch.float64, generator=generator),
        log_variance=2 * torch.randn(7, 5, dtype=torch.float64, generator=generator),
    )


def test_kl_is_that_of_torch_distributions() -> None:
    q = random_posterior()
    prior = Normal(torch.zeros((), dtype=torch.float64), 1.0)
    tiny.assert_close(q.kl(), kl_divergence(Normal(q.mean, (0.5 * q.log_variance).exp()), prior), 1e-12)


def test_kl_of_the_prior_is_exactly_zero() -> None:
    q = GaussianPosterior(mean=torch.zeros(2, 3), log_variance=torch.zeros(2, 3))
    tiny.assert_equal(q.kl(), torch.zeros(2, 3))


@pytest.mark.parametrize("log_variance", [1e-2, 1e-3, -1e-3, 1e-4, -1e-5])
def test_float32_kl_keeps_its_digits_where_the_variance_is_near_one(log_variance: float) -> None:
    """`exp(l) − 1 − l` in float32 is off by 3e-8 whatever l, which is all of the KL of a dimension with l = 3e-4."""
    exact = log_variance**2 / 4 * (1 + log_variance / 3 + log_variance**2 / 12)
    q = GaussianPosterior(mean=torch.zeros(1, 1), log_variance=torch.full((1, 1), log_variance))
    assert abs(q.kl().item() - exact) < 1.2e-7 * abs(log_variance)


def test_samples_have_the_mean_and_the_variance_of_the_posterior() -> None:
    q = GaussianPosterior(
        mean=torch.tensor([[-3.0, 0.0, 2.0]]).expand(40_000, 3),
        log_variance=torch.tensor([[-4.0, 0.0, 2.0]]).expand(40_000, 3),
    )
    z = q.sample(torch.Generator().manual_seed(0))
    error = (z.mean(0) - q.mean[0]) / (0.5 * q.log_variance[0]).exp()
    assert error.abs().max() < 4 / 40_000**0.5  # four standard errors
    assert (z.var(0) / q.log_variance[0].exp() - 1).abs().max() < 4 * (2 / 40_000) ** 0.5


def test_a_generator_makes_samples_repeatable() -> None:
    q = random_posterior()
    first, same, other = (q.sample(torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    tiny.assert_equal(first, same)
    assert not first.equal(other)


def test_gradients_reach_both_parameters_through_a_sample() -> None:
    """z = μ + σ ε: dz/dμ = 1 and dz/d(log σ²) = ½ (z − μ)."""
    q = random_posterior()
    mean, log_variance = q.mean.requires_grad_(), q.log_variance.requires_grad_()
    z = GaussianPosterior(mean=mean, log_variance=log_variance).sample(torch.Generator().manual_seed(0))
    by_mean, by_log_variance = torch.autograd.grad(z.sum(), (mean, log_variance))
    tiny.assert_close(by_mean, torch.ones_like(mean))
    tiny.assert_close(by_log_variance, 0.5 * (z - mean))


class TestPosteriorHead:
    def head(self, raw: float) -> tuple[PosteriorHead, Tensor]:
        """Return a head that says μ = raw and, unbounded, log σ² = raw."""
        head = PosteriorHead(4, 3)
        torch.nn.init.zeros_(head.parameters_of_q.weight)
        torch.nn.init.constant_(head.parameters_of_q.bias, raw)
        return head, torch.randn(2, 4, generator=torch.Generator().manual_seed(0))

    @pytest.mark.parametrize("raw", [-1e4, -30.0, 30.0, 1e4])
    def test_bounds_the_variance_and_not_the_mean(self, raw: float) -> None:
        head, pooled = self.head(raw)
        q = head(pooled)
        assert (q.mean == raw).all()
        assert q.log_variance.abs().max() <= LOG_VARIANCE_BOUND
        assert q.kl().isfinite().all()

    def test_leaves_moderate_variances_nearly_as_they_are(self) -> None:
        head, pooled = self.head(1.0)
        assert head(pooled).log_variance.sub(1.0).abs().max() < 4e-3

    def test_never_stops_the_gradient_before_the_bound(self) -> None:
        head, pooled = self.head(25.0)
        gradient = torch.autograd.grad(head(pooled).log_variance.sum(), head.parameters_of_q.bias)[0]
        assert (gradient[3:] > 0).all()
