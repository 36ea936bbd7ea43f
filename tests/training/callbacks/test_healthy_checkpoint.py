"""Which model is kept as the one from before a collapse."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from seqsetvae.collapse.verdict import Condition
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.healthy_checkpoint import ACTIVE_CHECKS, HealthyCheckpoint
from tests.training.callbacks.stand_ins import Clock, StandInModule, StandInTrainer, observation, verdict

MODULE = StandInModule()


class SlowTrainer(StandInTrainer):
    """A trainer whose checkpoints take a while."""

    clock: Clock
    seconds = 1.0

    def save_checkpoint(self, path: Path) -> None:
        super().save_checkpoint(path)
        self.clock.now += self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def healthy(tmp_path: Path, clock: Clock) -> HealthyCheckpoint:
    return HealthyCheckpoint(directory=tmp_path, minutes=5.0, clock=clock)


@pytest.fixture
def trainer(clock: Clock, healthy: HealthyCheckpoint) -> SlowTrainer:
    trainer = SlowTrainer()
    trainer.clock = clock
    healthy.on_train_start(trainer.as_trainer, MODULE)
    return trainer


def check(
    healthy: HealthyCheckpoint,
    trainer: StandInTrainer,
    level: Level = Level.GREEN,
    *,
    active: float | None = 0.5,
    stepped: bool = True,
) -> None:
    """Make a step, and have its check heard before it ends, as `PosteriorMonitor` does."""
    trainer.global_step += int(stepped)
    step = trainer.global_step
    healthy.on_check(trainer.as_trainer, observation(step, active_units=active), verdict(step, level))
    healthy.on_train_batch_end(trainer.as_trainer, MODULE, None, None, 0)


def test_a_check_that_knows_less_is_not_kept(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock, tmp_path: Path
) -> None:
    for step, (information, condition) in enumerate(
        [(2.0, Condition.HEALTHY), (1.7, Condition.HEALTHY), (1.9, Condition.FADING), (1.9, Condition.HEALTHY)], start=1
    ):
        trainer.global_step = step
        clock.now += 1e4
        judged = replace(verdict(step, Level.GREEN), condition=condition)
        healthy.on_check(trainer.as_trainer, replace(observation(step), mutual_information=information), judged)
        healthy.on_train_batch_end(trainer.as_trainer, MODULE, None, None, 0)
    assert [step for _, step in trainer.saved] == [1, 4]


def left(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("*.ckpt"))


def test_the_first_is_written_at_the_first_green_check(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, tmp_path: Path
) -> None:
    check(healthy, trainer, Level.YELLOW)
    assert healthy.kept is None
    check(healthy, trainer)
    assert healthy.kept == tmp_path / "healthy-step000002.ckpt"


def test_the_next_waits_a_hundred_times_as_long_as_the_last_took(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock
) -> None:
    check(healthy, trainer)  # is written by second 1
    for seconds in (50.0, 100.5, 101.0, 150.0):
        clock.now = seconds
        check(healthy, trainer)
    assert trainer.saved == [("healthy-step000001.ckpt", 1), ("healthy-step000004.ckpt", 4)]


def test_it_never_waits_longer_than_the_given_minutes(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock
) -> None:
    trainer.seconds = 60.0
    check(healthy, trainer)  # a hundred minutes would be its share
    for seconds in (359.0, 360.0):
        clock.now = seconds
        check(healthy, trainer)
    assert [step for _, step in trainer.saved] == [1, 3]


def test_the_old_one_goes_when_the_new_one_is_there(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, tmp_path: Path, clock: Clock
) -> None:
    check(healthy, trainer)
    there: list[list[str]] = []
    save = trainer.save_checkpoint

    def watched(path: Path) -> None:
        save(path)
        there.append(left(tmp_path))

    trainer.save_checkpoint = watched  # type: ignore[method-assign]  # to look at the moment in between
    clock.now = 1e4
    check(healthy, trainer)
    assert there == [["healthy-step000001.ckpt", "healthy-step000002.ckpt"]]
    assert left(tmp_path) == ["healthy-step000002.ckpt"]


def test_a_disk_that_takes_no_more_leaves_the_old_one(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, tmp_path: Path, clock: Clock
) -> None:
    check(healthy, trainer)

    def full(path: Path) -> None:
        raise OSError("No space left on device")

    trainer.save_checkpoint = full  # type: ignore[method-assign]
    clock.now = 1e4
    with pytest.raises(OSError, match="No space left"):
        check(healthy, trainer)
    assert left(tmp_path) == ["healthy-step000001.ckpt"]


@pytest.mark.parametrize("level", [Level.YELLOW, Level.ORANGE, Level.RED])
def test_only_green_is_kept(healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock, level: Level) -> None:
    check(healthy, trainer)
    clock.now = 1e4
    for _ in range(3):
        check(healthy, trainer, level)
    assert [step for _, step in trainer.saved] == [1]
    check(healthy, trainer)
    assert [step for _, step in trainer.saved] == [1, 5]


def test_a_slow_collapse_is_not_followed_down(healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock) -> None:
    """Green all the way, and a tenth fewer active units at each check: what is kept has eight tenths of the best."""
    for tenths in range(10, 0, -1):
        clock.now += 1e4
        check(healthy, trainer, active=tenths / 10)
    assert [step for _, step in trainer.saved] == [1, 2, 3]


def test_fewer_active_units_are_in_order_when_they_have_long_been_so(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock
) -> None:
    check(healthy, trainer, active=1.0)
    for _ in range(ACTIVE_CHECKS):
        clock.now += 1e4
        check(healthy, trainer, active=0.5)
    assert [step for _, step in trainer.saved] == [1, ACTIVE_CHECKS + 1]


def test_active_units_that_were_not_measured_are_no_objection_but_nan_is(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, clock: Clock
) -> None:
    check(healthy, trainer, active=None)
    clock.now = 1e4
    check(healthy, trainer, active=float("nan"))
    assert [step for _, step in trainer.saved] == [1]


def test_half_a_gradient_is_never_saved(healthy: HealthyCheckpoint, trainer: SlowTrainer) -> None:
    check(healthy, trainer, stepped=False)
    assert trainer.saved == []
    trainer.global_step += 1
    healthy.on_train_batch_end(trainer.as_trainer, MODULE, None, None, 0)
    assert trainer.saved == [("healthy-step000001.ckpt", 1)]


def test_a_check_that_turns_worse_before_the_step_ends_is_heeded(
    healthy: HealthyCheckpoint, trainer: SlowTrainer
) -> None:
    check(healthy, trainer, stepped=False)
    check(healthy, trainer, Level.ORANGE)
    assert trainer.saved == []


def test_a_check_that_only_arrives_at_the_end_counts(healthy: HealthyCheckpoint, trainer: SlowTrainer) -> None:
    check(healthy, trainer, stepped=False)
    healthy.on_train_end(trainer.as_trainer, MODULE)
    assert trainer.saved == [("healthy-step000000.ckpt", 0)]


def test_a_resumed_run_compares_with_what_it_had_seen(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, tmp_path: Path, clock: Clock
) -> None:
    check(healthy, trainer, active=1.0)
    resumed = HealthyCheckpoint(directory=tmp_path, minutes=5.0, clock=clock)
    resumed.load_state_dict(json.loads(json.dumps(healthy.state_dict())))
    assert resumed.kept == tmp_path / "healthy-step000001.ckpt"
    check(resumed, trainer, active=0.7)
    assert len(trainer.saved) == 1
    check(resumed, trainer, active=0.9)
    assert left(tmp_path) == ["healthy-step000003.ckpt"]


def test_what_somebody_deleted_is_not_said_to_be_kept(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, tmp_path: Path
) -> None:
    check(healthy, trainer)
    (tmp_path / "healthy-step000001.ckpt").unlink()
    assert healthy.kept is None


@pytest.mark.parametrize("rank_zero", [True, False])
def test_ranks_follow_the_clock_of_the_first(healthy: HealthyCheckpoint, trainer: SlowTrainer, rank_zero: bool) -> None:
    trainer.world_size, trainer.strategy.rank_zero = 2, rank_zero
    check(healthy, trainer)
    assert bool(trainer.saved) is rank_zero
    check(healthy, trainer, Level.RED)
    assert trainer.strategy.asked == 1, "asked only where all ranks ask"


def test_only_the_first_rank_deletes(
    healthy: HealthyCheckpoint, trainer: SlowTrainer, tmp_path: Path, clock: Clock
) -> None:
    trainer.is_global_zero = False
    check(healthy, trainer)
    clock.now = 1e4
    check(healthy, trainer)
    assert len(left(tmp_path)) == 2
