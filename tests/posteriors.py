"""Posteriors whose statistics are known, and the summary that the streaming statistics make of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.statistics import PosteriorStatistics, read_summary
from seqsetvae.posterior.summary import PosteriorSummary

#: What one training batch hands to the statistics: a posterior per level, and the reconstruction loss.
Batch = tuple[list[GaussianPosterior], Tensor]


def gaussian(mean: Tensor, variance: float = 1.0) -> GaussianPosterior:
    """Return a posterior with these means and one σ² for all."""
    return GaussianPosterior(mean=mean, log_variance=torch.full_like(mean, math.log(variance)))


def batch(*levels: GaussianPosterior | Tensor, recon: float = 1.0) -> Batch:
    """Return a batch; a level that is only means `[sets, dimensions]` has σ² = 1."""
    return [q if isinstance(q, GaussianPosterior) else gaussian(q) for q in levels], torch.tensor(recon)


def statistics_of(*batches: Batch, sample_every: int = 1) -> PosteriorStatistics:
    made = PosteriorStatistics([q.mean.shape[-1] for q in batches[0][0]], sample_every=sample_every)
    for posteriors, recon in batches:
        made.update(posteriors, recon)
    return made


def summary(of: PosteriorStatistics, z_ablation: Tensor | None = None) -> PosteriorSummary:
    return read_summary(of.vector(z_ablation).tolist(), of.dimensions)


def summary_of(*batches: Batch, sample_every: int = 1) -> PosteriorSummary:
    return summary(statistics_of(*batches, sample_every=sample_every))


def random_batches(sizes: Sequence[int], *, dimensions: Sequence[int] = (3, 3), seed: int = 0) -> list[Batch]:
    """Return float64 batches of these many sets, whose μ lie far from 0 so that differences of sums would show."""
    generator = torch.Generator().manual_seed(seed)

    def draw(sets: int, latent: int) -> Tensor:
        return torch.randn(sets, latent, generator=generator, dtype=torch.float64)

    return [
        batch(
            *(GaussianPosterior(mean=30 + 0.3 * draw(n, d), log_variance=draw(n, d) - 2) for d in dimensions),
            recon=float(number),
        )
        for number, n in enumerate(sizes, start=1)
    ]


def independent_gaussians(
    sets: int, latent: int, *, spread: float, variance: float = 1.0, seed: int = 0
) -> GaussianPosterior:
    """Return q(z | set) = N(μ, `variance`) with μ ~ N(0, `spread`) in every dimension.

    z is then N(0, spread + variance), and I(set; z) = ½ · latent · ln(1 + spread / variance).
    """
    generator = torch.Generator().manual_seed(seed)
    return gaussian(math.sqrt(spread) * torch.randn(sets, latent, generator=generator), variance)
