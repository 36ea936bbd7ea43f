"""Attention inside sets, over blocks that hold several whole sets each.

Full attention inside the set is the default: with six events a set, sixteen inducing points would cost more than the
pairs they save. `InducedSetAttention` is the form of Lee et al. 2019, "Set Transformer", for vocabularies where sets
hold hundreds of events.

Layers are pre-norm (Xiong et al. 2020) with a residual around attention and around the feed-forward layer.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqsetvae.model.model_config import ModelConfig


class SetMasks:
    """Which events of a block share a set, in the forms that attention and pooling need.

    Built once per batch and shared by every layer.
    """

    def __init__(self, event_slot: Int[Tensor, "blocks width"], num_slots: int) -> None:
        self.event_slot = event_slot
        slots = torch.arange(num_slots, device=event_slot.device)
        #: `[blocks, slots, width]`, True where the event belongs to the slot's set.
        self.slot_event: Bool[Tensor, "blocks slots width"] = event_slot.unsqueeze(1) == slots.view(1, -1, 1)
        #: `[blocks, width, width]`, True where two events share a set; padding shares with padding, so that no row is
        #: without company (an empty softmax would be NaN).
        self.event_event: Bool[Tensor, "blocks width width"] = event_slot.unsqueeze(2) == event_slot.unsqueeze(1)

    @property
    def num_slots(self) -> int:
        """Slots of a block."""
        return self.slot_event.shape[1]


def split_heads(x: Float[Tensor, "blocks rows hidden"], heads: int) -> Float[Tensor, "blocks heads rows head"]:
    """Split the hidden axis over attention heads."""
    blocks, rows, hidden = x.shape
    return x.view(blocks, rows, heads, hidden // heads).transpose(1, 2)


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between, and a residual around them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)

    def forward(self, x: Float[Tensor, "*rows hidden"]) -> Float[Tensor, "*rows hidden"]:
        """Return `x + down(relu(up(norm(x))))`."""
        y: Tensor = self.down(F.relu(self.up(self.norm(x))))
        return x + y


class FullSetAttention(nn.Module):
    """Every event attends to all events of its set."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.projection = nn.Linear(config.reduced_dim, 3 * config.reduced_dim)

    def forward(
        self, projected: Float[Tensor, "blocks width three_hidden"], masks: SetMasks
    ) -> Float[Tensor, "blocks width hidden"]:
        """Return what each event gathers from its set.

        Args:
            projected: `projection` of the events: their queries, keys and values.
            masks: Which events share a set.
        """
        query, key, value = (split_heads(y, self.heads) for y in projected.chunk(3, dim=-1))
        gathered = F.scaled_dot_product_attention(query, key, value, attn_mask=masks.event_event.unsqueeze(1))
        return gathered.transpose(1, 2).flatten(2)


