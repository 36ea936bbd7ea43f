"""The sequential set-VAE, one pass for the whole batch.

events ─ SetEncoder ─> q(z | set) per level ─ sample ─> z ─ SequenceModel ─> h ─┬─ SetDecoder ─> reconstructed sets
                                                                                └─ OutcomeClassifier ─> logit
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.classifier import OutcomeClassifier
from seqsetvae.model.event_embedding import EventTarget
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.sequence import SequenceModel
from seqsetvae.model.set_attention import SetMasks
from seqsetvae.model.set_decoder import SetDecoder
from seqsetvae.model.set_encoder import SetEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class SeqSetVAEOutput:
    """The results of one pass.

    Attributes:
        posteriors: One posterior per level, `[sets, latent]`.
        history: h of every set, `[sets, hidden]`.
        reconstruction: `[blocks, width, hidden]`, meaningless in padding.
        target: `[blocks, width, hidden]` vectors to reconstruct, finite in padding.
        masks: Which events share a set.
        logit: `[patients]`.
    """

    posteriors: list[GaussianPosterior]
    history: Float[Tensor, "sets hidden"]
    reconstruction: Float[Tensor, "blocks width hidden"]
    target: Float[Tensor, "blocks width hidden"]
    masks: SetMasks
    logit: Float[Tensor, " patients"]


class SeqSetVAE(nn.Module):
    """Set encoder, causal history, set decoder and outcome head."""

    def __init__(self, config: ModelConfig, embeddings: Float[Tensor, "variables given"] | None = None) -> None:
        """Build the model.

        Args:
            config: Dimensions.
            embeddings: Given variable embeddings, where `config.embedding_dim` names their width.

        Raises:
            ValueError: `embeddings` have another shape than `config` says.
        """
        super().__init__()
        self.config = config
        self.target = EventTarget(config)
        self.encoder = SetEncoder(config)
        self.latent = nn.Linear(config.levels * config.latent_dim, config.reduced_dim)
        self.sequence = SequenceModel(config)
        self.decoder = SetDecoder(config)
        self.classifier = OutcomeClassifier(config)
        if embeddings is not None:
            self._use_embeddings(embeddings)

    def _use_embeddings(self, embeddings: Tensor) -> None:
        expected = (self.config.num_variables, self.config.embedding_dim)
        if self.encoder.embedding.given is None or tuple(embeddings.shape) != expected:
            raise ValueError(f"variable embeddings are {tuple(embeddings.shape)}, the model expects {expected}")
        self.encoder.embedding.given.copy_(embeddings)
        self.target.use_embeddings(embeddings)

    def forward(self, batch: EventBatch, *, generator: torch.Generator | None = None) -> SeqSetVAEOutput:
        """Encode, carry, reconstruct and classify a batch.

        In training mode z is drawn from the posterior (with `generator`, if given); in eval mode it is the mean, so
        that evaluation is deterministic.
        """
        masks = SetMasks(batch.event_slot, batch.slot_set.shape[1])
        # Padding may hold anything, even NaN: it is set to 0 once, here.
        value = batch.value.masked_fill(batch.event_slot < 0, 0.0)
        posteriors = self.encoder(batch.variable, value, masks, batch.set_cell, batch.set_size)
        z = torch.cat([q.sample(generator) if self.training else q.mean for q in posteriors], dim=-1)
        history, logit = self.carry(z, batch)
        reconstruction = self.decode(history, batch, masks)
        return SeqSetVAEOutput(
            posteriors=posteriors,
            history=history,
            reconstruction=reconstruction,
            target=self.target(batch.variable, value),
            masks=masks,
            logit=logit,
        )

    def carry(
        self, z: Float[Tensor, "sets levels_latent"], batch: EventBatch
    ) -> tuple[Float[Tensor, "sets hidden"], Float[Tensor, " patients"]]:
        """Return h of every set and the outcome's logit of every patient, from the latents of all levels."""
        present = batch.step_set >= 0
        minute = batch.minute.masked_fill(~present, 0.0)
        steps = self.latent(z).index_select(0, batch.step_set.clamp(min=0).flatten())
        history = self.sequence(steps.view(*batch.step_set.shape, -1), minute)
        last = present.sum(1) - 1
        logit = self.classifier(history, present, history[torch.arange(len(last), device=last.device), last])
        return history.flatten(0, 1).index_select(0, batch.set_step), logit

    def decode(
        self, history: Float[Tensor, "sets hidden"], batch: EventBatch, masks: SetMasks
    ) -> Float[Tensor, "blocks width hidden"]:
        """Return the reconstructed event vectors, from h of every set."""
        y: Tensor = self.decoder(history, batch.event_rank, batch.event_set, masks)
        return y
