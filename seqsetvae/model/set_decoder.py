"""Set decoder: one history vector to as many event vectors as the set has events.

Every place in the set starts from a seed (a fixed encoding of its rank, so that a set of any size has one) plus the
projected history. Attention from a place to a single vector *is* that vector's value projection, so it is computed once
per set and handed to all places. Then the places attend to each other.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqsetvae.model.encoding import sinusoidal
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.module_list import TypedModuleList
from seqsetvae.model.set_attention import SetAttentionLayer, SetMasks

#: Longest period of the rank encoding, in events.
LONGEST_RANK = 1_000.0


class SetDecoder(nn.Module):
    """History vectors to reconstructed event vectors."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.reduced_dim
        self.width = width
        self.seed = nn.Linear(width, width)
        self.history = nn.Linear(width, width)
        self.layers = TypedModuleList(
            SetAttentionLayer(config, first=layer == 0) for layer in range(config.decoder_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, width)
        # Normalised inputs have length √width and targets a length near 1: start with reconstructions of that length.
        nn.init.normal_(self.output.weight, std=1 / width)

    def forward(
        self,
        history: Float[Tensor, "sets hidden"],
        event_rank: Int[Tensor, "blocks width"],
        event_set: Int[Tensor, "blocks width"],
        masks: SetMasks,
    ) -> Float[Tensor, "blocks width hidden"]:
        """Return one reconstructed vector per event cell; which place matches which event is left to the loss."""
        # Ranks are below the block's width: encode each once, not once per event.
        ranks = torch.arange(event_rank.shape[1], device=history.device, dtype=self.seed.weight.dtype)
        seed = self.seed(sinusoidal(ranks, self.width, shortest=2.0, longest=LONGEST_RANK))
        context = self.history(history)
        x = F.embedding(event_rank, seed) + F.embedding(event_set, context)
        for depth, layer in enumerate(self.layers):
            if depth == 0:
                # P(s + h) = P(s) + (P(h) − P(0)): once per rank and once per set, not once per event.
                projection = layer.attention.projection
                per_set = F.linear(context, projection.weight)
                projected = F.embedding(event_rank, projection(seed)) + F.embedding(event_set, per_set)
            else:
                projected = layer.project(x)
            x = layer(x, projected, masks)
        y: Tensor = self.output(self.norm(x))
        return y
