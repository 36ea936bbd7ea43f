"""What a training step does, beside what the model and the losses do: noise, weights, rates, clipping, its report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from seqsetvae.data.batch import EventBatch, collate, collate_or_stand_in
from seqsetvae.model.losses import Losses
from seqsetvae.posterior.statistics import PosteriorStatistics
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.evaluation import Evaluation
from seqsetvae.training.module import SeqSetVAEModule, freeze_first, noise_seed
from tests import tiny
from tests.training_runs import TINY

pytestmark = pytest.mark.usefixtures("one_thread")


def module(**changes: Any) -> SeqSetVAEModule:
    defaults: dict[str, Any] = {"data_dir": "", "precision": "32", "dropout": 0.2, **TINY}
    config = TrainConfig(**{**defaults, **changes})
    torch.manual_seed(0)
    return SeqSetVAEModule(
        config=config,
        model_config=config.model(num_variables=tiny.NUM_VARIABLES, embedding_dim=None),
        variables=[f"v{i}" for i in range(tiny.NUM_VARIABLES)],
    )


@pytest.fixture
def batch() -> EventBatch:
    return collate(tiny.patients())


class NoWaiting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Raises where the host would wait for a value, or a shape would depend on one."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(
        self,
        func: torch._ops.OpOverload[..., Any],
        types: Sequence[type],
        args: tuple[object, ...] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        name = func._schema.name
        if name in ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::equal"):
            raise AssertionError(f"{name} waits for the device")
        return func(*args, **(kwargs or {}))


class TestTheStep:
    def test_it_waits_for_nothing_and_neither_do_the_statistics(self, batch: EventBatch) -> None:
        trained = module()
        statistics = PosteriorStatistics([8, 8])
        with NoWaiting():
            trained.on_train_batch_start(batch, 0)
            trained.training_step(batch, 0).backward()  # type: ignore[no-untyped-call]
            trained.configure_gradient_clipping(torch.optim.SGD(trained.parameters()), 0.5, "norm")
            assert trained.report is not None
            statistics.update(trained.report.posteriors, trained.report.losses.reconstruction)

    def test_what_waits_is_caught(self) -> None:
        with NoWaiting(), pytest.raises(AssertionError, match="waits for the device"):
            torch.ones(1).item()

    def test_it_leaves_a_report_that_keeps_no_graph(self, batch: EventBatch) -> None:
        trained = module()
        loss = trained.training_step(batch, 0)
        report = trained.report
        assert report is not None
        assert report.losses.total is loss
        assert [tuple(q.mean.shape) for q in report.posteriors] == [(batch.num_sets, 8)] * 2
        assert not any(q.mean.requires_grad or q.log_variance.requires_grad for q in report.posteriors)
        assert report.correct.shape == (batch.num_patients,)
        assert report.weights.beta == 0.0

    def test_the_same_batch_of_the_same_epoch_draws_the_same_noise(self, batch: EventBatch) -> None:
        """Whatever was drawn in between, which is what a resumed run lacks."""
        trained = module()

        def loss(batch_idx: int) -> float:
            torch.randn(3)
            trained.on_train_batch_start(batch, batch_idx)
            return float(trained.training_step(batch, batch_idx).detach())

        first = loss(0)
        assert loss(1) != first
        assert loss(0) == first

    def test_validation_draws_no_noise_and_does_not_disturb_that_of_training(self, batch: EventBatch) -> None:
        trained = module().eval()
        state = torch.get_rng_state()
        with torch.no_grad():
            first, second = trained(batch), trained(batch)
        assert torch.equal(first.logit, second.logit)
        assert torch.equal(torch.get_rng_state(), state)


class TestNoiseSeeds:
    def test_they_differ_in_every_argument_and_fit_into_63_bits(self) -> None:
        seeds = [
            noise_seed(seed, epoch, batch, rank)
            for seed in range(3)
            for epoch in range(3)
            for batch in range(20)
            for rank in range(2)
        ]
        assert len(set(seeds)) == len(seeds)
        assert all(0 <= seed < 2**63 for seed in seeds)

    def test_numbers_are_not_run_together(self) -> None:
        assert noise_seed(1, 11, 1, 0) != noise_seed(11, 1, 1, 0)


class AtStep(pl.Trainer):
    """A trainer that only says which step it is at."""

    def __init__(self, step: int) -> None:
        self._step = step

    @property
    def global_step(self) -> int:
        return self._step


def test_the_weights_follow_their_schedules() -> None:
    trained = module(max_beta=0.2, beta_warmup_steps=100, classification_weight=3.0, classification_warmup_steps=10)
    trained.trainer = AtStep(5)
    weights = trained.loss_weights()
    assert (weights.reconstruction, weights.beta, weights.classification) == pytest.approx((1.0, 0.01, 1.5))


class TestTheOptimizer:
    def test_the_set_encoder_learns_slower_and_only_matrices_decay(self) -> None:
        trained = module(learning_rate=1e-3, set_encoder_lr_factor=0.25, weight_decay=0.1)
        optimizer = trained.configure_optimizers()["optimizer"]
        encoder = {id(p) for p in trained.model.encoder.parameters()}
        seen = 0
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                assert group["initial_lr"] == (0.00025 if id(parameter) in encoder else 0.001)
                assert group["weight_decay"] == (0.1 if parameter.ndim >= 2 else 0.0)
                seen += 1
        assert seen == len(list(trained.parameters()))

    def test_frozen_weights_are_not_its_concern(self) -> None:
        trained = module()
        for parameter in trained.model.encoder.parameters():
            parameter.requires_grad_(False)
        groups = trained.configure_optimizers()["optimizer"].param_groups
        assert {group["name"] for group in groups} == {"rest", "rest_no_decay"}

    def test_the_fused_step_would_unscale_float16_gradients_after_clipping(self) -> None:
        for precision, fused in (("16-mixed", False), ("32", True), ("bf16-mixed", True)):
            assert module(precision=precision).configure_optimizers()["optimizer"].defaults["fused"] is fused

    @pytest.mark.parametrize("limit", [0.5, None])
    def test_the_norm_is_reported_from_before_clipping(self, limit: float | None) -> None:
        trained = module()
        for parameter in trained.parameters():
            parameter.grad = torch.ones_like(parameter)
        count = sum(parameter.numel() for parameter in trained.parameters())
        trained.configure_gradient_clipping(torch.optim.SGD(trained.parameters()), limit, "norm")
        assert trained.gradient_norm is not None
        assert float(trained.gradient_norm) == pytest.approx(count**0.5, rel=1e-5)
        squares = sum(float(p.grad.square().sum()) for p in trained.parameters() if p.grad is not None)
        assert squares**0.5 == pytest.approx(limit or count**0.5, rel=1e-4)


class TestFreezing:
    def layers(self) -> nn.Sequential:
        return nn.Sequential(*(nn.Linear(3, 3, bias=False) for _ in range(4)))

    @pytest.mark.parametrize(("share", "frozen"), [(0.0, 0), (0.25, 1), (0.3, 1), (0.5, 2), (0.99, 3), (1.0, 4)])
    def test_first_layers_first_and_whole_tensors_only(self, share: float, frozen: int) -> None:
        layers = self.layers()
        assert freeze_first(layers, share) == 9 * frozen
        assert [p.requires_grad for p in layers.parameters()] == [False] * frozen + [True] * (4 - frozen)


class TestEvaluation:
    def losses(self, value: float) -> Losses:
        number = torch.tensor(value)
        return Losses(
            total=number, reconstruction=number, kl=number, kl_per_dim=torch.zeros(1), classification=number
        )  # fmt: skip

    def test_losses_weigh_by_what_they_are_means_over(self) -> None:
        evaluation = Evaluation()
        small, large = (collate(tiny.patients(sizes)) for sizes in ([(1,)], [(1, 1, 1, 1), (2, 2), (3,)]))
        for value, batch in ((1.0, small), (2.0, large)):
            evaluation.update(self.losses(value), torch.zeros(batch.num_patients), batch)
        found = evaluation.metrics()
        assert found["loss"] == found["classification"] == pytest.approx((1 * 1 + 3 * 2) / 4)
        assert found["recon"] == found["kl"] == pytest.approx((1 * 1 + 7 * 2) / 8)

    @pytest.mark.parametrize(("logits", "auroc"), [((3.0, -1.0, 2.0), 1.0), ((-3.0, 1.0, -2.0), 0.0)])
    def test_patients_are_ranked_over_all_batches(self, logits: tuple[float, ...], auroc: float) -> None:
        evaluation = Evaluation()
        for logit, patient in zip(logits, tiny.patients(), strict=True):
            evaluation.update(self.losses(0.0), torch.tensor([logit]), collate([patient]))
        metrics = evaluation.metrics()
        assert metrics["auroc"] == auroc
        assert metrics["accuracy"] == auroc

    def evaluated(self, logits: Sequence[float], labels: Sequence[float], loss: float = 0.0) -> Evaluation:
        evaluation = Evaluation()
        for number, (logit, label) in enumerate(zip(logits, labels, strict=True)):
            batch = collate([tiny.patient((1,), seed=number, label=label)])
            evaluation.update(self.losses(loss), torch.tensor([logit]), batch)
        return evaluation

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize("place", [0, 3])
    def test_a_probability_that_is_not_finite_makes_all_of_them_nan(self, bad: float, place: int) -> None:
        """Ranked by position, it would make a model of NaN as good as the order of its patients."""
        logits = [2.0, 1.0, -1.0, -2.0]
        logits[place] = bad
        evaluation = self.evaluated(logits, (1, 1, 0, 0))
        found = evaluation.metrics()
        assert all(math.isnan(found[name]) for name in ("auroc", "auprc", "accuracy"))
        assert evaluation.non_finite == 1

    def test_a_loss_that_is_nan_in_one_batch_is_nan(self) -> None:
        evaluation = self.evaluated((1.0, -1.0), (1, 0))
        evaluation.update(self.losses(math.nan), torch.zeros(1), collate([tiny.patient((1,))]))
        found = evaluation.metrics()
        assert all(math.isnan(found[name]) for name in ("loss", "recon", "kl", "classification"))
        assert evaluation.non_finite == 0

    @pytest.mark.parametrize(("label", "accuracy"), [(0.0, 0.25), (1.0, 0.75)])
    def test_one_class_has_no_ranking_but_an_accuracy(self, label: float, accuracy: float) -> None:
        found = self.evaluated((2.0, 1.0, 0.5, -2.0), [label] * 4).metrics()
        assert math.isnan(found["auroc"])
        assert math.isnan(found["auprc"])
        assert found["accuracy"] == accuracy

    def test_what_was_before_is_forgotten(self) -> None:
        evaluation = self.evaluated((math.nan, 1.0), (1, 0))
        evaluation.metrics()
        evaluation.start()
        evaluation.update(self.losses(1.0), torch.tensor([1.0, -1.0]), collate(tiny.patients([(1,), (1,)])))
        assert evaluation.metrics()["auroc"] == 1.0
        assert evaluation.non_finite == 0

    def test_a_stand_in_does_not_count(self) -> None:
        evaluated = module().eval()
        counted = collate(tiny.patients())
        with torch.no_grad():
            evaluated.validation_step(counted, 0)
            expected = evaluated.evaluation.metrics()
            evaluated.validation_step(collate_or_stand_in([], stand_in=tiny.patient((4,))), 1)
        assert evaluated.evaluation.metrics() == expected


def test_a_step_of_nan_has_no_accuracy(batch: EventBatch) -> None:
    """A NaN is not above 0, and would be right about every patient of label 0."""
    trained = module()
    with torch.no_grad():
        for parameter in trained.model.classifier.parameters():
            parameter.fill_(torch.nan)
    trained.training_step(batch, 0)
    assert trained.report is not None
    assert trained.report.correct.isnan().all()


def test_a_checkpoint_explains_itself() -> None:
    trained = module()
    checkpoint: dict[str, Any] = {}
    trained.on_save_checkpoint(checkpoint)
    assert checkpoint["seqsetvae"] == {
        "config": trained.config.to_dict(),
        "model": asdict(trained.model.config),
        "variables": list(trained.variables),
        "data": trained.data_identity,
    }
