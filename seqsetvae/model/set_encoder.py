"""SetVAE encoder: the set of events of one minute to a Gaussian posterior per level.

A ladder of attention levels; after each, the set is pooled and gives that level's posterior, so that early levels can
keep what single events say and later ones what their combination says (Kim et al. 2021, "SetVAE").
"""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqsetvae.model.event_embedding import EventEmbedding, event_vectors
from seqsetvae.model.gaussian import GaussianPosterior, PosteriorHead
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.module_list import TypedModuleList
from seqsetvae.model.set_attention import SetAttentionLayer, SetMasks, SetPooling


class SetEncoder(nn.Module):
    """Events to one posterior per level."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embedding = EventEmbedding(config)
        self.layers = TypedModuleList(SetAttentionLayer(config, first=level == 0) for level in range(config.levels))
        self.poolings = TypedModuleList(SetPooling(config) for _ in range(config.levels))
        self.heads = TypedModuleList(PosteriorHead(config.reduced_dim, config.latent_dim) for _ in range(config.levels))

    def forward(
        self,
        variable: Int[Tensor, "blocks width"],
        value: Float[Tensor, "blocks width"],
        masks: SetMasks,
        set_cell: Int[Tensor, " sets"],
        set_size: Int[Tensor, " sets"],
    ) -> list[GaussianPosterior]:
        """Return the posteriors, first level first; each is `[sets, latent]` and invariant to the events' order.

        Args:
            variable: Variable of each event.
            value: Scaled value of each event; finite in padding.
            masks: Which events share a set.
            set_cell: Flat index `block · slots + slot` of each set.
            set_size: Number of events of each set.
        """
        identity, direction = self.embedding.variables()
        events = event_vectors(identity, direction, variable, value)
        posteriors = []
        for level, (layer, pooling, head) in enumerate(zip(self.layers, self.poolings, self.heads, strict=True)):
            if level == 0:
                projected = self._project_variables(identity, direction, variable, value)
            else:
                projected = layer.project(events)
            events = layer(events, projected, masks)
            posteriors.append(head(pooling(events, masks, set_cell, set_size)))
        return posteriors

    def _project_variables(
        self,
        identity: Float[Tensor, "variables hidden"],
        direction: Float[Tensor, "variables hidden"],
        variable: Int[Tensor, "blocks width"],
        value: Float[Tensor, "blocks width"],
    ) -> Float[Tensor, "blocks width three_hidden"]:
        """Project the first layer's input once per variable: P(a + x b) = P(a) + x (P(b) − P(0))."""
        projection = self.layers[0].attention.projection
        return event_vectors(projection(identity), F.linear(direction, projection.weight), variable, value)
