"""A patient's outputs depend on that patient alone: not on padding, batch mates or place in the batch."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.data.patient import Patient
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from tests import tiny

FORMS = {"full attention": tiny.config(), "inducing points": tiny.config(inducing_points=3)}


@pytest.fixture(params=list(FORMS.values()), ids=list(FORMS))
def model(request: pytest.FixtureRequest) -> SeqSetVAE:
    dimensions: ModelConfig = request.param
    return tiny.model(dimensions)


def soiled(batch: EventBatch) -> EventBatch:
    """Return the batch with NaN for every value and minute, and another variable, wherever there is no event or set."""
    no_event, no_set = batch.event_slot < 0, batch.step_set < 0
    assert no_event.any()
    assert no_set.any()
    return dataclasses.replace(
        batch,
        value=batch.value.masked_fill(no_event, torch.nan),
        minute=batch.minute.masked_fill(no_set, torch.nan),
        variable=batch.variable.masked_fill(no_event, tiny.NUM_VARIABLES - 1),
    )


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_nan_in_padding_changes_no_output_no_loss_and_no_gradient(model: SeqSetVAE, mode: str) -> None:
    model.train(mode == "train")
    batch = tiny.batch(tiny.patients())

    def run(of: EventBatch) -> tuple[list[Tensor], dict[str, Tensor]]:
        output = model(of, generator=torch.Generator().manual_seed(1))
        losses = tiny.objective(output, of)
        tensors = [t for q in output.posteriors for t in (q.mean, q.log_variance)]
        tensors += [output.history, output.logit, losses.total, losses.reconstruction, losses.kl_per_dim]
        return tensors, tiny.gradients(model, losses.total)

    clean, clean_gradients = run(batch)
    dirty, dirty_gradients = run(soiled(batch))
    for a, b in zip(clean, dirty, strict=True):
        tiny.assert_equal(a, b)
    for name, gradient in clean_gradients.items():
        tiny.assert_close(dirty_gradients[name], gradient, 1e-12)


def outputs_of(model: SeqSetVAE, rows: Sequence[Patient], index: int) -> list[Tensor]:
    """Return posteriors, history, logit and reconstruction of patient `index` of a batch."""
    batch = tiny.batch(rows)
    output = model(batch)
    sets = batch.step_set[index]
    sets = sets[sets >= 0]
    events = batch.event_cell[torch.isin(batch.event_set.flatten()[batch.event_cell], sets)]
    return [
        *(t[sets] for q in output.posteriors for t in (q.mean, q.log_variance)),
        output.history[sets],
        output.logit[index],
        output.reconstruction.flatten(0, 1)[events],
        output.target.flatten(0, 1)[events],
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_patient_alone_is_the_patient_in_company(model: SeqSetVAE, place: int) -> None:
    """The company brings longer histories, wider blocks and more slots."""
    rows = tiny.patients()
    alone = outputs_of(model, [rows[place]], 0)
    for together, expected in zip(outputs_of(model, rows, place), alone, strict=True):
        tiny.assert_close(together, expected)


def test_the_order_of_patients_only_reorders_outputs(model: SeqSetVAE) -> None:
    rows = tiny.patients()
    turned = rows[::-1]
    for i in range(len(rows)):
        for a, b in zip(outputs_of(model, rows, i), outputs_of(model, turned, len(rows) - 1 - i), strict=True):
            tiny.assert_close(a, b)
    batch, other = tiny.batch(rows), tiny.batch(turned)
    tiny.assert_close(tiny.objective(model(batch), batch).total, tiny.objective(model(other), other).total)


def test_the_loss_of_a_batch_is_the_mean_over_its_sets_and_patients(model: SeqSetVAE) -> None:
    rows = tiny.patients()
    batches = [tiny.batch([row]) for row in rows]
    alone = [tiny.objective(model(b), b) for b in batches]
    sets = torch.tensor([b.num_sets for b in batches], dtype=torch.float64)
    batch = tiny.batch(rows)
    together = tiny.objective(model(batch), batch)
    for part in ("reconstruction", "kl"):
        each = torch.stack([getattr(losses, part) for losses in alone])
        tiny.assert_close(getattr(together, part), (each * sets).sum() / sets.sum())
    tiny.assert_close(together.classification, torch.stack([losses.classification for losses in alone]).mean())
