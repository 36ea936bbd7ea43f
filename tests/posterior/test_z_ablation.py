"""Another set's z costs reconstruction where the decoder uses z, and nothing where it does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.losses import LossWeights
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.posterior import z_ablation as ablation
from seqsetvae.posterior.z_ablation import partners_of_equal_size, z_ablation
from tests import tiny

pytestmark = pytest.mark.usefixtures("one_thread")

#: Sets of 2 and of 3 events, so that each has others of its size.
SIZES = ((2, 3, 2, 3, 2), (3, 2, 2, 3), (2, 2, 3, 3, 3))


@pytest.fixture
def batch() -> EventBatch:
    return tiny.batch(tiny.patients(SIZES))


def trained(batch: EventBatch, steps: int) -> SeqSetVAE:
    """Return a model that has learned to reconstruct this batch, with next to no price on its KL."""
    model = tiny.model(tiny.config(transformer_layers=1)).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    weights = LossWeights(reconstruction=1.0, beta=1e-4, classification=0.0)
    for _ in range(steps):
        optimizer.zero_grad()
        tiny.objective(model(batch), batch, weights=weights).total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return model.eval()


class TestTheMeasurement:
    def test_a_model_that_cannot_see_z_loses_exactly_nothing(self, batch: EventBatch) -> None:
        model = tiny.model()
        with torch.no_grad():
            model.latent.weight.zero_()
        assert float(z_ablation(model, batch, tiny.CHAMFER)) == 0.0

    def test_a_collapsed_posterior_loses_exactly_nothing(self, batch: EventBatch) -> None:
        """Every set has the same mean, whatever the decoder would make of another."""
        model = tiny.model()
        with torch.no_grad():
            for head in model.encoder.heads:
                head.parameters_of_q.weight.zero_()
        assert float(z_ablation(model, batch, tiny.CHAMFER)) == 0.0

    def test_a_model_that_has_learned_from_z_loses_much(self, batch: EventBatch) -> None:
        torch.manual_seed(0)
        model = trained(batch, steps=40)
        torch.manual_seed(0)
        assert float(z_ablation(model, batch, tiny.CHAMFER)) > 0.1

    def test_it_is_the_relative_rise_of_the_reconstruction_loss(
        self, batch: EventBatch, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first pass is the right one: with every set its own partner nothing rises."""
        model = tiny.model()
        monkeypatch.setattr(ablation, "partners_of_equal_size", lambda sizes: torch.arange(len(sizes)))
        assert float(z_ablation(model, batch, tiny.CHAMFER)) == 0.0
        losses = iter([4.0, 5.0])
        monkeypatch.setattr(ablation, "chamfer_distance", lambda *_: torch.tensor(next(losses)))
        assert float(z_ablation(model, batch, tiny.CHAMFER)) == pytest.approx(0.25)

    def test_sets_that_are_alone_with_their_size_keep_their_z(self) -> None:
        alone = tiny.batch(tiny.patients([(1, 2, 3), (4, 5)]))
        assert float(z_ablation(tiny.model(), alone, tiny.CHAMFER)) == 0.0

    def test_padding_takes_no_part(self) -> None:
        uneven = tiny.batch(tiny.patients([(2, 3, 2, 2), (3, 2)]))
        assert (uneven.event_slot < 0).any()
        clean = tiny.batch(tiny.patients([(2, 3, 2, 2), (3, 2)]))
        clean.value.masked_fill_(clean.event_slot < 0, float("nan"))
        clean.minute.masked_fill_(clean.step_set < 0, float("nan"))

        def measured(of: EventBatch) -> float:
            torch.manual_seed(0)
            return float(z_ablation(tiny.model(), of, tiny.CHAMFER))

        assert measured(clean) == measured(uneven) != 0.0


class TestSideEffects:
    @pytest.mark.parametrize("training", [True, False])
    def test_the_mode_is_put_back_and_no_gradient_is_left(self, batch: EventBatch, training: bool) -> None:
        model = tiny.model(tiny.config(dropout=0.5)).train(training)
        relative = z_ablation(model, batch, tiny.CHAMFER)
        assert all(part.training is training for part in model.modules())
        assert not relative.requires_grad
        assert all(parameter.grad is None for parameter in model.parameters())
        assert torch.is_grad_enabled()

    def test_the_mode_is_put_back_after_an_error_too(self, batch: EventBatch, monkeypatch: pytest.MonkeyPatch) -> None:
        model = tiny.model().train()

        def broken(*_: object) -> None:
            raise RuntimeError("no memory")

        monkeypatch.setattr(ablation, "chamfer_distance", broken)
        with pytest.raises(RuntimeError, match="no memory"):
            z_ablation(model, batch, tiny.CHAMFER)
        assert model.training

    def test_dropout_is_off(self, batch: EventBatch) -> None:
        """A model that drops half of everything gives what the one without dropout gives."""

        def measured(dropout: float) -> float:
            model = tiny.model(tiny.config(dropout=dropout)).train()
            torch.manual_seed(0)
            return float(z_ablation(model, batch, tiny.CHAMFER))

        assert measured(0.5) == measured(0.0)


class TestPartners:
    @given(sizes=st.lists(st.integers(1, 6), min_size=1, max_size=40), seed=st.integers(0, 2**31))
    @settings(max_examples=100)
    def test_everyone_gets_another_of_its_size_where_there_is_one(self, sizes: list[int], seed: int) -> None:
        torch.manual_seed(seed)
        set_size = torch.tensor(sizes)
        partner = partners_of_equal_size(set_size)
        assert sorted(partner.tolist()) == list(range(len(sizes))), "each set's z goes to one set"
        assert torch.equal(set_size[partner], set_size)
        keeps = partner == torch.arange(len(sizes))
        assert keeps.tolist() == [sizes.count(size) == 1 for size in sizes]

    def test_partners_are_drawn_anew(self) -> None:
        torch.manual_seed(0)
        drawn = {tuple(partners_of_equal_size(torch.full((6,), 3)).tolist()) for _ in range(50)}
        assert len(drawn) > 20

    def test_no_two_sets_of_a_size_are_partners_more_often_than_others(self) -> None:
        torch.manual_seed(0)
        counts = np.zeros((4, 4))
        for _ in range(600):
            counts[np.arange(4), partners_of_equal_size(torch.full((4,), 2)).numpy()] += 1
        assert counts.diagonal().sum() == 0
        assert counts[~np.eye(4, dtype=bool)].min() > 150, "200 each, with a standard deviation of 12"
