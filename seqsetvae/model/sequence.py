"""The patient's history: a causal Transformer over the latent vectors of the sets."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from seqsetvae.model.encoding import sinusoidal
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.module_list import TypedModuleList
from seqsetvae.model.set_attention import FeedForward, split_heads

#: Periods of the time encoding, minutes: from a few charting intervals to a long stay.
SHORTEST_PERIOD, LONGEST_PERIOD = 10.0, 60.0 * 24 * 30
#: Longest period of the position encoding, in sets.
LONGEST_POSITION = 10_000.0


class CausalLayer(nn.Module):
    """Pre-norm causal self-attention and a feed-forward layer, each with dropout and a residual."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.transformer_heads
        self.norm = nn.LayerNorm(config.reduced_dim)
        self.query_key_value = nn.Linear(config.reduced_dim, 3 * config.reduced_dim)
        self.output = nn.Linear(config.reduced_dim, config.reduced_dim)
        self.dropout = nn.Dropout(config.dropout)
        self.feed_forward = FeedForward(config.reduced_dim, config.ff_dim)

    def forward(self, x: Float[Tensor, "patients steps hidden"]) -> Float[Tensor, "patients steps hidden"]:
        """Return the steps, each knowing itself and the past.

        Padding lies behind a patient's last step, so that the causal mask alone hides it from every real step.
        """
        query, key, value = (split_heads(y, self.heads) for y in self.query_key_value(self.norm(x)).chunk(3, dim=-1))
        gathered = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.dropout(self.output(gathered.transpose(1, 2).flatten(2)))
        y: Tensor = self.feed_forward(x)
        return y


class SequenceModel(nn.Module):
    """Latent vectors in time order to history vectors h."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.reduced_dim
        self.width = width
        self.time = nn.Linear(width, width)
        self.layers = TypedModuleList(CausalLayer(config) for _ in range(config.transformer_layers))
        self.norm = nn.LayerNorm(width)

    def forward(
        self, x: Float[Tensor, "patients steps hidden"], minute: Float[Tensor, "patients steps"]
    ) -> Float[Tensor, "patients steps hidden"]:
        """Return h; step t depends on steps up to t only.

        Args:
            x: One vector per set; finite in padding.
            minute: Minutes since admission, float64 where the device has it; finite in padding.
        """
        dtype = self.time.weight.dtype
        position = torch.arange(x.shape[1], device=x.device, dtype=dtype)
        when = sinusoidal(minute, self.width, shortest=SHORTEST_PERIOD, longest=LONGEST_PERIOD).to(dtype)
        where = sinusoidal(position, self.width, shortest=4.0, longest=LONGEST_POSITION)
        x = x + self.time(when + where)
        for layer in self.layers:
            x = layer(x)
        y: Tensor = self.norm(x)
        return y
