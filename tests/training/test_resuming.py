"""A run that does not reach its end: by a signal, by an exception; and how it goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from seqsetvae.errors import InputError
from seqsetvae.stream.records import RunState, Value
from seqsetvae.training.callbacks.early_stopping import AurocStopping
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.rank_end import TrainingInterrupted
from tests.training_runs import (
    BATCHES_PER_EPOCH,
    Point,
    add_first,
    callback_of,
    checkpoints,
    events_of,
    history,
    long_settings,
    manifest_of,
    metrics_of,
    resumptions_of,
    root_of,
    settings,
    trained,
)

pytestmark = pytest.mark.usefixtures("one_thread")


class SignalAt(pl.Callback):
    """Sends this process a signal at the start of a training batch, counted over the whole run, or of a validation."""

    def __init__(self, *, batch: int | None = None, validation_at: int | None = None, number: int) -> None:
        self.batch, self.validation_at, self.number = batch, validation_at, number

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, index: int) -> None:
        if trainer.current_epoch * BATCHES_PER_EPOCH + index == self.batch:
            os.kill(os.getpid(), self.number)

    def on_validation_batch_start(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        if trainer.global_step == self.validation_at:
            os.kill(os.getpid(), self.number)


def interrupted(config: TrainConfig, *, number: int = signal.SIGINT, **moment: int) -> TrainingInterrupted:
    """Train until a signal ends it."""
    with pytest.raises(TrainingInterrupted) as caught:
        trained(config, lambda run: add_first(run, SignalAt(number=number, **moment)))
    return caught.value


class TestResuming:
    """A resumed run goes on exactly as if it had never stopped, whatever it is resumed from."""

    def resume(self, config: TrainConfig, checkpoint: str) -> dict[Point, Value]:
        """Go on from a checkpoint, by its file's name; return the whole run's history."""
        root = root_of(config)
        source = root / "checkpoints" / "run" / checkpoint
        trained(dataclasses.replace(config, resume_from_checkpoint=str(source)))
        assert [path.name for path in (root / "logs").iterdir()] == ["run"]
        return history(metrics_of(root), events_of(root))

    # In batches, of which 9 are an epoch and two (or an epoch's last one) a step: within an epoch, at its last batch,
    # at the first of the next, between the two of a step: there Lightning's own handler of SIGTERM would stop at once.
    @pytest.mark.parametrize(
        ("batch", "number"),
        [(5, signal.SIGINT), (8, signal.SIGINT), (9, signal.SIGINT), (4, signal.SIGTERM), (5, signal.SIGTERM)],
    )
    def test_after_an_interruption(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value], batch: int, number: int
    ) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        assert interrupted(config, batch=batch, number=number).code == 128 + number
        (checkpoint,) = checkpoints(tmp_path, "interrupted-*")
        before = metrics_of(tmp_path)
        found = self.resume(config, checkpoint)
        assert found == undisturbed
        assert metrics_of(tmp_path)[: len(before)] == before, "what was written stays"
        assert resumptions_of(tmp_path) == [before[-1].step]
        assert manifest_of(tmp_path).state is RunState.FINISHED

    def test_after_an_interruption_of_an_interruption(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, batch=5)
        first = tmp_path / "checkpoints" / "run" / "interrupted-step000003.ckpt"
        interrupted(dataclasses.replace(config, resume_from_checkpoint=str(first)), batch=10)
        assert self.resume(config, "interrupted-step000006.ckpt") == undisturbed
        assert resumptions_of(tmp_path) == [3, 6]

    def test_from_the_checkpoint_of_the_first_moment(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        """As after a kill -9 in the first minutes: only last.ckpt is there, and it holds step 0."""
        config = long_settings(tiny_cohort, tmp_path, val_check_interval=1.0)
        interrupted(config, batch=5)
        assert read_checkpoint(tmp_path / "checkpoints" / "run" / "last.ckpt").step == 0
        found = self.resume(dataclasses.replace(config, val_check_interval=0.5), "last.ckpt")
        assert found == undisturbed

    def test_from_the_checkpoint_that_the_clock_wrote(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        """Written at the end of a step, when the posterior's statistics have taken that step in."""
        config = long_settings(tiny_cohort, tmp_path, checkpoint_minutes=1e-9)
        interrupted(config, batch=9)
        assert read_checkpoint(tmp_path / "checkpoints" / "run" / "last.ckpt").step == 6
        shutil.copy(tmp_path / "checkpoints/run/last.ckpt", tmp_path / "checkpoints/run/kept.ckpt")
        assert self.resume(config, "kept.ckpt") == undisturbed

    def test_from_the_checkpoint_that_a_resumed_run_wrote_before_its_first_step(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        """Statistics gathered before the first interruption are still to be reported."""
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, batch=8)
        first = tmp_path / "checkpoints" / "run" / "interrupted-step000005.ckpt"
        again = dataclasses.replace(config, resume_from_checkpoint=str(first))
        with pytest.raises(RuntimeError, match="power cut"):
            trained(again, lambda run: add_first(run, FailAt(step=5)))
        assert read_checkpoint(tmp_path / "checkpoints" / "run" / "last.ckpt").step == 5
        assert self.resume(config, "last.ckpt") == undisturbed

    def test_a_validation_that_an_interruption_cut_off_is_made_up(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, validation_at=4)
        assert self.resume(config, "interrupted-step000004.ckpt") == undisturbed

    def test_state_is_restored_not_rebuilt(self, tiny_cohort: Path, tmp_path: Path) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, batch=12)
        checkpoint = tmp_path / "checkpoints" / "run" / "interrupted-step000007.ckpt"
        seen: dict[str, Any] = {}

        class Look(pl.Callback):
            def on_train_batch_start(self, trainer: pl.Trainer, module: Any, batch: Any, index: int) -> None:
                if seen:
                    return
                (optimizer,), (schedule,) = trainer.optimizers, trainer.lr_scheduler_configs
                moments = [state["step"] for state in optimizer.state.values()]
                seen.update(step=trainer.global_step, epoch=trainer.current_epoch, batch=index)
                seen.update(adam=set(map(float, moments)), schedule=schedule.scheduler.last_epoch)

        resumed = dataclasses.replace(config, resume_from_checkpoint=str(checkpoint))
        run = trained(resumed, lambda run: add_first(run, Look()))
        assert seen == {"step": 7, "epoch": 1, "batch": 4, "adam": {7.0}, "schedule": 7}
        assert callback_of(run, AurocStopping).best_score > 0

    def test_another_batch_size_within_an_epoch_is_refused(self, tiny_cohort: Path, tmp_path: Path) -> None:
        """The order of patients would be another one: some would come twice and others not at all."""
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, batch=3)
        source = str(tmp_path / "checkpoints" / "run" / "interrupted-step000002.ckpt")
        with pytest.raises(InputError, match="batch_size was 4 and is 2"):
            trained(dataclasses.replace(config, resume_from_checkpoint=source, batch_size=2))

    def test_the_log_is_the_checkpoints_own_where_no_name_is_given(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, batch=0)
        found = self.resume(dataclasses.replace(config, run_name=None), "interrupted-step000001.ckpt")
        assert found == undisturbed


class FailAt(pl.Callback):
    """Fails at the start of a training batch that follows this many steps."""

    def __init__(self, *, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        if trainer.global_step == self.step:
            raise RuntimeError("power cut")


class TestAnException:
    def test_it_leaves_a_checkpoint_a_failed_run_and_is_raised(self, tiny_cohort: Path, tmp_path: Path) -> None:
        with pytest.raises(RuntimeError, match="power cut"):
            trained(settings(tiny_cohort, tmp_path), lambda run: add_first(run, FailAt(step=3)))
        assert checkpoints(tmp_path, "error-*") == ["error-step000003.ckpt"]
        assert read_checkpoint(tmp_path / "checkpoints" / "run" / "error-step000003.ckpt").step == 3
        manifest = manifest_of(tmp_path)
        assert (manifest.state, manifest.reason) == (RunState.FAILED, "RuntimeError: power cut")
        assert [line.step for line in metrics_of(tmp_path)] == [1, 2, 3]
