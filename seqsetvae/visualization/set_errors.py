"""Reconstruction errors of single sets and single events, where training uses the mean over a batch only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.losses import ChamferWeights, chamfer_distance
from seqsetvae.model.seqsetvae import SeqSetVAEOutput
from seqsetvae.model.set_attention import SetMasks

#: Numbers of one intermediate tensor, at most (16 MiB in float32), whatever the largest set.
CELLS = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class SetErrors:
    """Errors of a batch, on the batch's device.

    Attributes:
        of_set: `[sets]` the loss that training minimises, the Chamfer distance, of each set.
        of_event: `[events]` squared distance of each true event's vector to the nearest reconstructed one of its set;
            patient by patient in time order.
    """

    of_set: Tensor
    of_event: Tensor


def set_errors(output: SeqSetVAEOutput, batch: EventBatch, weights: ChamferWeights) -> SetErrors:
    """Return the errors of every set and event; the mean of `of_set` is `losses.chamfer_distance` of the batch."""
    size = batch.set_size
    first = size.cumsum(0) - size
    made = output.reconstruction.flatten(0, 1)[batch.event_cell]
    true = output.target.flatten(0, 1)[batch.event_cell]
    of_set, of_event = made.new_zeros(len(size)), made.new_zeros(len(true))

    def distance(p: Tensor, t: Tensor, slot: Tensor, events: Tensor) -> Tensor:
        masks = SetMasks(slot.unsqueeze(0), 1)
        return chamfer_distance(
            p.unsqueeze(0), t.unsqueeze(0), masks, torch.zeros_like(slot).unsqueeze(0), events.view(1), weights
        )

    for sets in _of_like_size(size, made.shape[1]):
        column = torch.arange(int(size[sets].max()), device=size.device)
        present = column < size[sets].unsqueeze(1)
        event = torch.where(present, first[sets].unsqueeze(1) + column, first[sets].unsqueeze(1))
        p, t = made[event], true[event]
        of_set[sets] = torch.vmap(distance)(p, t, present.long() - 1, size[sets])
        # The plain sum of squares: the usual way over matrix products loses small distances to rounding.
        apart = torch.cdist(t, p, compute_mode="donot_use_mm_for_euclid_dist").square()
        nearest = apart.masked_fill(~present.unsqueeze(1), torch.inf).amin(2)
        of_event[event[present]] = nearest[present]
    return SetErrors(of_set=of_set, of_event=of_event)


def _of_like_size(size: Tensor, hidden: int) -> Iterator[Tensor]:
    """Yield the indices of sets, smallest sets first, in groups that need at most `CELLS` numbers where they can."""
    order = size.argsort(stable=True)
    sizes = size[order].tolist()
    start = 0
    for stop in range(1, len(sizes) + 1):
        if stop < len(sizes):
            width = sizes[stop]
            if (stop + 1 - start) * width * max(width, hidden) <= CELLS:
                continue
        yield order[start:stop]
        start = stop
