"""The objective's parts against plain definitions of them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from seqsetvae.data.batch import EventBatch
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import ChamferWeights, LossWeights, chamfer_distance, classification_loss, kl_divergence
from seqsetvae.model.set_attention import SetMasks
from tests import tiny

DIRECTION = ChamferWeights(direction=1.0, magnitude=0.0, full=0.0)
MAGNITUDE = ChamferWeights(direction=0.0, magnitude=1.0, full=0.0)
FULL = ChamferWeights(direction=0.0, magnitude=0.0, full=1.0)
parts = pytest.mark.parametrize("weights", [DIRECTION, MAGNITUDE, FULL], ids=["direction", "magnitude", "full"])


def vectors(batch: EventBatch, seed: int) -> Tensor:
    """Return a random vector for every cell of the batch, padding included."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*batch.variable.shape, 5, dtype=torch.float64, generator=generator)


def distance(p: Tensor, t: Tensor, batch: EventBatch, weights: ChamferWeights) -> Tensor:
    masks = SetMasks(batch.event_slot, batch.slot_set.shape[1])
    return chamfer_distance(p, t, masks, batch.event_set, batch.set_size, weights)


def naive_cost(p: npt.NDArray[np.float64], t: npt.NDArray[np.float64], weights: ChamferWeights) -> float:
    length_p, length_t = math.sqrt(p @ p), math.sqrt(t @ t)
    cosine = float(p @ t) / (length_p * length_t)
    return (
        weights.direction * (1 - cosine)
        + weights.magnitude * (length_p - length_t) ** 2
        + weights.full * float((p - t) @ (p - t))
    )


def naive_distance(p: Tensor, t: Tensor, batch: EventBatch, weights: ChamferWeights) -> float:
    """Chamfer distance by its definition: every event looks for its cheapest partner in the other set."""
    total = 0.0
    for index in range(batch.num_sets):
        here = (batch.event_set == index) & (batch.event_slot >= 0)
        mine, true = p[here].numpy(), t[here].numpy()
        there = sum(min(naive_cost(a, b, weights) for b in true) for a in mine) / len(mine)
        back = sum(min(naive_cost(a, b, weights) for a in mine) for b in true) / len(true)
        total += 0.5 * (there + back)
    return total / batch.num_sets


class TestChamfer:
    @pytest.mark.parametrize("weights", [DIRECTION, MAGNITUDE, FULL, tiny.CHAMFER])
    def test_equals_the_naive_double_loop(self, weights: ChamferWeights) -> None:
        batch = tiny.batch(tiny.patients())
        p, t = vectors(batch, 1), vectors(batch, 2)
        assert distance(p, t, batch, weights).item() == pytest.approx(naive_distance(p, t, batch, weights), rel=1e-10)

    @parts
    def test_is_zero_between_a_set_and_itself_in_any_order(self, weights: ChamferWeights) -> None:
        batch = tiny.batch(tiny.patients())
        t = vectors(batch, 1)
        p = t.flatten(0, 1).clone()
        for row in torch.split(batch.event_cell, batch.set_size.tolist()):
            p[row] = p[row.flip(0)]
        assert not p.view_as(t).equal(t)
        assert abs(distance(p.view_as(t), t, batch, weights).item()) < 1e-12

    @parts
    @pytest.mark.parametrize("seed", range(5))
    def test_is_positive_between_different_sets(self, weights: ChamferWeights, seed: int) -> None:
        batch = tiny.batch(tiny.patients())
        assert distance(vectors(batch, seed), vectors(batch, seed + 100), batch, weights) > 1e-3

    def test_direction_ignores_length_and_magnitude_ignores_direction(self) -> None:
        batch = tiny.batch(tiny.patients())
        t = vectors(batch, 1)
        assert abs(distance(3 * t, t, batch, DIRECTION).item()) < 1e-12
        assert distance(3 * t, t, batch, MAGNITUDE) > 0.1
        assert abs(distance(-t, t, batch, MAGNITUDE).item()) < 1e-12
        assert distance(-t, t, batch, DIRECTION) > 0.1

    def test_is_the_mean_over_sets_whatever_their_sizes(self) -> None:
        """A set of forty events weighs as much as a set of one."""
        batch = tiny.batch([tiny.patient((40, 1))])
        t = torch.zeros(*batch.variable.shape, 2, dtype=torch.float64)
        p = t.clone()
        p.flatten(0, 1)[batch.event_cell[-1]] = torch.tensor([2.0, 0.0], dtype=torch.float64)
        assert distance(p, t, batch, FULL).item() == pytest.approx(4.0 / 2)

    def test_padding_holds_no_partner(self) -> None:
        batch = tiny.batch(tiny.patients())
        p, t = vectors(batch, 1), vectors(batch, 2)
        padding = (batch.event_slot < 0).unsqueeze(-1)
        soiled = distance(p.masked_fill(padding, 7.0), t.masked_fill(padding, -7.0), batch, tiny.CHAMFER)
        tiny.assert_equal(soiled, distance(p, t, batch, tiny.CHAMFER))

    @parts
    def test_zero_vectors_give_a_finite_distance_and_finite_gradients(self, weights: ChamferWeights) -> None:
        batch = tiny.batch(tiny.patients())
        p = torch.zeros(*batch.variable.shape, 5, dtype=torch.float64, requires_grad=True)
        for t in (vectors(batch, 1), torch.zeros_like(p)):
            loss = distance(p, t, batch, weights)
            assert loss.isfinite()
            assert torch.autograd.grad(loss, p)[0].isfinite().all()

    def test_half_precision_is_widened_before_it_is_squared(self) -> None:
        batch = tiny.batch(tiny.patients())
        p, t = vectors(batch, 1).bfloat16(), vectors(batch, 2).bfloat16()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = distance(p, t, batch, tiny.CHAMFER)
        assert half.dtype == torch.float32
        tiny.assert_close(half.double(), distance(p.double(), t.double(), batch, tiny.CHAMFER), 1e-5)

    @pytest.mark.parametrize("values", [(-1.0, 1.0, 1.0), (0.0, 0.0, 0.0)])
    def test_weights_that_measure_nothing_are_refused(self, values: tuple[float, float, float]) -> None:
        direction, magnitude, full = values
        with pytest.raises(ValueError, match=r"at least 0 and one of them positive, got \("):
            ChamferWeights(direction=direction, magnitude=magnitude, full=full)


