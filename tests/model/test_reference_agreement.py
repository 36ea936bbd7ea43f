"""The batched model computes what the plain per-set reference computes, in every form it can be built in.

The reference (`seqsetvae.model.reference`) is nested loops over patients, sets and heads: no blocks, masks or padding.
In float64 the two agree to rounding, the gradients of all parameters included.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from seqsetvae.data.batch import PatientArrays, collate
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.reference import Reference, ReferenceOutput
from tests import tiny

CONFIGS = {
    "full attention": tiny.config(),
    "inducing points": tiny.config(inducing_points=3),
    "given embeddings": tiny.config(embedding_dim=tiny.EMBEDDING_DIM),
    "given embeddings, inducing points": tiny.config(embedding_dim=tiny.EMBEDDING_DIM, inducing_points=2),
    "no attention in the decoder": tiny.config(decoder_layers=0, levels=1),
    "deep": tiny.config(decoder_layers=2, levels=3),
    "deep, inducing points": tiny.config(decoder_layers=2, levels=3, inducing_points=2),
    "no Transformer layer": tiny.config(transformer_layers=0),
}


class Recorded(Reference):
    """A reference that keeps what it computed on the way to its loss; running it twice would take twice as long."""

    output: ReferenceOutput

    def __call__(self, patients: Sequence[PatientArrays]) -> ReferenceOutput:
        self.output = super().__call__(patients)
        return self.output


@pytest.mark.parametrize("dimensions", CONFIGS.values(), ids=CONFIGS.keys())
def test_outputs_loss_and_all_gradients_equal_the_reference(dimensions: ModelConfig) -> None:
    model, rows = tiny.model(dimensions), tiny.patients()
    batch, reference = tiny.batch(rows), Recorded(model, tiny.CHAMFER)
    expected_loss = reference.loss(
        rows, weights=tiny.WEIGHTS, free_bits=tiny.FREE_BITS, label_smoothing=tiny.LABEL_SMOOTHING
    )
    output = model(batch)
    losses, expected = tiny.objective(output, batch), reference.output

    assert len(output.posteriors) == len(expected.posteriors) == dimensions.levels
    for q, p in zip(output.posteriors, expected.posteriors, strict=True):
        tiny.assert_close(q.mean, p.mean)
        tiny.assert_close(q.log_variance, p.log_variance)
    tiny.assert_close(output.history, expected.history)
    tiny.assert_close(output.logit, expected.logit)
    tiny.assert_close(losses.reconstruction, expected.reconstruction.detach())
    tiny.assert_close(losses.total, expected_loss)

    expected_gradients = tiny.gradients(model, expected_loss)
    for name, gradient in tiny.gradients(model, losses.total).items():
        tiny.assert_close(gradient, expected_gradients[name], 1e-8)


def test_in_float32_they_agree_to_six_digits() -> None:
    model, rows = tiny.model(), tiny.patients()
    exact = Reference(model, tiny.CHAMFER)(rows)
    single = model.float()(collate(rows))
    tiny.assert_close(single.history.double(), exact.history, 1e-5)
    tiny.assert_close(single.logit.double(), exact.logit, 1e-5)


def test_in_training_z_is_drawn_level_by_level_from_the_given_generator() -> None:
    """The reference covers everything after z; this covers how z comes about where it is not the mean."""
    model, batch = tiny.model().train(), tiny.batch(tiny.patients())
    output = model(batch, generator=torch.Generator().manual_seed(3))
    generator = torch.Generator().manual_seed(3)
    z = [
        q.mean + (0.5 * q.log_variance).exp() * torch.randn(q.mean.shape, generator=generator, dtype=torch.float64)
        for q in output.posteriors
    ]
    history, logit = model.carry(torch.cat(z, -1), batch)
    tiny.assert_close(output.history, history)
    tiny.assert_close(output.logit, logit)
