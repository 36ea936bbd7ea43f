"""Mixed precision keeps what needs digits in float32, and training steps stay finite."""

from __future__ import annotations

import pytest
import torch

from seqsetvae.data.batch import collate
from seqsetvae.model.model_config import ModelConfig
from tests import tiny

FORMS = {"full attention": tiny.config(), "inducing points": tiny.config(inducing_points=3)}


@pytest.mark.parametrize("dimensions", FORMS.values(), ids=FORMS.keys())
def test_bfloat16_gives_nearly_the_losses_of_float32(dimensions: ModelConfig) -> None:
    model, batch = tiny.model(dimensions).float(), collate(tiny.patients())
    exact = tiny.objective(model(batch), batch)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = model(batch)
        mixed = tiny.objective(output, batch)
    assert output.posteriors[0].mean.dtype == output.posteriors[0].log_variance.dtype == torch.float32
    assert output.logit.dtype == torch.float32
    for part in ("total", "reconstruction", "kl", "classification"):
        assert getattr(mixed, part).dtype == torch.float32, part
        torch.testing.assert_close(getattr(mixed, part), getattr(exact, part), rtol=0.03, atol=0.01)


def test_bfloat16_gradients_are_finite_and_point_the_same_way() -> None:
    model, batch = tiny.model().float(), collate(tiny.patients())
    exact = tiny.gradients(model, tiny.objective(model(batch), batch).total)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = tiny.objective(model(batch), batch).total
    mixed = tiny.gradients(model, loss)
    flat, expected = (torch.cat([g.flatten() for g in part.values()]) for part in (mixed, exact))
    assert flat.isfinite().all()
    assert torch.cosine_similarity(flat, expected, dim=0) > 0.99


@pytest.mark.parametrize("value", [0.0, 1e3, -1e3])
def test_extreme_values_give_finite_losses_and_gradients(value: float) -> None:
    model, batch = tiny.model().float().train(), collate(tiny.patients())
    batch.value.fill_(value)
    loss = tiny.objective(model(batch), batch).total
    assert loss.isfinite()
    for name, gradient in tiny.gradients(model, loss).items():
        assert gradient.isfinite().all(), name
