"""A set has no order: shuffling its events changes neither its posterior nor the loss."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pytest

from seqsetvae.model.model_config import ModelConfig
from tests import tiny


@pytest.mark.parametrize(
    "dimensions", [tiny.config(levels=3), tiny.config(inducing_points=3)], ids=["full attention", "inducing points"]
)
def test_posteriors_history_logit_and_loss_ignore_the_order_of_events(dimensions: ModelConfig) -> None:
    rng = np.random.default_rng(5)

    def shuffle(events: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return rng.permutation(events)

    model, rows = tiny.model(dimensions), tiny.patients()
    batch, shuffled = tiny.batch(rows), tiny.batch([tiny.reordered(row, shuffle) for row in rows])
    assert not batch.value.equal(shuffled.value)

    first, second = model(batch), model(shuffled)
    for q, p in zip(first.posteriors, second.posteriors, strict=True):
        tiny.assert_close(q.mean, p.mean)
        tiny.assert_close(q.log_variance, p.log_variance)
    tiny.assert_close(first.history, second.history)
    tiny.assert_close(first.logit, second.logit)
    tiny.assert_close(tiny.objective(first, batch).total, tiny.objective(second, shuffled).total)


def test_the_order_of_sets_does_matter() -> None:
    """The counterpart: sets are a sequence, and exchanging the contents of two of them is another history."""
    model, row = tiny.model(), tiny.patient((4, 4, 4))
    exchanged = np.concatenate((np.arange(4, 8), np.arange(4), np.arange(8, 12)))
    other = dataclasses.replace(row, variable_id=row.variable_id[exchanged], value=row.value[exchanged])
    last, other_last = model(tiny.batch([row])).history[-1], model(tiny.batch([other])).history[-1]
    assert (last - other_last).abs().max() > 1e-3
