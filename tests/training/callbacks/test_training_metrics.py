"""One line every few optimizer steps: means over the batches since the last one, and true speeds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer, report, small_batch, written


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trainer(tmp_path: Path) -> StandInTrainer:
    optimizer = torch.optim.SGD(
        [
            {"params": [torch.zeros(1, requires_grad=True)], "lr": 0.5, "name": "set_encoder"},
            {"params": [torch.zeros(1, requires_grad=True)], "lr": 0.5, "name": "set_encoder_no_decay"},
            {"params": [torch.zeros(1, requires_grad=True)], "lr": 1.0, "name": "rest"},
        ]
    )
    return StandInTrainer(loggers=[JsonlLogger(tmp_path, "run")], optimizers=[optimizer])


def end_batch(
    metrics: TrainingMetrics, trainer: StandInTrainer, index: int, value: float, *, stepped: bool, norm: float = 1.0
) -> None:
    trainer.global_step += int(stepped)
    module = StandInModule(report(value), norm)
    metrics.on_train_batch_end(trainer.as_trainer, module, None, small_batch(), index)


def lines(trainer: StandInTrainer) -> list[tuple[int, float | None, dict[str, float]]]:
    (logger,) = trainer.loggers
    assert isinstance(logger, JsonlLogger)
    return [(step, epoch, dict(values)) for step, epoch, values in written(logger)]


def test_a_line_is_the_mean_over_its_batches_and_the_last_gradients_norm(trainer: StandInTrainer, clock: Clock) -> None:
    metrics = TrainingMetrics(clock=clock)
    metrics.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(metrics, trainer, 0, 1.0, stepped=False)
    clock.now += 2.0
    end_batch(metrics, trainer, 1, 3.0, stepped=True, norm=7.0)
    ((step, epoch, values),) = lines(trainer)
    assert (step, epoch) == (1, 0.2)
    assert values == {
        "train/loss": 2.0,
        "train/recon": 2.0,
        "train/kl": 2.0,
        "train/classification": 2.0,
        "train/accuracy": 0.5,
        "train/beta": 0.5,
        "grad/norm": 7.0,
        "lr/set_encoder": 0.5,
        "lr/rest": 1.0,
        "time/step": 2.0,
        "time/patients_per_second": 2.0,
        "time/sets_per_second": 3.0,
        "time/events_per_second": 6.0,
    }


def test_lines_come_every_few_steps_and_each_covers_what_is_new(trainer: StandInTrainer, clock: Clock) -> None:
    metrics = TrainingMetrics(every_n_steps=2, clock=clock)
    metrics.on_train_start(trainer.as_trainer, StandInModule())
    for index in range(5):
        clock.now += 1.0
        end_batch(metrics, trainer, index, float(index), stepped=True)
    assert [(step, values["train/loss"], values["time/step"]) for step, _, values in lines(trainer)] == [
        (2, 0.5, 1.0),
        (4, 2.5, 1.0),
    ]


def test_validation_is_no_training_time(trainer: StandInTrainer, clock: Clock) -> None:
    metrics = TrainingMetrics(clock=clock)
    metrics.on_train_start(trainer.as_trainer, StandInModule())
    clock.now += 1.0
    metrics.on_validation_start(trainer.as_trainer, StandInModule())
    clock.now += 1000.0
    metrics.on_validation_end(trainer.as_trainer, StandInModule())
    clock.now += 1.0
    end_batch(metrics, trainer, 0, 1.0, stepped=True)
    ((_, _, values),) = lines(trainer)
    assert values["time/step"] == 2.0


def test_a_clock_that_stands_still_divides_by_nothing(trainer: StandInTrainer, clock: Clock) -> None:
    metrics = TrainingMetrics(clock=clock)
    metrics.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(metrics, trainer, 0, 1.0, stepped=True)
    ((_, _, values),) = lines(trainer)
    assert values["time/patients_per_second"] > 0


def test_a_loss_that_is_not_a_number_is_shown(trainer: StandInTrainer, clock: Clock) -> None:
    metrics = TrainingMetrics(clock=clock)
    metrics.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(metrics, trainer, 0, float("nan"), stepped=True)
    ((_, _, values),) = lines(trainer)
    assert values["train/loss"] != values["train/loss"]


def test_only_rank_0_writes(trainer: StandInTrainer, clock: Clock) -> None:
    trainer.is_global_zero = False
    metrics = TrainingMetrics(clock=clock)
    metrics.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(metrics, trainer, 0, 1.0, stepped=True)
    assert lines(trainer) == []


def test_a_module_without_a_report_is_named(trainer: StandInTrainer, clock: Clock) -> None:
    with pytest.raises(TypeError, match=r"StandInModule\.report is NoneType, expected a StepReport"):
        TrainingMetrics(clock=clock).on_train_batch_end(
            trainer.as_trainer, StandInModule(), None, small_batch(), 0
        )  # fmt: skip
