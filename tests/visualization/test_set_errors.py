"""Errors of single sets and events against the plain formulas."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seqsetvae.model.losses import chamfer_distance
from seqsetvae.model.reference import chamfer
from seqsetvae.model.seqsetvae import SeqSetVAEOutput
from seqsetvae.visualization import set_errors as module
from seqsetvae.visualization.set_errors import set_errors
from tests import tiny

BATCH = tiny.batch(tiny.patients())


@pytest.fixture(params=[module.CELLS, 1], ids=["few groups", "a group a set"])
def output(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SeqSetVAEOutput:
    monkeypatch.setattr(module, "CELLS", request.param)
    with torch.no_grad():
        made: SeqSetVAEOutput = tiny.model()(BATCH)
    return made


def sets_of(output: SeqSetVAEOutput) -> list[tuple[Tensor, Tensor]]:
    """Reconstructed and true vectors of each set."""
    cells, sizes = BATCH.event_cell, BATCH.set_size.tolist()
    vectors = (output.reconstruction, output.target)
    made, true = (torch.split(both.flatten(0, 1)[cells], sizes) for both in vectors)
    return list(zip(made, true, strict=True))


def test_each_set_has_the_distance_of_the_reference(output: SeqSetVAEOutput) -> None:
    expected = torch.stack([chamfer(p, t, tiny.CHAMFER) for p, t in sets_of(output)])
    tiny.assert_close(set_errors(output, BATCH, tiny.CHAMFER).of_set, expected)


def test_their_mean_is_the_loss_that_training_minimises(output: SeqSetVAEOutput) -> None:
    loss = chamfer_distance(
        output.reconstruction, output.target, output.masks, BATCH.event_set, BATCH.set_size, tiny.CHAMFER
    )
    tiny.assert_close(set_errors(output, BATCH, tiny.CHAMFER).of_set.mean(), loss)


def test_an_event_is_compared_with_the_nearest_vector_of_its_own_set(output: SeqSetVAEOutput) -> None:
    expected = [
        min(float((p - event).square().sum()) for p in made) for made, true in sets_of(output) for event in true
    ]
    found = set_errors(output, BATCH, tiny.CHAMFER).of_event
    tiny.assert_close(found, torch.tensor(expected, dtype=found.dtype))
