import numpy as np
import pytest
import torch

from seqsetvae.benchmark.batch_shapes import describe_batches
from seqsetvae.benchmark.training_step import Objective, TrainingStep
from seqsetvae.data.batch import collate
from seqsetvae.data.patient import Patient
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.training.config import TrainConfig

pytestmark = pytest.mark.usefixtures("one_thread")

MODEL = ModelConfig(num_variables=5, embedding_dim=None, reduced_dim=16, latent_dim=8, ff_dim=16, transformer_layers=1)


def patient(*sizes: int, value: float = 0.5) -> Patient:
    events = sum(sizes)
    return Patient(
        patient_id="p",
        variable_id=np.arange(events, dtype=np.int16) % 5,
        value=np.full(events, value, dtype=np.float32),
        set_offsets=np.cumsum([0, *sizes]),
        minute=np.arange(len(sizes), dtype=np.float32),
        label=1.0,
    )


def step() -> TrainingStep:
    return TrainingStep(MODEL, Objective.of(TrainConfig(data_dir="")), precision="32", device="cpu")


def test_padding_of_each_form_is_counted() -> None:
    batches = [collate([patient(2, 6), patient(4)]), collate([patient(8), patient(8)])]
    row = describe_batches(batches, step())
    assert (row.batch_size, row.batches, row.events) == (2, 2, (12, 16))
    cells = sum(batch.variable.numel() for batch in batches)
    assert row.packed == pytest.approx(1 - 28 / cells)
    assert row.rectangular == pytest.approx(1 - 28 / (2 * 8 + 2 * 8))
    assert row.masked == 4
    assert row.sets == pytest.approx(1 - 28 / (3 * 6 + 2 * 8))
    assert (row.steps, row.width) == ((1, 2), (32, 32))


def test_steps_are_really_taken() -> None:
    model = step()
    before = [parameter.clone() for parameter in model.model.parameters()]
    row = describe_batches([collate([patient(2, 3)])], model)
    assert row.finite
    assert row.forward_seconds > 0
    assert row.step_seconds > 0
    assert any(not torch.equal(a, b) for a, b in zip(before, model.model.parameters(), strict=True))


def test_a_gradient_that_is_no_number_is_found() -> None:
    assert not describe_batches([collate([patient(2, 3, value=float("nan"))])], step()).finite
