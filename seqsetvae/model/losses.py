"""The training objective: reconstruction of sets, divergence of posteriors, outcome.

    loss = w_recon · Chamfer + β · Σ_j max(KL_j, free bits) + w_class · cross-entropy

Everything here is tensors in, tensors out; nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.seqsetvae import SeqSetVAEOutput
from seqsetvae.model.set_attention import SetMasks

#: Smallest norm a cosine is divided by.
MIN_NORM = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class ChamferWeights:
    """Weights of what a reconstructed event can get wrong: its direction, its length, both at once."""

    direction: float = 1.0
    magnitude: float = 1.0
    full: float = 1.0

    def __post_init__(self) -> None:
        values = (self.direction, self.magnitude, self.full)
        if min(values) < 0 or max(values) == 0:
            raise ValueError(f"Chamfer weights must be at least 0 and one of them positive, got {values}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LossWeights:
    """Weights of the parts of the objective at one step."""

    reconstruction: float
    beta: float
    classification: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The objective and its parts, all 0-d tensors but `kl_per_dim`.

    Attributes:
        total: What is minimised.
        reconstruction: Chamfer distance, mean over sets.
        kl: Raw KL of all levels, nats, mean over sets; before free bits, β and weights.
        kl_per_dim: `[levels · latent]` raw KL of each dimension, nats, mean over sets; detached.
        classification: Smoothed cross-entropy, nats, mean over patients.
    """

    total: Tensor
    reconstruction: Tensor
    kl: Tensor
    kl_per_dim: Float[Tensor, " levels_latent"]
    classification: Tensor


def chamfer_distance(
    reconstruction: Float[Tensor, "blocks width hidden"],
    target: Float[Tensor, "blocks width hidden"],
    masks: SetMasks,
    event_set: Int[Tensor, "blocks width"],
    set_size: Int[Tensor, " sets"],
    weights: ChamferWeights,
) -> Tensor:
    """Return the Chamfer distance between reconstructed and true sets, mean over sets.

    The cost of taking vector p for t is `w_d (1 − cos) + w_m (|p| − |t|)² + w_f |p − t|²`. Each event pays for its
    cheapest partner in the other set; both directions are averaged over the events of the set (Fan et al. 2017, "A
    Point Set Generation Network", with squared distances). Computed in at least float32.
    """
    with torch.autocast(reconstruction.device.type, enabled=False):
        wide = torch.promote_types(reconstruction.dtype, torch.float32)
        p, t = reconstruction.to(wide), target.to(wide)
        length_p = torch.linalg.vector_norm(p, dim=-1).unsqueeze(2)
        length_t = torch.linalg.vector_norm(t, dim=-1).unsqueeze(1)
        product = p @ t.transpose(1, 2)
        lengths = length_p * length_t
        off_direction = 1.0 - product / lengths.clamp(min=MIN_NORM)
        off_length = (length_p - length_t).square()
        # |p − t|² = (|p| − |t|)² + 2 |p| |t| (1 − cos): one product serves all three parts.
        cost = (weights.magnitude + weights.full) * off_length
        cost = cost + (weights.direction + 2.0 * weights.full * lengths) * off_direction
        cost = cost.masked_fill(~masks.event_event, torch.inf)
        cheapest = 0.5 * (cost.min(dim=2).values + cost.min(dim=1).values)
        share = (1.0 / set_size.to(wide))[event_set].masked_fill(masks.event_slot < 0, 0.0)
        distance: Tensor = (cheapest * share).sum() / set_size.shape[0]
        return distance


def kl_divergence(
    posteriors: Sequence[GaussianPosterior], free_bits: float
) -> tuple[Tensor, Float[Tensor, " levels_latent"]]:
    """Return the KL that is minimised and the raw KL of each dimension, nats, mean over sets.

    Free bits act per dimension on the batch mean (Kingma et al. 2016, "Improved Variational Inference with Inverse
    Autoregressive Flow", appendix C.8): a dimension whose mean KL is below `free_bits` is left alone.
    """
    per_dim = torch.cat([q.kl().mean(0) for q in posteriors])
    return per_dim.clamp(min=free_bits).sum(), per_dim


def classification_loss(
    logit: Float[Tensor, " patients"], label: Float[Tensor, " patients"], smoothing: float
) -> Tensor:
    """Return the binary cross-entropy against labels moved `smoothing / 2` towards each other (Szegedy et al. 2016)."""
    return F.binary_cross_entropy_with_logits(logit, label.to(logit.dtype) * (1.0 - smoothing) + 0.5 * smoothing)


def seqsetvae_loss(
    output: SeqSetVAEOutput,
    batch: EventBatch,
    *,
    weights: LossWeights,
    chamfer: ChamferWeights,
    free_bits: float,
    label_smoothing: float,
) -> Losses:
    """Return the objective and its parts."""
    reconstruction = chamfer_distance(
        output.reconstruction, output.target, output.masks, batch.event_set, batch.set_size, chamfer
    )
    penalty, per_dim = kl_divergence(output.posteriors, free_bits)
    classification = classification_loss(output.logit, batch.label, label_smoothing)
    total = weights.reconstruction * reconstruction + weights.beta * penalty + weights.classification * classification
    per_dim = per_dim.detach()
    return Losses(
        total=total,
        reconstruction=reconstruction.detach(),
        kl=per_dim.sum(),
        kl_per_dim=per_dim,
        classification=classification.detach(),
    )
