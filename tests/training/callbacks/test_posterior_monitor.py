"""A summary every few optimizer steps, over all batches since the last one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.data.batch import EventBatch
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.posterior_monitor import ABLATION_INTERVAL, CheckListener, PosteriorMonitor
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.schedules import CheckSchedule
from tests.scripted_detector import ScriptedDetector
from tests.training.callbacks.stand_ins import StandInModule, StandInTrainer, report, small_batch, written


def monitoring(*, every: int, script: str = "g", listeners: Sequence[CheckListener] = ()) -> PosteriorMonitor:
    """Return a monitor whose verdicts are those of a script."""
    return PosteriorMonitor(
        source=ReportedPosterior(),
        schedule=CheckSchedule(every=every),
        detector=ScriptedDetector(script),
        listeners=listeners,
    )


class Listener:
    """Keeps what it hears, under its name."""

    def __init__(self, name: str, heard: list[tuple[str, int, float, Level]]) -> None:
        self.name, self.heard = name, heard

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        self.heard.append((self.name, observation.step, observation.kl, verdict.level))


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
    monitor = monitoring(every=2)
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    for index, mean in enumerate((1.0, 3.0, 0.0, 0.0, 9.0)):
        end_batch(monitor, trainer, index, mean)
    # μ = m in both dimensions and σ² = 1: KL is ½ m² each.
    assert [(step, epoch, values["posterior/kl_per_dim"]) for step, epoch, values in lines(trainer)] == [
        (2, 0.2, (2.5, 2.5)),
        (4, 0.4, (0.0, 0.0)),
    ]


def test_batches_that_make_no_step_are_taken_in_too(trainer: StandInTrainer) -> None:
    monitor = monitoring(every=1)
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(monitor, trainer, 0, 2.0, stepped=False)
    end_batch(monitor, trainer, 1, 0.0)
    ((step, _, values),) = lines(trainer)
    assert step == 1
    assert values["posterior/kl"] == pytest.approx(2.0)
    assert values["posterior/recon"] == pytest.approx(1.0)


def test_each_check_is_judged_and_the_verdict_is_in_the_stream(trainer: StandInTrainer) -> None:
    monitor = monitoring(every=1, script="gyr")
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    for index in range(3):
        end_batch(monitor, trainer, index, 2.0)
    assert monitor.latest is not None
    assert monitor.latest.level is Level.RED
    assert [values["posterior/verdict"] for _, _, values in lines(trainer)] == [0.0, 1.0, 3.0]


def test_listeners_hear_of_each_check_in_their_order(trainer: StandInTrainer) -> None:
    heard: list[tuple[str, int, float, Level]] = []
    monitor = monitoring(every=2, script="go", listeners=[Listener("a", heard), Listener("b", heard)])
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    for index in range(4):
        end_batch(monitor, trainer, index, 2.0)
    assert heard == [
        ("a", 2, 4.0, Level.GREEN),
        ("b", 2, 4.0, Level.GREEN),
        ("a", 4, 4.0, Level.ORANGE),
        ("b", 4, 4.0, Level.ORANGE),
    ]


def test_with_several_ranks_a_check_is_heard_one_step_later_on_each(trainer: StandInTrainer) -> None:
    """Whether a copy has already arrived differs between ranks, and what follows from a check must not."""
    trainer.world_size = 2
    heard: list[tuple[str, int, float, Level]] = []
    at: list[int] = []
    monitor = monitoring(every=2, listeners=[Listener("a", heard)])
    monitor.on_train_start(trainer.as_trainer, StandInModule())
    for index in range(4):
        end_batch(monitor, trainer, index, 2.0)
        at += [trainer.global_step] * (len(heard) - len(at))
    assert at == [3]
    monitor.on_train_end(trainer.as_trainer, StandInModule())
    assert [step for _, step, _, _ in heard] == [2, 4]


class AblatingModule(StandInModule):
    """Measures z ablation, and counts how often."""

    measured = 0

    def z_ablation(self, batch: EventBatch) -> torch.Tensor:
        self.measured += 1
        return torch.tensor(0.25)


def test_z_ablation_is_measured_now_and_then_and_at_each_check_once_something_is_wrong(
    trainer: StandInTrainer,
) -> None:
    """Checks every 200 steps: ablation every 600, the first check behind 500, while all is well."""
    assert ABLATION_INTERVAL == 500
    monitor = monitoring(every=200, script="ggggyyy")
    module = AblatingModule(report(1.0))
    monitor.on_train_start(trainer.as_trainer, module)
    for index in range(7):
        trainer.global_step += 200
        monitor.on_train_batch_end(trainer.as_trainer, module, None, small_batch(), index)
    measured = [step for step, _, values in lines(trainer) if "posterior/z_ablation" in values]
    assert measured == [200, 800, 1200, 1400]
    assert module.measured == 4, "and nothing is measured that is not used"


def test_what_was_gathered_before_a_checkpoint_is_reported_after_it(trainer: StandInTrainer) -> None:
    first = monitoring(every=2)
    first.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(first, trainer, 0, 2.0)
    # Saved again by a run that was resumed and had not made a step yet.
    between = monitoring(every=2)
    between.load_state_dict(first.state_dict())
    second = monitoring(every=2)
    second.load_state_dict(between.state_dict())
    second.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(second, trainer, 1, 0.0)
    ((_, _, values),) = lines(trainer)
    assert values["posterior/kl"] == pytest.approx(2.0)


def test_before_the_first_batch_there_are_no_statistics_to_save() -> None:
    monitor = monitoring(every=2)
    monitor.load_state_dict(monitor.state_dict())
    assert "statistics" not in monitor.state_dict()


def test_the_verdict_goes_on_after_a_checkpoint(trainer: StandInTrainer) -> None:
    first = monitoring(every=1, script="goy")
    first.on_train_start(trainer.as_trainer, StandInModule())
    for index in range(2):
        end_batch(first, trainer, index, 2.0)
    second = monitoring(every=1, script="goy")
    second.load_state_dict(first.state_dict())
    assert second.latest is not None
    assert (second.latest.step, second.latest.level) == (2, Level.ORANGE)
    second.on_train_start(trainer.as_trainer, StandInModule())
    end_batch(second, trainer, 2, 2.0)
    assert [values["posterior/verdict"] for _, _, values in lines(trainer)] == [0.0, 2.0, 1.0]
