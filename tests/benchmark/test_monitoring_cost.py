"""What monitoring costs is counted as training pays it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
import pytorch_lightning as pl
import torch

from seqsetvae.benchmark.monitoring_cost import CheckAlone, Parts, measure_monitoring
from seqsetvae.benchmark.training_step import Objective, Workload
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.posterior.posterior_judge import sample_every
from seqsetvae.training.callbacks.posterior_monitor import PosteriorMonitor
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.schedules import CheckSchedule
from tests import tiny
from tests.posteriors import batch, statistics_of

pytestmark = pytest.mark.usefixtures("one_thread")


class TestSecondsOfAStep:
    @pytest.mark.parametrize(
        ("update_frequency", "sampled", "checks", "ablations"),
        [
            (200, 1 / 20, 1 / 200, 1 / 600),  # ablation waits for a check
            (20, 1 / 2, 1 / 20, 1 / 500),
            (1, 1.0, 1.0, 1 / 500),
            (50, 1 / 5, 1 / 50, 1 / 500),
            (25, 13 / 25, 1 / 25, 1 / 500),  # the first of a check is sampled, then every second
            (1000, 1 / 100, 1 / 1000, 1 / 1000),
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
    monitor = PosteriorMonitor(source=ReportedPosterior(), schedule=schedule, detector=make_detector(Thresholds()))
    trainer = cast(pl.Trainer, SimpleNamespace(global_step=0, accumulate_grad_batches=1))
    assert monitor._sample_every(trainer) == sample_every(update_frequency)


def test_a_check_is_judged_and_starts_anew() -> None:
    check = CheckAlone(statistics_of(batch(torch.zeros(20, 4))))
    check(7)
    assert check.detector.latest is not None
    assert check.detector.latest.step == 7
    assert check.statistics.sets == 0


def test_every_frequency_has_its_cost_from_the_same_steps() -> None:
    workload = Workload(
        patients=tiny.patients(), model=tiny.config(), objective=Objective.of(TrainConfig(data_dir="")), device="cpu"
    )
    few, many = measure_monitoring(workload, batch_size=3, update_frequencies=[200, 20], rounds=3)
    assert (few.update_frequency, many.update_frequency) == (200, 20)
    assert few.batch_size == many.batch_size == 3
    assert few.parts == many.parts
    assert few.seconds_without == many.seconds_without
    for cost in (few, many):
        assert cost.seconds_of_parts == cost.parts.per_step(cost.update_frequency)
        assert cost.overhead_of_parts == pytest.approx(cost.seconds_of_parts / cost.seconds_without)
    assert few.parts.update > 0
