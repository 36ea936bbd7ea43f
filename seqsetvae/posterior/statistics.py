"""Statistics of the posterior over many batches, on the device, in float32, with nothing waiting for the host.

Batches come in with their per-set μ and log σ² and leave as running means and within-batch scatter (Chan et al. 1983,
"Algorithms for Computing the Sample Variance"): no difference of large sums, no per-set storage.

*Active units* (Burda et al. 2016, "Importance Weighted Autoencoders", section 5.1) ask whether Var_x(E[z_j | x]) is
above 0.01. The variance is pooled *within* batches: over a window of training steps μ also moves because the weights
move, and that drift must not pass for information about x.

The *collapsed fraction* (Lucas et al. 2019, "Don't Blame the ELBO!", definition 1) and the mutual information look at
single sets, which costs more than moments do. They are taken from `SAMPLE_SETS` sets of every `sample_every`-th batch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor

from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.mutual_information import log_density_ratios, mutual_information
from seqsetvae.posterior.summary import LevelSummary, PosteriorSummary

#: Threshold of Burda et al. on the variance of μ_j, and of the original code on σ_j².
ACTIVE_VARIANCE = 0.01
#: ε and 1 − δ of (ε, δ)-collapse: a dimension is collapsed where its KL is below ε for this share of sets.
COLLAPSED_KL, COLLAPSED_SHARE = 0.01, 0.99
#: Sets of a batch that the per-set statistics look at, at most; evenly spread over the batch.
SAMPLE_SETS = 128

#: How many numbers of a level travel together, beside its KL per dimension.
LEVEL_NUMBERS = 5


class PosteriorStatistics:
    """Running statistics of a posterior with several levels of `dimensions[level]` latent dimensions each.

    Args:
        dimensions: Latent dimensions of each level.
        device: Where the batches are.
        sample_every: Batches between two that the per-set statistics look at.
    """

    def __init__(self, dimensions: Sequence[int], device: torch.device | str = "cpu", *, sample_every: int = 1) -> None:
        self.dimensions = tuple(dimensions)
        self.sample_every = sample_every
        total, levels = sum(dimensions), len(dimensions)
        #: Running means over sets: KL of each dimension, σ² of each dimension, reconstruction loss.
        self._means = torch.zeros(2 * total + 1, dtype=torch.float32, device=device)
        #: Σ over batches of the squared deviations of μ from its batch mean.
        self._scatter = torch.zeros(total, dtype=torch.float32, device=device)
        #: Sampled sets in which each dimension's KL is below ε; Σ over samples of MI of each level, and of all jointly.
        self._sampled = torch.zeros(total + levels + 1, dtype=torch.float32, device=device)
        #: Batches, sets, degrees of freedom, samples of several sets, sampled sets, Σ over samples of ln of their sets.
        self._counts = [0.0] * 6

    @property
    def sets(self) -> int:
        """Sets taken in since the last reset."""
        return int(self._counts[1])

    def update(self, posteriors: Sequence[GaussianPosterior], recon: Tensor) -> None:
        """Take in one batch: one posterior per level, `[sets, latent]` each, and the batch's reconstruction loss."""
        sets = posteriors[0].mean.shape[0]
        kl, variance, spread = (torch.cat(parts) for parts in zip(*map(_moments, posteriors), strict=True))
        if self._counts[0] % self.sample_every == 0:
            self._sample(posteriors, sets)
        self._counts[0] += 1
        self._counts[1] += sets
        self._counts[2] += sets - 1
        self._means.lerp_(torch.cat((kl, variance, recon.float().view(1))), sets / self._counts[1])
        self._scatter.add_(spread, alpha=sets)

    def _sample(self, posteriors: Sequence[GaussianPosterior], sets: int) -> None:
        """Take the per-set statistics from evenly spaced sets."""
        stride = -(-sets // SAMPLE_SETS)
        # All levels side by side: what is done dimension by dimension is done once.
        thinned = GaussianPosterior(
            mean=torch.cat([q.mean[::stride].float() for q in posteriors], 1),
            log_variance=torch.cat([q.log_variance[::stride].float() for q in posteriors], 1),
        )
        # Counts KL < ε; comparing and summing truth values takes several times as long on a CPU.
        low = torch.relu(COLLAPSED_KL - thinned.kl()).sign_().sum(0)
        parts = (
            torch.split(t, list(self.dimensions), 1) for t in (thinned.mean, thinned.log_variance, thinned.sample())
        )
        ratios = torch.stack(
            [log_density_ratios(GaussianPosterior(mean=m, log_variance=v), z) for m, v, z in zip(*parts, strict=True)]
        )
        information = mutual_information(torch.cat((ratios, ratios.sum(0, keepdim=True))))
        self._sampled.add_(torch.cat((low, information)))
        taken = thinned.mean.shape[0]
        # One set alone has no information to be told from others: it must not pass for a sample that found none.
        self._counts[3] += taken > 1
        self._counts[4] += taken
        self._counts[5] += math.log(taken)

    def vector(self, z_ablation: Tensor | None = None) -> Float[Tensor, " summary"]:
        """Return the summary as one device tensor, for a single copy to the host; see `read_summary`.

        Under distributed training the statistics are first reduced over all ranks, which must all call this together.

        Args:
            z_ablation: This rank's measurement, where one was made.
        """
        ablation = torch.zeros(2, device=self._means.device)
        if z_ablation is not None:
            ablation = torch.stack((z_ablation.float(), torch.ones_like(z_ablation, dtype=torch.float32)))
        means, scatter, sampled, counts, ablation = self._reduced(ablation)
        total = sum(self.dimensions)
        kl, variance, recon = torch.split(means, [total, total, 1])
        low, information = torch.split(sampled, [total, len(self.dimensions) + 1])
        samples = counts[3].clamp(min=1)
        # NaN lies on neither side of a threshold; without this it would pass for inactive, and for not collapsed.
        shares = torch.stack(
            (
                scatter / counts[2].clamp(min=1) > ACTIVE_VARIANCE,
                variance > ACTIVE_VARIANCE,
                low >= COLLAPSED_SHARE * counts[4],
            )
        ).float()
        shares.masked_fill_(kl.isnan(), math.nan)
        split = [torch.split(part, list(self.dimensions)) for part in (kl, variance, *shares)]
        parts = [
            torch.stack((k.sum(), v.mean(), active.mean(), sigma.mean(), collapsed.mean()))
            for k, v, active, sigma, collapsed in zip(*split, strict=True)
        ]
        return torch.cat((counts, ablation, recon, information / samples, *parts, kl))

    def reset(self) -> None:
        """Forget everything."""
        for tensor in (self._means, self._scatter, self._sampled):
            tensor.zero_()
        self._counts = [0.0] * len(self._counts)

    def state_dict(self) -> dict[str, Any]:
        """Return what has been taken in, for a checkpoint."""
        return {
            "dimensions": list(self.dimensions),
            "means": self._means.cpu().clone(),
            "scatter": self._scatter.cpu().clone(),
            "sampled": self._sampled.cpu().clone(),
            "counts": list(self._counts),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`.

        Raises:
            ValueError: it belongs to other numbers of dimensions.
        """
        if tuple(state["dimensions"]) != self.dimensions:
            raise ValueError(
                f"statistics of levels with {_listed(state['dimensions'])} dimensions cannot continue a model with "
                f"{_listed(self.dimensions)}; start without them, or from a checkpoint of this model"
            )
        self._means.copy_(state["means"])
        self._scatter.copy_(state["scatter"])
        self._sampled.copy_(state["sampled"])
        self._counts = [float(count) for count in state["counts"]]

    def _reduced(self, ablation: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        # Filled on the device: a copy from the host would wait for it.
        counts = torch.stack([self._means.new_full((), count) for count in self._counts])
        sums = torch.cat((self._means * self._counts[1], self._scatter, self._sampled, counts, ablation))
        if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
            dist.all_reduce(sums)
        means, scatter, sampled, counts, ablation = torch.split(
            sums, [len(self._means), len(self._scatter), len(self._sampled), len(counts), len(ablation)]
        )
        return means / counts[1].clamp(min=1), scatter, sampled, counts, ablation


def _moments(posterior: GaussianPosterior) -> tuple[Tensor, Tensor, Tensor]:
    """Return, for each dimension, the mean KL, the mean σ² and the variance of μ over a batch's sets."""
    mean, log_variance = posterior.mean.float(), posterior.log_variance.float()
    centre = mean.mean(0)
    # Two plain passes: torch.var_mean over the first axis takes twenty times as long on a CPU.
    spread = (mean - centre).square_().mean(0)
    # 1 is taken off before the mean: a σ² near 1, where a collapsing posterior lives, keeps its digits to within 6e-8.
    # torch.expm1 would keep them all, and take as long as the rest of this.
    excess = torch.exp(log_variance).sub_(1.0).mean(0)
    # E[KL] from moments: ½(Var μ + (E μ)² + E σ² − 1 − E ln σ²).
    kl = 0.5 * (spread + centre.square() + excess - log_variance.mean(0))
    return kl, excess + 1.0, spread


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def read_summary(values: Sequence[float], dimensions: Sequence[int]) -> PosteriorSummary:
    """Return the summary that `PosteriorStatistics.vector` packed, from its values on the host.

    What the batches could not tell is None: a variance of single sets, the information of samples of one set.
    """
    levels = len(dimensions)
    _, sets, freedom, samples, sampled_sets, log_sets = values[:6]
    ablation, ablated, recon, rest = values[6], values[7], values[8], values[9:]
    information, rest = rest[: levels + 1], rest[levels + 1 :]
    packed, kl = rest[: LEVEL_NUMBERS * levels], tuple(rest[LEVEL_NUMBERS * levels :])
    told = log_sets > 0.0

    def level(index: int) -> LevelSummary:
        kl_sum, variance, active, sigma, collapsed = packed[LEVEL_NUMBERS * index : LEVEL_NUMBERS * (index + 1)]
        return LevelSummary(
            kl=kl_sum,
            variance=variance,
            active_units=active if freedom > 0 else None,
            active_units_sigma=sigma,
            collapsed_fraction=collapsed if sampled_sets > 0 else None,
            mutual_information=information[index] if told else None,
        )

    each = tuple(level(index) for index in range(levels))
    return PosteriorSummary(
        levels=each,
        dimensions=tuple(dimensions),
        mutual_information=information[-1] if told else None,
        sample_sets=math.exp(log_sets / samples) if told else None,
        sets=sets,
        recon=recon,
        kl_per_dim=kl,
        z_ablation=ablation / ablated if ablated > 0 else None,
    )
