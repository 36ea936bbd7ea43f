"""What monitoring costs is counted as training pays it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
import pytorch_lightning as pl
import torch

from seqsetvae.benchmark import monitoring_cost
from seqsetvae.benchmark.monitoring_cost import Monitoring, Parts, sample_every
from seqsetvae.benchmark.training_step import Objective, TrainingStep
from seqsetvae.callbacks.posterior_monitor import PosteriorMonitor
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.config import TrainConfig
from seqsetvae.data.batch import EventBatch, collate
from seqsetvae.schedules import CheckSchedule
from tests import tiny
from tests.callbacks.stand_ins import StandInModule, report

pytestmark = pytest.mark.usefixtures("one_thread")


class TestSecondsOfAStep:
    @pytest.mark.parametrize(
        ("update_frequency", "sampled", "checks", "ablations"),
        [
            (200, 1 / 10, 1 / 200, 1 / 200),
            (20, 1.0, 1 / 20, 1 / 200),
            (1, 1.0, 1.0, 1 / 200),
            (50, 1 / 2, 1 / 50, 1 / 200),
            (30, 1.0, 1 / 30, 1 / 210),  # ablation waits for a check
            (45, 23 / 45, 1 / 45, 1 / 225),  # the first of a check is sampled, then every second
            (1000, 1 / 50, 1 / 1000, 1 / 1000),
        ],
    )
    def test_each_part_counts_as_often_as_it_comes(
        self, update_frequency: int, sampled: float, checks: float, ablations: float
    ) -> None:
        parts = Parts(update=1.0, sampled_update=11.0, check=100.0, ablation=10_000.0)
        expected = 1.0 + 10.0 * sampled + 100.0 * checks + 10_000.0 * ablations
        assert parts.per_step(update_frequency) == pytest.approx(expected)


@pytest.mark.parametrize("update_frequency", [1, 19, 20, 45, 200, 1000])
def test_as_many_batches_are_sampled_as_in_training(update_frequency: int) -> None:
    schedule = CheckSchedule(every=update_frequency)
    monitor = PosteriorMonitor(schedule=schedule, detector=make_detector(Thresholds()))
    trainer = cast(pl.Trainer, SimpleNamespace(global_step=0, accumulate_grad_batches=1))
    assert monitor._gathering(StandInModule(report(1.0)), trainer).sample_every == sample_every(update_frequency)


@pytest.fixture
def batch() -> EventBatch:
    return collate(tiny.patients())


@pytest.fixture
def step() -> TrainingStep:
    objective = Objective.of(TrainConfig(data_dir=""))
    return TrainingStep(tiny.config(), objective, precision="32", device="cpu")


def test_a_check_comes_at_its_step_and_z_ablation_every_200(
    step: TrainingStep, batch: EventBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitoring = Monitoring(step, update_frequency=70)
    losses = step(batch)
    checks: list[tuple[int, bool]] = []
    measured: list[int] = []

    def measure(*_: object) -> torch.Tensor:
        measured.append(number)
        return torch.tensor(0.5)

    monkeypatch.setattr(monitoring_cost, "z_ablation", measure)
    for number in range(1, 300):
        monitoring(losses, batch)
        if monitoring.statistics.sets == 0:
            checks.append((number, number in measured))
    assert checks == [(70, True), (140, False), (210, False), (280, True)]


def test_a_check_is_judged(step: TrainingStep, batch: EventBatch) -> None:
    losses = step(batch)
    monitoring = Monitoring(step, update_frequency=2)
    judged = []
    for _ in range(4):
        monitoring(losses, batch)
        latest = monitoring.detector.latest
        judged.append(None if latest is None else latest.step)
    assert judged == [None, 2, 2, 4]
