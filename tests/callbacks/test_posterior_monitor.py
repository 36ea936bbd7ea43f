"""A summary every few optimizer steps, over all batches since the last one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from seqsetvae.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.callbacks.posterior_monitor import PosteriorMonitor
from tests.callbacks.stand_ins import StandInModule, StandInTrainer, report, small_batch, written


@pytest.fixture
def trainer(tmp_path: Path) -> StandInTrainer:
    return StandInTrainer(loggers=[JsonlLogger(tmp_path, "run")])


def end_batch(
    monitor: PosteriorMonitor, trainer: StandInTrainer, index: int, mean: float, *, stepped: bool = True
) -> None:
    trainer.global_step += int(stepped)
    module = StandInModule(report(mean, mean=torch.full((4, 2), mean)))
    monitor.on_train_batch_end(trainer.as_trainer, module, None, small_batch(), index)


def lines(trainer: StandInTrainer) -> list[tuple[int, float | None, dict[str, Any]]]:
    (logger,) = trainer.loggers
    assert isinstance(logger, JsonlLogger)
    return [(step, epoch, dict(values)) for step, epoch, values in written(logger)]


def test_each_summary_covers_the_batches_since_the_last(trainer: StandInTrainer) -> None:
    monitor = PosteriorMonitor(update_frequency=2)
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    for index, mean in enumerate((1.0, 3.0, 0.0, 0.0, 9.0)):
        end_batch(monitor, trainer, index, mean)
    # μ = m in both dimensions and σ² = 1: KL is ½ m² each.
    assert [(step, epoch, values["posterior/kl_per_dim"]) for step, epoch, values in lines(trainer)] == [
        (2, 0.2, (2.5, 2.5)),
        (4, 0.4, (0.0, 0.0)),
    ]


def test_batches_that_make_no_step_are_taken_in_too(trainer: StandInTrainer) -> None:
    monitor = PosteriorMonitor(update_frequency=1)
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(monitor, trainer, 0, 2.0, stepped=False)
    end_batch(monitor, trainer, 1, 0.0)
    ((step, _, values),) = lines(trainer)
    assert step == 1
    assert values["posterior/kl"] == pytest.approx(2.0)
    assert values["posterior/recon"] == pytest.approx(1.0)


def test_the_latest_summary_is_at_hand(trainer: StandInTrainer) -> None:
    monitor = PosteriorMonitor(update_frequency=1)
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(monitor, trainer, 0, 2.0)
    assert monitor.latest is not None
    assert monitor.latest.kl == pytest.approx(4.0)


def test_what_was_gathered_before_a_checkpoint_is_reported_after_it(trainer: StandInTrainer) -> None:
    first = PosteriorMonitor(update_frequency=2)
    first.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(first, trainer, 0, 2.0)
    # Saved again by a run that was resumed and had not made a step yet.
    between = PosteriorMonitor(update_frequency=2)
    between.load_state_dict(first.state_dict())
    second = PosteriorMonitor(update_frequency=2)
    second.load_state_dict(between.state_dict())
    second.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(second, trainer, 1, 0.0)
    ((_, _, values),) = lines(trainer)
    assert values["posterior/kl"] == pytest.approx(2.0)


def test_before_the_first_batch_there_is_nothing_to_save() -> None:
    monitor = PosteriorMonitor(update_frequency=2)
    monitor.load_state_dict(monitor.state_dict())
    assert monitor.state_dict() == {}
