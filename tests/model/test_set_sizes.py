"""Sets of every size work, and the model sees how large a set is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch

from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.reference import Reference
from tests import tiny

FORMS = {"full attention": tiny.config(), "inducing points": tiny.config(inducing_points=3)}
forms = pytest.mark.parametrize("dimensions", FORMS.values(), ids=FORMS.keys())


@forms
@pytest.mark.parametrize(
    "sizes",
    [[(1,)], [(1, 1, 1)], [(5,)], [(39, 2)], [(300, 1)], [(32, 32)], [(1,), (300,)]],
    ids=["one event", "single events", "one set", "largest of PhysioNet", "very large", "full blocks", "both ends"],
)
def test_sets_of_any_size_agree_with_the_reference(dimensions: ModelConfig, sizes: list[tuple[int, ...]]) -> None:
    model, rows = tiny.model(dimensions), tiny.patients(sizes)
    batch = tiny.batch(rows)
    with torch.no_grad():
        output, expected = model(batch), Reference(model, tiny.CHAMFER)(rows)
    tiny.assert_close(output.posteriors[-1].mean, expected.posteriors[-1].mean)
    tiny.assert_close(output.history, expected.history)
    tiny.assert_close(output.logit, expected.logit)
    tiny.assert_close(tiny.objective(output, batch).reconstruction, expected.reconstruction)


@forms
@pytest.mark.parametrize("sizes", [[(1,)], [(1, 1), (1,)], [(300,)]], ids=["one event", "single events", "very large"])
def test_their_gradients_are_finite(dimensions: ModelConfig, sizes: list[tuple[int, ...]]) -> None:
    model, batch = tiny.model(dimensions).train(), tiny.batch(tiny.patients(sizes))
    for name, gradient in tiny.gradients(model, tiny.objective(model(batch), batch).total).items():
        assert gradient.isfinite().all(), name


def twice(events: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.tile(events, 2)


@forms
def test_a_set_with_every_event_twice_is_another_set(dimensions: ModelConfig) -> None:
    model, row = tiny.model(dimensions), tiny.patient((4, 6, 2))
    doubled = tiny.reordered(row, twice, sets=[1])
    once, more = model(tiny.batch([row])).posteriors, model(tiny.batch([doubled])).posteriors
    for q, p in zip(once, more, strict=True):
        moved = (q.mean - p.mean).abs().amax(-1)
        assert moved[1] > 1e-3
        tiny.assert_close(moved[[0, 2]], torch.zeros(2, dtype=torch.float64))


@forms
def test_attention_and_pooling_alone_could_not_tell_them_apart(dimensions: ModelConfig) -> None:
    """Weighted means of duplicated events are the means of the events; only the size that pooling adds differs."""
    model, row = tiny.model(dimensions), tiny.patient((4, 6, 2))
    with torch.no_grad():
        for pooling in model.encoder.poolings:
            pooling.size.weight.zero_()
    once, more = model(tiny.batch([row])), model(tiny.batch([tiny.reordered(row, twice)]))
    tiny.assert_close(once.posteriors[-1].mean, more.posteriors[-1].mean)
