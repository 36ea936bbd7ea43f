"""Does the decoder use z at all? What reconstruction loses when every set gets another set's z.

The other set has the same number of events, so that nothing but the latent is wrong. A model that has learned to do
without z loses nothing.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.losses import ChamferWeights, chamfer_distance
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.model.set_attention import SetMasks


def partners_of_equal_size(set_size: Int[Tensor, " sets"]) -> Int[Tensor, " sets"]:
    """Return, for each set, another set with as many events, at random; a set that is alone with its size gets itself.

    Sets of one size are put in a random circle and each gets its neighbour: a permutation, without asking the device
    how many there are of each size.
    """
    order = torch.argsort(set_size + torch.rand(set_size.shape, device=set_size.device, dtype=torch.float64))
    sizes = set_size[order].contiguous()
    place = torch.arange(len(order), device=order.device)
    first = torch.searchsorted(sizes, sizes)
    last = torch.searchsorted(sizes, sizes, right=True) - 1
    neighbour = torch.where(place == last, first, place + 1)
    return torch.empty_like(order).scatter_(0, order, order[neighbour])


def z_ablation(model: SeqSetVAE, batch: EventBatch, chamfer: ChamferWeights) -> Float[Tensor, ""]:
    """Return the relative rise of the reconstruction loss when posterior means are exchanged between sets.

    0 means that z does not matter; 0.5 that reconstruction is half as bad again without the right z. Computed in eval
    mode and without gradients, with nothing that waits for the device; the model's mode is put back.
    """
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            masks = SetMasks(batch.event_slot, batch.slot_set.shape[1])
            value = batch.value.masked_fill(batch.event_slot < 0, 0.0)
            posteriors = model.encoder(batch.variable, value, masks, batch.set_cell, batch.set_size)
            z = torch.cat([q.mean for q in posteriors], dim=-1)
            target = model.target(batch.variable, value)

            def loss(latent: Tensor) -> Tensor:
                history, _ = model.carry(latent, batch)
                guess = model.decode(history, batch, masks)
                return chamfer_distance(guess, target, masks, batch.event_set, batch.set_size, chamfer)

            right = loss(z)
            wrong = loss(z.index_select(0, partners_of_equal_size(batch.set_size)))
            return (wrong - right) / right
    finally:
        model.train(training)
