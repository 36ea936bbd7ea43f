"""Diagonal Gaussian posteriors and their divergence from the standard normal prior."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

#: Bound of |log σ²|: σ between e⁻⁵ and e⁵. Approached smoothly, so that the gradient never stops.
LOG_VARIANCE_BOUND = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GaussianPosterior:
    """q(z | set) for one set or many: `mean` and `log_variance`, both float32 (or wider) `[*sets, latent]`."""

    mean: Float[Tensor, "*sets latent"]
    log_variance: Float[Tensor, "*sets latent"]

    def sample(self, generator: torch.Generator | None = None) -> Float[Tensor, "*sets latent"]:
        """Draw z = μ + σ ε with ε from N(0, 1)."""
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return torch.addcmul(self.mean, torch.exp(0.5 * self.log_variance), noise)

    def kl(self) -> Float[Tensor, "*sets latent"]:
        """KL(q ‖ N(0, 1)) of each dimension, nats: ½(μ² + σ² − 1 − ln σ²) (Kingma & Welling 2014, appendix B)."""
        # expm1 keeps the last digits where σ² is near 1, which is where a collapsing posterior lives.
        return 0.5 * (self.mean.square() + torch.expm1(self.log_variance) - self.log_variance)


class PosteriorHead(nn.Module):
    """Pooled sets to a Gaussian posterior."""

    def __init__(self, width: int, latent: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.parameters_of_q = nn.Linear(width, 2 * latent)

    def forward(self, pooled: Float[Tensor, "*sets hidden"]) -> GaussianPosterior:
        """Return q(z | set); computed in at least float32 whatever the autocast type."""
        mean, raw = self.parameters_of_q(self.norm(pooled)).chunk(2, dim=-1)
        if mean.dtype in (torch.float16, torch.bfloat16):
            mean, raw = mean.float(), raw.float()
        return GaussianPosterior(mean=mean, log_variance=LOG_VARIANCE_BOUND * torch.tanh(raw / LOG_VARIANCE_BOUND))
