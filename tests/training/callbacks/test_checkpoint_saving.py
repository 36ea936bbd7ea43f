"""Which checkpoints are written, and when; whether they can be resumed is tested with whole runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytorch_lightning.trainer.states import TrainerFn

from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.checkpoint_saving import AGREEMENT_STEPS, CheckpointSaver
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.rank_end import TrainingInterrupted
from tests.training.callbacks.stand_ins import Clock, StandInModule, StandInTrainer, observation, verdict

MODULE = StandInModule()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def saver(tmp_path: Path, clock: Clock) -> CheckpointSaver:
    return CheckpointSaver(directory=tmp_path, run_name="run", minutes=1.0, clock=clock)


@pytest.fixture
def trainer() -> StandInTrainer:
    trainer = StandInTrainer()
    trainer.state.fn = TrainerFn.FITTING
    return trainer


def end_batch(saver: CheckpointSaver, trainer: StandInTrainer, *, stepped: bool = True) -> None:
    trainer.global_step += int(stepped)
    saver.on_train_batch_end(trainer.as_trainer, MODULE, None, None, 0)


def test_the_first_moment_is_kept(saver: CheckpointSaver, trainer: StandInTrainer) -> None:
    saver.on_train_start(trainer.as_trainer, MODULE)
    assert trainer.saved == [("last.ckpt", 0)]


def test_last_is_never_older_than_the_interval(saver: CheckpointSaver, trainer: StandInTrainer, clock: Clock) -> None:
    saver.on_train_start(trainer.as_trainer, MODULE)
    for seconds in (30.0, 59.0, 61.0, 90.0, 121.0, 122.0):
        clock.now = seconds
        end_batch(saver, trainer)
    assert trainer.saved == [("last.ckpt", 0), ("last.ckpt", 3), ("last.ckpt", 5)]


def check(saver: CheckpointSaver, trainer: StandInTrainer, level: Level) -> None:
    step = trainer.global_step
    saver.on_check(trainer.as_trainer, observation(step), verdict(step, level))


def test_a_rise_to_orange_or_red_is_kept_at_the_next_step(saver: CheckpointSaver, trainer: StandInTrainer) -> None:
    for level in (Level.GREEN, Level.YELLOW, Level.ORANGE, Level.ORANGE, Level.RED, Level.ORANGE, Level.YELLOW):
        check(saver, trainer, level)
        end_batch(saver, trainer)
    assert trainer.saved == [("last.ckpt", 3), ("last.ckpt", 5)]


def test_a_rise_waits_for_the_end_of_a_step(saver: CheckpointSaver, trainer: StandInTrainer) -> None:
    saver.on_train_start(trainer.as_trainer, MODULE)
    check(saver, trainer, Level.RED)
    end_batch(saver, trainer, stepped=False)
    assert trainer.saved == [("last.ckpt", 0)]
    end_batch(saver, trainer)
    assert trainer.saved[1:] == [("last.ckpt", 1)]


def test_several_ranks_ask_the_first_for_the_time_now_and_then(
    saver: CheckpointSaver, trainer: StandInTrainer, clock: Clock
) -> None:
    """This one's clock never says it is time, and it writes where rank 0's does."""
    trainer.world_size = 2
    saver.on_train_start(trainer.as_trainer, MODULE)
    for _ in range(AGREEMENT_STEPS + 5):
        end_batch(saver, trainer)
    assert trainer.strategy.asked == 1
    assert trainer.saved == [("last.ckpt", 0), ("last.ckpt", AGREEMENT_STEPS)]


def test_several_ranks_do_not_write_where_the_first_does_not(
    saver: CheckpointSaver, trainer: StandInTrainer, clock: Clock
) -> None:
    trainer.world_size, trainer.strategy.rank_zero = 2, False
    saver.on_train_start(trainer.as_trainer, MODULE)
    clock.now = 1e6
    for _ in range(AGREEMENT_STEPS):
        end_batch(saver, trainer)
    assert trainer.saved == [("last.ckpt", 0)]


def test_half_a_gradient_is_never_saved(saver: CheckpointSaver, trainer: StandInTrainer, clock: Clock) -> None:
    saver.on_train_start(trainer.as_trainer, MODULE)
    clock.now = 100.0
    end_batch(saver, trainer, stepped=False)
    saver.on_validation_start(trainer.as_trainer, MODULE)
    assert trainer.saved == [("last.ckpt", 0)]
    end_batch(saver, trainer)
    assert trainer.saved == [("last.ckpt", 0), ("last.ckpt", 1)]


def test_a_validation_is_preceded_by_a_checkpoint_but_only_within_training(
    saver: CheckpointSaver, trainer: StandInTrainer
) -> None:
    saver.on_train_start(trainer.as_trainer, MODULE)
    end_batch(saver, trainer)
    saver.on_validation_start(trainer.as_trainer, MODULE)
    trainer.sanity_checking = True
    saver.on_validation_start(trainer.as_trainer, MODULE)
    trainer.sanity_checking = False
    trainer.state.fn = TrainerFn.VALIDATING
    saver.on_validation_start(trainer.as_trainer, MODULE)
    assert trainer.saved == [("last.ckpt", 0), ("last.ckpt", 1)]


def test_the_end_is_kept_twice_by_two_names(saver: CheckpointSaver, trainer: StandInTrainer, tmp_path: Path) -> None:
    trainer.global_step = 42
    saver.on_train_end(trainer.as_trainer, MODULE)
    assert trainer.saved == [("final-step000042.ckpt", 42), ("last.ckpt", 42)]
    assert saver.closing == tmp_path / "final-step000042.ckpt"


@pytest.mark.parametrize(
    ("exception", "name"),
    [
        (TrainingInterrupted(15), "interrupted-step000007.ckpt"),
        (KeyboardInterrupt(), "interrupted-step000007.ckpt"),
        (RuntimeError("no"), "error-step000007.ckpt"),
        (MemoryError(), "error-step000007.ckpt"),
    ],
)
def test_what_ended_a_run_is_in_the_name(
    saver: CheckpointSaver, trainer: StandInTrainer, exception: BaseException, name: str
) -> None:
    trainer.global_step = 7
    saver.on_exception(trainer.as_trainer, MODULE, exception)
    assert trainer.saved == [(name, 7)]


def test_within_a_validation_what_was_saved_before_it_is_copied(
    saver: CheckpointSaver, trainer: StandInTrainer, tmp_path: Path
) -> None:
    saver.on_train_start(trainer.as_trainer, MODULE)
    end_batch(saver, trainer)
    saver.on_validation_start(trainer.as_trainer, MODULE)
    trainer.validating = True
    saver.on_exception(trainer.as_trainer, MODULE, KeyboardInterrupt())
    assert trainer.saved[-1] == ("last.ckpt", 1)
    assert (tmp_path / "interrupted-step000001.ckpt").read_text() == "1"


def test_the_runs_name_is_stored(saver: CheckpointSaver, trainer: StandInTrainer) -> None:
    checkpoint: dict[str, Any] = {}
    saver.on_save_checkpoint(trainer.as_trainer, MODULE, checkpoint)
    assert checkpoint == {"run_name": "run"}


def test_a_checkpoint_never_is_ahead_of_its_log(
    saver: CheckpointSaver, trainer: StandInTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = JsonlLogger(tmp_path / "logs", "run", flush_interval=3600.0)
    flush, flushed = logger.experiment.flush, list[bool]()
    monkeypatch.setattr(logger.experiment, "catch_up", lambda: flushed.append(flush(240.0)))
    trainer.loggers = [logger]
    logger.log_metrics({"train/loss": 1.0}, step=7)
    saver.on_save_checkpoint(trainer.as_trainer, MODULE, {})
    assert flushed == [True]
    assert b'"step":7' in (Path(logger.log_dir) / "metrics.jsonl").read_bytes()
    logger.finalize("success")
