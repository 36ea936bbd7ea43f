"""Posteriors measured against a prior that is not N(0, 1): in the prior's own coordinates, where it is.

For a Gaussian prior N(m, s²), learned or conditional, KL(q ‖ p) is the divergence of N((μ − m)/s, σ²/s²) from N(0, 1),
dimension by dimension, and what is said of active units and variances then holds beside the prior's scale. Any other
prior (a mixture, samples of one) is replaced by the Gaussian of the same mean and variance: KL is then that from this
Gaussian, which is still at least the mutual information.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.distributions import Distribution

from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.gaussian_conversion import GaussianConversion, as_sets

#: What a prior may be given as: None is N(0, 1) of every level.
PriorLike = (
    Distribution | Tensor | GaussianPosterior | Sequence["Distribution | Tensor | GaussianPosterior | None"] | None
)


class PriorCoordinates:
    """Moves posteriors into the coordinates of their prior."""

    def __init__(self) -> None:
        self._conversion = GaussianConversion()

    def relative(
        self, posteriors: Sequence[GaussianPosterior], prior: PriorLike, mask: Tensor | None = None
    ) -> list[GaussianPosterior]:
        """Return posteriors `[sets, latent]` beside N(0, 1).

        Args:
            posteriors: One a level.
            prior: A distribution; samples `[draws, latent]`; a pair (μ, log σ²), `[latent]` or like the posterior; or
                a list of these, one a level (None = N(0, 1)).
            mask: That of the posteriors, for a conditional prior `[batch, time, latent]`.

        Raises:
            InputError: the prior does not fit the posterior.
        """
        if prior is None:
            return list(posteriors)
        of_levels = self._levels(prior, len(posteriors))
        return [
            q if p is None else _standardized(q, self._gaussian(p, level), mask)
            for level, (q, p) in enumerate(zip(posteriors, of_levels, strict=True))
        ]

    def _levels(self, prior: PriorLike, levels: int) -> Sequence[object]:
        pair = isinstance(prior, list | tuple) and len(prior) == 2 and all(isinstance(p, Tensor) for p in prior)
        if isinstance(prior, list | tuple) and not (pair and levels == 1):
            if len(prior) != levels:
                raise InputError(
                    "prior= has {given} entries for {levels} latent levels; give one a level, None for N(0, 1)",
                    given=len(prior), levels=levels,
                )  # fmt: skip
            return prior
        return [prior] * levels

    def _gaussian(self, prior: object, level: int) -> GaussianPosterior:
        if isinstance(prior, Tensor):
            variance, mean = torch.var_mean(prior.detach().float().reshape(-1, prior.shape[-1]), dim=0)
            return GaussianPosterior(mean=mean, log_variance=variance.clamp(min=1e-12).log())
        found = self._conversion.levels_of(_pair_with_batch(prior), (level,))
        if len(found) != 1:
            raise InputError(
                "prior= is {kind}; give a torch distribution, samples [draws, latent], a pair (mean, log_variance), or "
                "a function (module, outputs, batch) that returns one of them",
                kind=type(prior).__name__,
            )
        return found[0]


def _pair_with_batch(prior: object) -> object:
    """Return a pair of vectors as one of single rows, which the conversion understands."""
    if isinstance(prior, list | tuple) and all(isinstance(part, Tensor) and part.dim() == 1 for part in prior):
        return type(prior)(part[None] for part in prior)
    return prior


def _standardized(q: GaussianPosterior, p: GaussianPosterior, mask: Tensor | None) -> GaussianPosterior:
    if p.mean.dim() > 2 or p.mean.shape[:1] == q.mean.shape[:1]:
        p = as_sets(p, mask)
    try:
        mean, log_variance = torch.broadcast_to(p.mean, q.mean.shape), torch.broadcast_to(p.log_variance, q.mean.shape)
    except RuntimeError as error:
        raise InputError(
            "prior= has shape {prior} and the posterior {posterior}; give [latent], or a prior for each set",
            prior=list(p.mean.shape), posterior=list(q.mean.shape),
        ) from error  # fmt: skip
    return GaussianPosterior(
        mean=(q.mean - mean) * torch.exp(-0.5 * log_variance), log_variance=q.log_variance - log_variance
    )
