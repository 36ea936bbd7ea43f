"""`eval()` is deterministic and uses posterior means; training samples."""

from __future__ import annotations

import torch
from torch import Tensor

from seqsetvae.model.seqsetvae import SeqSetVAE, SeqSetVAEOutput
from tests import tiny


def run(model: SeqSetVAE, *, seed: int) -> SeqSetVAEOutput:
    torch.manual_seed(seed)
    output: SeqSetVAEOutput = model(tiny.batch(tiny.patients()))
    return output


def test_two_evaluations_are_equal_bit_for_bit() -> None:
    model = tiny.model(tiny.config(dropout=0.5))
    first, second = run(model, seed=0), run(model, seed=1)
    for name in ("history", "logit", "reconstruction", "target"):
        tiny.assert_equal(getattr(first, name), getattr(second, name))


def test_evaluation_leaves_the_random_state_alone() -> None:
    model = tiny.model(tiny.config(dropout=0.5))
    state = torch.random.get_rng_state()
    model(tiny.batch(tiny.patients()))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_evaluation_carries_the_posterior_means() -> None:
    model, batch = tiny.model(), tiny.batch(tiny.patients())
    output = model(batch)
    history, logit = model.carry(torch.cat([q.mean for q in output.posteriors], -1), batch)
    tiny.assert_equal(output.history, history)
    tiny.assert_equal(output.logit, logit)


def test_training_samples_but_encodes_the_same_posteriors() -> None:
    model = tiny.model()
    evaluated, first, second = run(model, seed=0), run(model.train(), seed=0), run(model, seed=1)
    for other in (first, second):
        tiny.assert_equal(other.posteriors[0].mean, evaluated.posteriors[0].mean)
        assert (other.history - evaluated.history).abs().max() > 1e-3
    assert (first.history - second.history).abs().max() > 1e-3


def test_dropout_never_touches_single_events() -> None:
    """Posteriors are the same with dropout on: a dropped event would be another set."""
    model = tiny.model(tiny.config(dropout=0.5)).train()
    tiny.assert_equal(run(model, seed=0).posteriors[1].mean, run(model, seed=1).posteriors[1].mean)


def carried(model: SeqSetVAE, *, seed: int) -> tuple[Tensor, Tensor]:
    """Return history and logit from the same latents, whatever the seed."""
    batch = tiny.batch(tiny.patients())
    z = torch.randn(batch.num_sets, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(seed)
    return model.carry(z, batch)


def test_dropout_acts_on_the_history_while_training() -> None:
    model = tiny.model(tiny.config(dropout=0.5)).train()
    assert not carried(model, seed=0)[0].equal(carried(model, seed=1)[0])


def test_dropout_acts_in_the_classifier_while_training() -> None:
    """Without a Transformer layer the history has no dropout of its own: what differs is the classifier."""
    model = tiny.model(tiny.config(dropout=0.5, transformer_layers=0)).train()
    (history, logit), (same_history, other_logit) = carried(model, seed=0), carried(model, seed=1)
    tiny.assert_equal(history, same_history)
    assert not logit.equal(other_logit)
