"""Statistics of the posterior over many batches, on the device, in float32, with nothing waiting for the host.

Batches come in with their per-set μ and log σ² and leave as running means and within-batch scatter (Chan et al. 1983,
"Algorithms for Computing the Sample Variance"): no difference of large sums, no per-set storage.

*Active units* (Burda et al. 2016, "Importance Weighted Autoencoders", section 5.1) ask whether Var_x(E[z_j | x]) is
above 0.01. The variance is pooled *within* batches: over a window of training steps μ also moves because the weights
move, and that drift must not pass for information about x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor

from seqsetvae.model.posterior import GaussianPosterior

#: Threshold of Burda et al. on the variance of μ_j, and of the original code on σ_j².
ACTIVE_VARIANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorSummary:
    """One check of the posterior; names and units are those of the stream's `posterior/` group.

    Attributes:
        kl: Σ_j KL_j, nats a set, raw.
        variance: Mean σ² over sets and dimensions.
        active_units_sigma: Share of dimensions whose mean σ² is above 0.01; reads 1 under total collapse.
        active_units: Share of dimensions whose μ varies between sets.
        recon: Reconstruction loss.
        kl_per_dim: KL of each dimension, nats.
    """

    kl: float
    variance: float
    active_units_sigma: float
    active_units: float
    recon: float
    kl_per_dim: tuple[float, ...]

    def to_metrics(self) -> dict[str, float | list[float]]:
        """Return the stream's names and values."""
        return {
            "posterior/kl": self.kl,
            "posterior/variance": self.variance,
            "posterior/active_units_sigma": self.active_units_sigma,
            "posterior/active_units": self.active_units,
            "posterior/recon": self.recon,
            "posterior/kl_per_dim": list(self.kl_per_dim),
        }


class PosteriorStatistics:
    """Running statistics of `dimensions` latent dimensions (of all levels, first level first)."""

    def __init__(self, dimensions: int, device: torch.device | str = "cpu") -> None:
        self.dimensions = dimensions
        #: Running means over sets: KL of each dimension, σ² of each dimension, reconstruction loss.
        self._means = torch.zeros(2 * dimensions + 1, dtype=torch.float32, device=device)
        #: Σ over batches of the squared deviations of μ from its batch mean.
        self._scatter = torch.zeros(dimensions, dtype=torch.float32, device=device)
        self._sets = 0
        self._degrees_of_freedom = 0

    @property
    def sets(self) -> int:
        """Sets taken in since the last reset."""
        return self._sets

    def update(self, posteriors: Sequence[GaussianPosterior], recon: Tensor) -> None:
        """Take in one batch: one posterior per level, `[sets, latent]` each, and the batch's reconstruction loss."""
        sets = posteriors[0].mean.shape[0]
        kl, variance, spread = (torch.cat(parts) for parts in zip(*map(_moments, posteriors), strict=True))
        self._sets += sets
        self._degrees_of_freedom += sets - 1
        self._means.lerp_(torch.cat((kl, variance, recon.float().view(1))), sets / self._sets)
        self._scatter.add_(spread, alpha=sets)

    def vector(self) -> Float[Tensor, " summary"]:
        """Return the summary as one device tensor, for a single copy to the host; see `read_summary`.

        Under distributed training the statistics are first reduced over all ranks, which must all call this together.
        """
        means, scatter, freedom = self._reduced()
        kl, variance, recon = torch.split(means, [self.dimensions, self.dimensions, 1])
        variance_of_mean = scatter / freedom
        scalars = (
            kl.sum(),
            variance.mean(),
            (variance > ACTIVE_VARIANCE).float().mean(),
            (variance_of_mean > ACTIVE_VARIANCE).float().mean(),
            recon[0],
        )
        return torch.cat((torch.stack(scalars), kl))

    def reset(self) -> None:
        """Forget everything."""
        self._means.zero_()
        self._scatter.zero_()
        self._sets = self._degrees_of_freedom = 0

    def state_dict(self) -> dict[str, Tensor | int]:
        """Return what has been taken in, for a checkpoint."""
        return {
            "means": self._means.cpu().clone(),
            "scatter": self._scatter.cpu().clone(),
            "sets": self._sets,
            "degrees_of_freedom": self._degrees_of_freedom,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`.

        Raises:
            ValueError: it belongs to another number of dimensions.
        """
        if state["scatter"].shape != self._scatter.shape:
            raise ValueError(f"statistics of {len(state['scatter'])} dimensions cannot continue {self.dimensions}")
        self._means.copy_(state["means"])
        self._scatter.copy_(state["scatter"])
        self._sets = int(state["sets"])
        self._degrees_of_freedom = int(state["degrees_of_freedom"])

    def _reduced(self) -> tuple[Tensor, Tensor, Tensor]:
        counts = self._means.new_tensor([self._sets, self._degrees_of_freedom])
        sums = torch.cat((self._means * self._sets, self._scatter, counts))
        if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
            dist.all_reduce(sums)
        means, scatter, sets, freedom = torch.split(sums, [len(self._means), self.dimensions, 1, 1])
        return means / sets.clamp(min=1), scatter, freedom.clamp(min=1)


def _moments(posterior: GaussianPosterior) -> tuple[Tensor, Tensor, Tensor]:
    """Return, for each dimension, the mean KL, the mean σ² and the variance of μ over a batch's sets."""
    mean, log_variance = posterior.mean.float(), posterior.log_variance.float()
    centre = mean.mean(0)
    # Two plain passes: torch.var_mean over the first axis takes twenty times as long on a CPU.
    spread = (mean - centre).square().mean(0)
    variance = log_variance.exp().mean(0)
    # E[KL] from moments: ½(Var μ + (E μ)² + E σ² − 1 − E ln σ²).
    kl = 0.5 * (spread + centre.square() + variance - 1.0 - log_variance.mean(0))
    return kl, variance, spread


def read_summary(values: Sequence[float]) -> PosteriorSummary:
    """Return the summary that `PosteriorStatistics.vector` packed, from its values on the host."""
    kl, variance, active_units_sigma, active_units, recon, *kl_per_dim = values
    return PosteriorSummary(
        kl=kl,
        variance=variance,
        active_units_sigma=active_units_sigma,
        active_units=active_units,
        recon=recon,
        kl_per_dim=tuple(kl_per_dim),
    )
