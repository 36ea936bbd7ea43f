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

from seqsetvae.model.gaussian import GaussianPosterior

#: Logarithm of a density ratio that adds nothing to a sum in which the largest is 1.
NEGLIGIBLE = -80.0


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
    products = torch.addmm(-0.5 * (constant - constant[:1]), z, (weighted - weighted[:1]).T)
    return torch.addmm(products, z.square(), (precision - precision[:1]).T, alpha=-0.5)


def mutual_information(ratios: Float[Tensor, "*levels sets sets_of_posterior"]) -> Float[Tensor, "*levels"]:
    """Return the estimate, nats, from `log_density_ratios` (or a sum of them over independent levels)."""
    # Relative to the highest, which may be so large that float32 would lose ln N beside it.
    ratios = ratios - ratios.amax(-1, keepdim=True)
    # Below NEGLIGIBLE float32 has only subnormal numbers, which take a CPU twenty times as long.
    aggregate = torch.log(torch.exp(ratios.clamp(min=NEGLIGIBLE)).mean(-1))
    return (ratios.diagonal(dim1=-2, dim2=-1) - aggregate).mean(-1)