def posterior(mean: Tensor, log_variance: Tensor | None = None) -> GaussianPosterior:
    return GaussianPosterior(mean=mean, log_variance=torch.zeros_like(mean) if log_variance is None else log_variance)


class TestKl:
    def test_levels_are_concatenated_and_sets_averaged(self) -> None:
        q = posterior(torch.tensor([[2.0, 0.0], [0.0, 0.0]])), posterior(torch.tensor([[0.0, 4.0], [0.0, 2.0]]))
        penalty, per_dim = kl_divergence(q, free_bits=0.0)
        assert per_dim.tolist() == [1.0, 0.0, 0.0, 5.0]  # ½ μ², mean over two sets
        assert penalty.item() == 6.0

    def test_free_bits_raise_the_penalty_and_not_what_is_reported(self) -> None:
        q = [posterior(torch.tensor([[2.0, 0.2], [0.0, 0.0]]))]
        penalty, per_dim = kl_divergence(q, free_bits=0.5)
        assert per_dim.tolist() == pytest.approx([1.0, 0.01])
        assert penalty.item() == pytest.approx(1.0 + 0.5)

    def test_a_dimension_below_its_free_bits_is_left_alone(self) -> None:
        mean = torch.tensor([[2.0, 0.2], [0.1, 0.3]], requires_grad=True)
        penalty, _ = kl_divergence([posterior(mean)], free_bits=0.5)
        gradient = torch.autograd.grad(penalty, mean)[0]
        assert gradient[:, 1].tolist() == [0.0, 0.0]
        # They act on the batch mean: the second set's first dimension is below them, its mean is not.
        tiny.assert_close(gradient[:, 0], torch.tensor([1.0, 0.05]), 1e-6)


class TestClassification:
    def test_is_the_mean_cross_entropy(self) -> None:
        logit, label = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([1.0, 1.0, 0.0])
        chance = [1 / (1 + math.exp(-x)) for x in logit.tolist()]
        expected = -(math.log(chance[0]) + math.log(chance[1]) + math.log(1 - chance[2])) / 3
        assert classification_loss(logit, label, 0.0).item() == pytest.approx(expected, rel=1e-6)

    @pytest.mark.parametrize(("label", "target"), [(1.0, 0.95), (0.0, 0.05)])
    def test_smoothing_moves_the_best_logit_to_a_finite_one(self, label: float, target: float) -> None:
        logit = torch.tensor([math.log(target / (1 - target))], requires_grad=True)
        loss = classification_loss(logit, torch.tensor([label]), 0.1)
        assert abs(torch.autograd.grad(loss, logit)[0].item()) < 1e-6

    def test_stays_finite_for_confident_mistakes(self) -> None:
        loss = classification_loss(torch.tensor([-1e4, 1e4]), torch.tensor([1.0, 0.0]), 0.0)
        assert loss.item() == pytest.approx(1e4)


class TestObjective:
    def test_is_the_weighted_sum_of_its_parts(self) -> None:
        model, batch = tiny.model(), tiny.batch(tiny.patients())
        output = model(batch)
        losses = tiny.objective(output, batch)
        penalty = losses.kl_per_dim.clamp(min=tiny.FREE_BITS).sum()
        expected = 1.0 * losses.reconstruction + 0.5 * penalty + 0.8 * losses.classification
        tiny.assert_close(losses.total.detach(), expected, 1e-12)

    def test_kl_is_reported_raw_whatever_free_bits_and_beta(self) -> None:
        model, batch = tiny.model(), tiny.batch(tiny.patients())
        output = model(batch)
        expected = torch.cat([q.kl() for q in output.posteriors], -1).mean(0).detach()
        plain = tiny.objective(output, batch)
        changed = tiny.objective(
            output, batch, weights=LossWeights(reconstruction=3.0, beta=0.0, classification=0.0), free_bits=10.0
        )
        for losses in (plain, changed):
            tiny.assert_close(losses.kl_per_dim, expected, 1e-12)
            tiny.assert_close(losses.kl, expected.sum(), 1e-12)
        assert not plain.total.isclose(changed.total)

    def test_only_the_total_carries_gradients(self) -> None:
        """What is logged must not keep the graph of a step alive."""
        model, batch = tiny.model(), tiny.batch(tiny.patients())
        losses = tiny.objective(model(batch), batch)
        carrying = [f.name for f in dataclasses.fields(losses) if getattr(losses, f.name).requires_grad]
        assert carrying == ["total"]

    def test_generous_free_bits_take_the_kl_away_from_the_encoder(self) -> None:
        """Free bits above every dimension's KL: the penalty is a constant and the encoder feels no KL at all."""
        model, batch = tiny.model(), tiny.batch(tiny.patients())
        weights = LossWeights(reconstruction=0.0, beta=1.0, classification=0.0)
        total = tiny.objective(model(batch), batch, weights=weights, free_bits=1e3).total
        assert total.item() == pytest.approx(20 * 1e3)
        assert all(not gradient.any() for gradient in tiny.gradients(model, total).values())