class InducedSetAttention(nn.Module):
    """Learned points gather from the set's events, then the events gather from the points."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.reduced_dim
        self.heads = config.heads
        self.points = nn.Parameter(torch.randn(config.inducing_points, width) * width**-0.5)
        self.point_query = nn.Linear(width, width)
        self.projection = nn.Linear(width, 3 * width)
        self.point_output = nn.Linear(width, width)
        self.point_ff = FeedForward(width, config.ff_dim)
        self.point_norm = nn.LayerNorm(width)
        self.point_key_value = nn.Linear(width, 2 * width)

    def forward(
        self, projected: Float[Tensor, "blocks width three_hidden"], masks: SetMasks
    ) -> Float[Tensor, "blocks width hidden"]:
        """Return what each event gathers from its set's inducing points.

        Args:
            projected: `projection` of the events: queries for the points, keys and values for the points to see.
            masks: Which events share a set.
        """
        num_points = len(self.points)
        event_query, key, value = (split_heads(y, self.heads) for y in projected.chunk(3, dim=-1))
        query = self.point_query(self.points).repeat(masks.num_slots, 1).expand(len(projected), -1, -1)
        # A free slot has no events; attending to all of them keeps its softmax finite, and nothing reads it.
        seen = masks.slot_event | ~masks.slot_event.any(-1, keepdim=True)
        gathered = F.scaled_dot_product_attention(
            split_heads(query, self.heads), key, value, attn_mask=seen.repeat_interleave(num_points, 1).unsqueeze(1)
        )
        points = self.points.repeat(masks.num_slots, 1) + self.point_output(gathered.transpose(1, 2).flatten(2))
        points = self.point_norm(self.point_ff(points))

        key, value = (split_heads(y, self.heads) for y in self.point_key_value(points).chunk(2, dim=-1))
        # Padding events belong to no slot; they attend to slot 0, and nothing attends to them.
        slot = masks.event_slot.clamp(min=0).unsqueeze(-1)
        point_slot = torch.arange(masks.num_slots, device=slot.device).repeat_interleave(num_points)
        y = F.scaled_dot_product_attention(event_query, key, value, attn_mask=(slot == point_slot).unsqueeze(1))
        return y.transpose(1, 2).flatten(2)


class SetAttentionLayer(nn.Module):
    """Attention inside sets and a feed-forward layer, each with a residual.

    The first layer of a stack has no norm before attention (`first=True`): its input is linear in something rarer than
    events (variables in the encoder, sets in the decoder), and without a norm in between so are its queries, keys and
    values. They are then computed once per variable or set instead of once per event; `forward` takes them ready-made.
    """

    def __init__(self, config: ModelConfig, *, first: bool) -> None:
        super().__init__()
        self.norm = nn.Identity() if first else nn.LayerNorm(config.reduced_dim)
        self.attention = InducedSetAttention(config) if config.inducing_points else FullSetAttention(config)
        self.output = nn.Linear(config.reduced_dim, config.reduced_dim)
        self.feed_forward = FeedForward(config.reduced_dim, config.ff_dim)

    def project(self, x: Float[Tensor, "*rows hidden"]) -> Float[Tensor, "*rows three_hidden"]:
        """Return the attention projections of `x`; affine in `x` for a first layer."""
        y: Tensor = self.attention.projection(self.norm(x))
        return y

    def forward(
        self,
        x: Float[Tensor, "blocks width hidden"],
        projected: Float[Tensor, "blocks width three_hidden"],
        masks: SetMasks,
    ) -> Float[Tensor, "blocks width hidden"]:
        """Return the events after one exchange inside their sets; `projected` is `project(x)`."""
        y: Tensor = self.feed_forward(x + self.output(self.attention(projected, masks)))
        return y


class SetPooling(nn.Module):
    """Learned-query attention over a set's events, then the set's size.

    Each head scores every event with one vector and averages the events themselves, so that pooling costs two thin
    products instead of key and value projections. An average cannot tell two events from twenty; the size, as
    `log(1 + n)`, is therefore added (Zaheer et al. 2017 pool by sums for the same reason).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        width = config.reduced_dim
        self.norm = nn.LayerNorm(width)
        self.score = nn.Linear(width, config.heads, bias=False)
        self.size = nn.Linear(1, width)
        self.output = nn.Linear(width, width)

    def forward(
        self,
        x: Float[Tensor, "blocks width hidden"],
        masks: SetMasks,
        set_cell: Int[Tensor, " sets"],
        set_size: Int[Tensor, " sets"],
    ) -> Float[Tensor, "sets hidden"]:
        """Return one vector per set."""
        normed = self.norm(x)
        score = self.score(normed).transpose(1, 2).unsqueeze(2)
        weight = score.masked_fill(~masks.slot_event.unsqueeze(1), torch.finfo(score.dtype).min).softmax(-1)
        pooled = weight.to(normed.dtype) @ split_heads(normed, weight.shape[1])
        per_set = pooled.transpose(1, 2).flatten(2).flatten(0, 1).index_select(0, set_cell)
        size = self.size(torch.log1p(set_size.to(x.dtype)).unsqueeze(-1))
        y: Tensor = self.output(per_set + size)
        return y
