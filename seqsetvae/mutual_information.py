"""Mutual information between sets and latents, estimated from one sample of sets.

    I(n; z) = E_n E_{q(z|n)} [ln q(z|n) − ln (1/N) Σ_m q(z|m)]

(Hoffman & Johnson 2016, "ELBO surgery", section 2: the index-code mutual information.) One z is drawn for each of the
N sets of the sample, and the aggregate posterior is that of the same sample. The estimate is 0 when all posteriors are
equal and at most ln N, whatever the truth.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from seqsetvae.model.posterior import GaussianPosterior


def log_density_ratios(
    posterior: GaussianPosterior, z: Float[Tensor, "sets latent"]
) -> Float[Tensor, "sets sets_of_posterior"]:
    """Return ln q(z_n | m) up to a term that depends on n alone, for every draw n and posterior m.

    The differences to the first posterior are what is multiplied, so that equal posteriors give exact zeros, and the
    draws are centred, so that a common shift of all means costs no digits.
    """
    centre = posterior.mean.mean(0)
    mean, z = posterior.mean - centre, z - centre
    precision = torch.exp(-posterior.log_variance)
    weighted = mean * precision
    constant = (mean * weighted + posterior.log_variance).sum(1)
    squares = z.square() @ (precision - precision[:1]).T
    products = z @ (weighted - weighted[:1]).T
    return products - 0.5 * (squares + constant - constant[:1])


def mutual_information(ratios: Float[Tensor, "sets sets_of_posterior"]) -> Float[Tensor, ""]:
    """Return the estimate, nats, from `log_density_ratios` (or a sum of them over independent levels)."""
    highest = ratios.amax(1, keepdim=True)
    aggregate = highest[:, 0] + torch.log(torch.exp(ratios - highest).mean(1))
    return (ratios.diagonal() - aggregate).mean()
