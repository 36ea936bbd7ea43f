"""Small patients, small models, and the objective that the tests of the model share.

Sizes are chosen by hand in each test, contents come from a seed. Everything is float64 unless a test says otherwise:
two ways to compute one thing then agree to many digits, and a tolerance of 1e-9 tells a wrong mask from rounding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seqsetvae.data.batch import EventBatch, collate
from seqsetvae.data.patient import Patient
from seqsetvae.model.losses import ChamferWeights, Losses, LossWeights, seqsetvae_loss
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE, SeqSetVAEOutput

NUM_VARIABLES = 11
EMBEDDING_DIM = 6

#: All three parts matter, at scales that let none of them hide another.
WEIGHTS = LossWeights(reconstruction=1.0, beta=0.5, classification=0.8)
CHAMFER = ChamferWeights(direction=0.7, magnitude=1.3, full=0.4)
FREE_BITS = 0.05
LABEL_SMOOTHING = 0.1

#: Set sizes of three patients: a set larger than the narrowest block, single events, a patient of one set.
MIXED = ((3, 1, 40), (5,), (1, 7, 2, 9))


def patient(sizes: Sequence[int], *, seed: int = 0, label: float = 1.0) -> Patient:
    """Return a patient with sets of the given sizes; its arrays are read-only, as those of a packed store are."""
    rng = np.random.default_rng(seed)
    offsets = np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int64)
    events = int(offsets[-1])
    made = Patient(
        variable_id=rng.integers(0, NUM_VARIABLES, events).astype(np.int16),
        value=rng.normal(size=events).astype(np.float32),
        set_offsets=offsets,
        minute=np.cumsum(rng.integers(1, 90, len(sizes))).astype(np.float64),
        label=label,
        patient_id=f"patient-{seed}",
    )
    for array in (made.variable_id, made.value, made.set_offsets, made.minute):
        array.setflags(write=False)
    return made


def patients(sizes: Sequence[Sequence[int]] = MIXED, *, seed: int = 0) -> list[Patient]:
    """Return one patient for each row of sizes, with labels 1, 0, 1, 0, …"""
    return [patient(row, seed=100 * seed + i, label=float(i % 2 == 0)) for i, row in enumerate(sizes)]


def reordered(
    original: Patient,
    order: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]],
    sets: Sequence[int] | None = None,
) -> Patient:
    """Return the patient with the event indices of each set (or of `sets` only) replaced by `order` of them."""
    rows = [np.arange(a, b) for a, b in zip(original.set_offsets[:-1], original.set_offsets[1:], strict=True)]
    rows = [order(row) if sets is None or i in sets else row for i, row in enumerate(rows)]
    index = np.concatenate(rows)
    return dataclasses.replace(
        original,
        variable_id=original.variable_id[index],
        value=original.value[index],
        set_offsets=np.concatenate(([0], np.cumsum([len(row) for row in rows]))).astype(np.int64),
    )


def config(
    *,
    embedding_dim: int | None = None,
    levels: int = 2,
    inducing_points: int = 0,
    decoder_layers: int = 1,
    transformer_layers: int = 2,
    dropout: float = 0.0,
) -> ModelConfig:
    """Return dimensions of which no two are equal where the code could confuse them."""
    return ModelConfig(
        num_variables=NUM_VARIABLES,
        embedding_dim=embedding_dim,
        reduced_dim=16,
        latent_dim=10,
        levels=levels,
        heads=2,
        inducing_points=inducing_points,
        decoder_layers=decoder_layers,
        ff_dim=20,
        transformer_heads=4,
        transformer_layers=transformer_layers,
        dropout=dropout,
    )


def model(dimensions: ModelConfig | None = None, *, seed: int = 0) -> SeqSetVAE:
    """Return a float64 model in eval mode, with every parameter moved away from its initial 0 or 1.

    A LayerNorm of weight 1 and bias 0, or a head of bias 0, could be left out without anyone noticing.
    """
    dimensions = dimensions or config()
    torch.manual_seed(seed)
    width = dimensions.embedding_dim
    embeddings = None if width is None else torch.randn(NUM_VARIABLES, width)
    built = SeqSetVAE(dimensions, embeddings).double().eval()
    with torch.no_grad():
        for parameter in built.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return built


def batch(rows: Sequence[Patient]) -> EventBatch:
    """Return the patients as one float64 batch."""
    return collate(rows).double()


def objective(
    output: SeqSetVAEOutput, of: EventBatch, *, weights: LossWeights = WEIGHTS, free_bits: float = FREE_BITS
) -> Losses:
    """Return the losses under the weights that all tests share."""
    return seqsetvae_loss(
        output, of, weights=weights, chamfer=CHAMFER, free_bits=free_bits, label_smoothing=LABEL_SMOOTHING
    )


def gradients(of: SeqSetVAE, loss: Tensor) -> dict[str, Tensor]:
    """Return the gradient of each parameter by name; a parameter that the loss does not reach is an error."""
    names, parameters = zip(*of.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


def assert_close(actual: Tensor, expected: Tensor, tolerance: float = 1e-9) -> None:
    """Assert equality up to `tolerance`, absolute and relative."""
    torch.testing.assert_close(actual, expected, rtol=tolerance, atol=tolerance)


def assert_equal(actual: Tensor, expected: Tensor) -> None:
    """Assert equality bit for bit."""
    torch.testing.assert_close(actual, expected, rtol=0.0, atol=0.0)
