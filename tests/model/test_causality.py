"""The history at step t knows the sets up to t, in eval and in training mode."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from seqsetvae.data.patient import Patient
from seqsetvae.model.seqsetvae import SeqSetVAE
from tests import tiny

SIZES = (3, 6, 1, 9, 2, 5)
CHANGED = 3  #: the first set that differs


def with_another_future(row: Patient) -> Patient:
    """Return a patient who is the same before set `CHANGED`: later values, variables and minutes all differ."""
    rng = np.random.default_rng(9)
    event = row.set_offsets[CHANGED]
    value, variable, minute = row.value.copy(), row.variable_id.copy(), row.minute.copy()
    value[event:] = 100 * rng.normal(size=len(value) - event)
    variable[event:] = (variable[event:] + 1) % tiny.NUM_VARIABLES
    minute[CHANGED:] += 1_000
    return dataclasses.replace(row, value=value, variable_id=variable, minute=minute)


def history(model: SeqSetVAE, row: Patient) -> Tensor:
    """Return h of every set, with the same noise and the same dropout at every call."""
    torch.manual_seed(4)
    output = model(tiny.batch([row, tiny.patient((2, 2), seed=8)]), generator=torch.Generator().manual_seed(4))
    h: Tensor = output.history[: len(row.minute)]
    return h


@pytest.mark.parametrize(
    ("mode", "dropout"), [("eval", 0.0), ("train", 0.0), ("train", 0.3)], ids=["eval", "training", "training, dropout"]
)
@pytest.mark.parametrize("inducing_points", [0, 3], ids=["full", "induced"])
def test_another_future_leaves_the_past_as_it_was(mode: str, dropout: float, inducing_points: int) -> None:
    model = tiny.model(tiny.config(dropout=dropout, inducing_points=inducing_points)).train(mode == "train")
    row = tiny.patient(SIZES)
    before, after = history(model, row), history(model, with_another_future(row))
    tiny.assert_close(after[:CHANGED], before[:CHANGED], 1e-12)
    assert ((after - before)[CHANGED:].abs().amax(-1) > 1e-3).all(), "the steps from the change on do differ"


@pytest.mark.parametrize("kept", range(1, len(SIZES)))
def test_a_patient_who_leaves_early_has_the_history_of_one_who_stays(kept: int) -> None:
    model, row = tiny.model(), tiny.patient(SIZES)
    events = row.set_offsets[kept]
    early = dataclasses.replace(
        row,
        variable_id=row.variable_id[:events],
        value=row.value[:events],
        set_offsets=row.set_offsets[: kept + 1],
        minute=row.minute[:kept],
    )
    tiny.assert_close(history(model, early), history(model, row)[:kept], 1e-12)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_h_has_no_gradient_from_later_sets_nor_from_other_patients(mode: str) -> None:
    model = tiny.model().train(mode == "train")
    batch = tiny.batch(tiny.patients([(2, 3, 1), (4, 2)]))
    z = torch.randn(batch.num_sets, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    h, _ = model.carry(z.requires_grad_(), batch)
    reaches = torch.stack([torch.autograd.grad(row.square().sum(), z, retain_graph=True)[0].norm(dim=1) for row in h])
    patient = torch.tensor([0, 0, 0, 1, 1])
    expected = (patient[:, None] == patient[None, :]).tril()
    assert torch.equal(reaches > 0, expected)
