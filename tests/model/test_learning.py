"""A tiny model learns a tiny cohort: thirty steps lower every part of the loss that they are asked to lower."""

from __future__ import annotations

import pytest
import torch

from seqsetvae.data.batch import collate
from seqsetvae.model.losses import Losses, LossWeights
from seqsetvae.model.seqsetvae import SeqSetVAE
from tests import tiny

WEIGHTS = LossWeights(reconstruction=1.0, beta=0.01, classification=1.0)


def detached(losses: Losses) -> tuple[float, float, float]:
    return losses.total.item(), losses.reconstruction.item(), losses.classification.item()


@pytest.mark.parametrize("inducing_points", [0, 3], ids=["full attention", "inducing points"])
def test_thirty_steps_lower_the_loss_without_a_non_finite_value(inducing_points: int) -> None:
    torch.manual_seed(0)
    model = SeqSetVAE(tiny.config(inducing_points=inducing_points, dropout=0.1))
    batch = collate(tiny.patients([(3, 4, 2), (5, 1), (2, 2, 6), (4,)]))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    curve = []
    for _ in range(30):
        losses = tiny.objective(model(batch), batch, weights=WEIGHTS)
        optimizer.zero_grad()
        losses.total.backward()  # type: ignore[no-untyped-call]
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5, error_if_nonfinite=True)
        assert norm > 0
        optimizer.step()
        curve.append(detached(losses))
    first, last = curve[0], torch.tensor(curve[-5:]).mean(0).tolist()
    assert last[0] < 0.7 * first[0], "total"
    assert last[1] < 0.7 * first[1], "reconstruction"
    assert last[2] < 0.7 * first[2], "classification"
