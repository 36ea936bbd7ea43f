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
from seqsetvae.posterior.vector_layout import VectorLayout

#: Threshold of Burda et al. on the variance of μ_j, and of the original code on σ_j².
ACTIVE_VARIANCE = 0.01
#: ε and 1 − δ of (ε, δ)-collapse: a dimension is collapsed where its KL is below ε for this share of sets.
COLLAPSED_KL, COLLAPSED_SHARE = 0.01, 0.99
#: Sets of a batch that the per-set statistics look at, at most; evenly spread over the batch.
SAMPLE_SETS = 128

#: What is counted on the host: batches, sets, degrees of freedom, samples of several sets, sampled sets, and the sum
#: over samples of ln of their sets.
COUNTS = ("batches", "sets", "freedom", "samples", "sampled_sets", "log_sample_sets")


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
        #: Running means over sets.
        self._mean_parts = VectorLayout({"kl_per_dim": total, "variance_per_dim": total, "recon": 1})
        #: Sampled sets in which a dimension's KL is below ε; sums over samples of MI, of each level and of all.
        self._sampled_parts = VectorLayout({"low": total, "information": levels + 1})
        self._means = torch.zeros(2 * total + 1, dtype=torch.float32, device=device)
        #: Sum over batches of the squared deviations of μ from its batch mean.
        self._scatter = torch.zeros(total, dtype=torch.float32, device=device)
        self._sampled = torch.zeros(total + levels + 1, dtype=torch.float32, device=device)
        self._counts = dict.fromkeys(COUNTS, 0.0)

    @property
    def sets(self) -> int:
        """Sets since the last reset."""
        return int(self._counts["sets"])

    def update(self, posteriors: Sequence[GaussianPosterior], recon: Tensor | None = None) -> None:
        """Add one batch: one posterior per level, `[sets, latent]` each, and the batch's reconstruction loss.

        Without a loss, that of the summary means nothing.
        """
        sets = posteriors[0].mean.shape[0]
        kl, variance, spread = (torch.cat(parts) for parts in zip(*map(_moments, posteriors), strict=True))
        if self._counts["batches"] % self.sample_every == 0:
            self._sample(posteriors, sets)
        self._counts["batches"] += 1
        self._counts["sets"] += sets
        self._counts["freedom"] += sets - 1
        loss = kl.new_zeros(1) if recon is None else recon.float()
        means = self._mean_parts.pack({"kl_per_dim": kl, "variance_per_dim": variance, "recon": loss})
        self._means.lerp_(means, sets / self._counts["sets"])
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
        self._sampled.add_(self._sampled_parts.pack({"low": low, "information": information}))
        sampled = thinned.mean.shape[0]
        # One set has no mutual information: it must not count as a sample that found none.
        self._counts["samples"] += sampled > 1
        self._counts["sampled_sets"] += sampled
        self._counts["log_sample_sets"] += math.log(sampled)

    def vector(self, z_ablation: Tensor | None = None) -> Float[Tensor, " summary"]:
        """Return the summary as one device tensor, for a single copy to the host; see `read_summary`.

        Under distributed training the statistics are first reduced over all ranks, which must all call this together.

        Args:
            z_ablation: This rank's measurement, where one was made.
        """
        sums = self._sums_over_ranks(z_ablation)
        means = self._mean_parts.split(sums["means"] / sums["sets"].clamp(min=1))
        sampled = self._sampled_parts.split(sums["sampled"])
        kl, variance = means["kl_per_dim"], means["variance_per_dim"]
        active = sums["scatter"] / sums["freedom"].clamp(min=1) > ACTIVE_VARIANCE
        collapsed = sampled["low"] >= COLLAPSED_SHARE * sums["sampled_sets"]
        # NaN is on neither side of a threshold: without this it would count as inactive, and as not collapsed.
        shares = torch.stack((active, variance > ACTIVE_VARIANCE, collapsed)).float().masked_fill_(kl.isnan(), math.nan)
        levels = list(self.dimensions)

        def mean_of_levels(values: Tensor) -> Tensor:
            return torch.stack([part.mean() for part in torch.split(values, levels)])

        return summary_layout(self.dimensions).pack(
            {
                **{name: sums[name] for name in (*COUNTS, "ablation_sum", "ablations")},
                "recon": means["recon"],
                "information": sampled["information"] / sums["samples"].clamp(min=1),
                "kl": torch.stack([part.sum() for part in torch.split(kl, levels)]),
                "variance": mean_of_levels(variance),
                "active_units": mean_of_levels(shares[0]),
                "active_units_sigma": mean_of_levels(shares[1]),
                "collapsed_fraction": mean_of_levels(shares[2]),
                "kl_per_dim": kl,
            }
        )

    def reset(self) -> None:
        """Start again without batches."""
        for tensor in (self._means, self._scatter, self._sampled):
            tensor.zero_()
        self._counts = dict.fromkeys(COUNTS, 0.0)

    def state_dict(self) -> dict[str, Any]:
        """Return the statistics so far, for a checkpoint."""
        return {
            "dimensions": list(self.dimensions),
            "means": self._means.cpu().clone(),
            "scatter": self._scatter.cpu().clone(),
            "sampled": self._sampled.cpu().clone(),
            "counts": list(self._counts.values()),
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
        self._counts = dict(zip(COUNTS, map(float, state["counts"]), strict=True))

    def _sums_over_ranks(self, z_ablation: Tensor | None) -> dict[str, Tensor]:
        """Return sums over all ranks, by name, in one exchange; means are weighted by sets until then."""
        nothing = self._means.new_zeros(1)
        parts = {
            "means": self._means * self._counts["sets"],
            "scatter": self._scatter,
            "sampled": self._sampled,
            # Filled on the device: a copy from the host would wait for it.
            **{name: self._means.new_full((1,), count) for name, count in self._counts.items()},
            "ablation_sum": nothing if z_ablation is None else z_ablation.float().view(1),
            "ablations": nothing if z_ablation is None else torch.ones_like(nothing),
        }
        layout = VectorLayout({name: part.numel() for name, part in parts.items()})
        sums = layout.pack(parts)
        if dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1:
            dist.all_reduce(sums)
        return layout.split(sums)


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


def summary_layout(dimensions: Sequence[int]) -> VectorLayout:
    """Return the parts of `PosteriorStatistics.vector` for levels of that many latent dimensions."""
    levels = len(dimensions)
    return VectorLayout(
        {
            **dict.fromkeys((*COUNTS, "ablation_sum", "ablations", "recon"), 1),
            "information": levels + 1,
            **dict.fromkeys(("kl", "variance", "active_units", "active_units_sigma", "collapsed_fraction"), levels),
            "kl_per_dim": sum(dimensions),
        }
    )


def read_summary(values: Sequence[float], dimensions: Sequence[int]) -> PosteriorSummary:
    """Return the summary that `PosteriorStatistics.vector` packed, from its values on the host.

    What the batches could not determine is None: a variance of single sets, the information of samples of one set.
    """
    parts = summary_layout(dimensions).split(list(values))
    single = {name: part[0] for name, part in parts.items() if len(part) == 1}
    informed = single["log_sample_sets"] > 0.0
    levels = tuple(
        LevelSummary(
            kl=parts["kl"][level],
            variance=parts["variance"][level],
            active_units=parts["active_units"][level] if single["freedom"] > 0 else None,
            active_units_sigma=parts["active_units_sigma"][level],
            collapsed_fraction=parts["collapsed_fraction"][level] if single["sampled_sets"] > 0 else None,
            mutual_information=parts["information"][level] if informed else None,
        )
        for level in range(len(dimensions))
    )
    return PosteriorSummary(
        levels=levels,
        dimensions=tuple(dimensions),
        mutual_information=parts["information"][-1] if informed else None,
        sample_sets=math.exp(single["log_sample_sets"] / single["samples"]) if informed else None,
        sets=single["sets"],
        recon=single["recon"],
        kl_per_dim=tuple(parts["kl_per_dim"]),
        z_ablation=single["ablation_sum"] / single["ablations"] if single["ablations"] > 0 else None,
    )
