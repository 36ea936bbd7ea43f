"""A run from its settings to its end: what it writes, how it is continued, and what its flags do."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping

from seqsetvae import training
from seqsetvae.callbacks.interruption import TrainingInterrupted
from seqsetvae.callbacks.posterior_monitor import PosteriorMonitor
from seqsetvae.checkpoint import read_checkpoint
from seqsetvae.config import TrainConfig
from seqsetvae.data.errors import InputError
from seqsetvae.stream.records import EventRecord, MetricsRecord, RunState, Value
from seqsetvae.stream.supersede import is_superseded, resumes_of
from seqsetvae.training import Run, validation_interval
from tests.training_runs import (
    BATCHES_PER_EPOCH,
    events_of,
    long_settings,
    manifest_of,
    metrics_of,
    quiet_console,
    resumptions_of,
    settings,
    trained,
)

pytestmark = pytest.mark.usefixtures("one_thread")

Point = tuple[int, str]


def history(lines: list[MetricsRecord], events: list[EventRecord] | None = None) -> dict[Point, Value]:
    """Return every value by step and name, with the epoch as one of them, that no resumption made void.

    Times are left out: they are the machine's.
    """
    resumes = resumes_of(events or [])
    found: dict[Point, Value] = {}
    for line in lines:
        if is_superseded(resumes, step=line.step, t=line.t):
            continue
        group = next(iter(line.values)).split("/")[0]
        values = {**line.values, f"{group}/epoch": line.epoch or 0.0}
        found |= {(line.step, name): value for name, value in values.items() if not name.startswith("time/")}
    return found


def root_of(config: TrainConfig) -> Path:
    return Path(config.log_dir).parent


def checkpoints(root: Path, pattern: str = "*") -> list[str]:
    return sorted(path.name for path in (root / "checkpoints" / "run").glob(pattern))


@pytest.fixture
def undisturbed(finished_run: TrainConfig) -> dict[Point, Value]:
    return history(metrics_of(root_of(finished_run)))


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


def add_first(run: Run, callback: pl.Callback) -> None:
    run.trainer.callbacks.insert(0, callback)  # type: ignore[attr-defined]  # Lightning puts it there


def callback_of(run: Run, kind: type[pl.Callback]) -> Any:
    (found,) = (callback for callback in run.trainer.callbacks if type(callback) is kind)  # type: ignore[attr-defined]
    return found


class TestARunToItsEnd:
    def test_every_step_has_a_line_and_every_check_of_the_posterior(self, undisturbed: dict[Point, Value]) -> None:
        steps = {name: [step for step, other in undisturbed if other == name] for _, name in undisturbed}
        for name in ("train/loss", "train/recon", "train/kl", "train/beta", "grad/norm", "lr/rest", "lr/set_encoder"):
            assert steps[name] == list(range(1, 13)), name
        for name in ("kl", "variance", "active_units_sigma", "active_units", "recon", "kl_per_dim"):
            assert steps[f"posterior/{name}"] == [3, 6, 9, 12], name
        for name in ("auroc", "auprc", "accuracy", "loss", "recon", "kl", "classification"):
            assert steps[f"val/{name}"] == [2, 4, 7, 9, 12], name

    def test_epochs_are_fractions(self, undisturbed: dict[Point, Value]) -> None:
        assert undisturbed[1, "train/epoch"] == pytest.approx(2 / 9)
        assert undisturbed[4, "train/epoch"] == undisturbed[4, "val/epoch"] == pytest.approx(8 / 9)
        assert undisturbed[5, "train/epoch"] == 1.0
        assert undisturbed[6, "posterior/epoch"] == pytest.approx(1 + 2 / 9)

    def test_schedules_are_seen_in_the_stream(self, undisturbed: dict[Point, Value]) -> None:
        assert [undisturbed[step, "train/beta"] for step in (1, 5, 9)] == pytest.approx([0.0, 0.05, 0.1])
        rates = [undisturbed[step, "lr/rest"] for step in range(1, 13)]
        assert rates[:4] == sorted(rates[:4])
        assert rates[4:] == sorted(rates[4:], reverse=True)
        assert undisturbed[5, "lr/set_encoder"] == pytest.approx(0.5 * float(rates[4]))  # type: ignore[arg-type]

    def test_the_manifest_says_how_it_ended_and_what_it_was(self, finished_run: TrainConfig) -> None:
        manifest = manifest_of(root_of(finished_run))
        assert manifest.state is RunState.FINISHED
        assert manifest.total_steps == 12
        assert manifest.total_epochs == pytest.approx(2.4)
        assert manifest.config == finished_run.to_dict()
        assert {"torch", "lightning"} <= manifest.versions.keys()

    def test_the_two_best_a_healthy_the_last_and_the_final_checkpoint_are_kept(self, finished_run: TrainConfig) -> None:
        names = checkpoints(root_of(finished_run))
        assert Counter(name.split("-")[0] for name in names) == {"best": 2, "healthy": 1, "final": 1, "last.ckpt": 1}
        assert "final-step000012.ckpt" in names

    def test_a_best_checkpoint_is_named_by_step_and_auroc(
        self, finished_run: TrainConfig, undisturbed: dict[Point, Value]
    ) -> None:
        best = sorted(
            (float(value), step)  # type: ignore[arg-type]
            for (step, name), value in undisturbed.items()
            if name == "val/auroc"
        )
        for name in checkpoints(root_of(finished_run), "best-*"):
            step, auroc = int(name[9:15]), float(name.removesuffix(".ckpt")[-6:])
            assert undisturbed[step, "val/auroc"] == pytest.approx(auroc, abs=1e-4)
            assert auroc >= best[-2][0] - 1e-4

    def test_the_same_settings_give_the_same_run(
        self, finished_run: TrainConfig, undisturbed: dict[Point, Value], tmp_path: Path
    ) -> None:
        trained(
            long_settings(
                Path(finished_run.data_dir), tmp_path, max_steps=6, lr_decay="constant", val_check_interval=1.0
            )
        )
        trained(
            long_settings(
                Path(finished_run.data_dir), tmp_path, max_steps=6, lr_decay="constant", seed=1, run_name="other"
            )
        )
        again, other = history(metrics_of(tmp_path)), history(metrics_of(tmp_path, "other"))
        assert [again[s, "train/loss"] for s in range(1, 6)] == [undisturbed[s, "train/loss"] for s in range(1, 6)]
        assert again[1, "train/loss"] != other[1, "train/loss"]

    def test_the_loss_falls(self, undisturbed: dict[Point, Value]) -> None:
        assert undisturbed[12, "val/recon"] < undisturbed[2, "val/recon"]  # type: ignore[operator]


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
    # at the first of the next, between the two of a step.
    @pytest.mark.parametrize("batch", [5, 8, 9])
    def test_after_an_interruption(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value], batch: int
    ) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, batch=batch)
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

    def test_an_interruption_within_a_validation_loses_that_validation_and_nothing_else(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        config = long_settings(tiny_cohort, tmp_path)
        interrupted(config, validation_at=4)
        found = self.resume(config, "interrupted-step000004.ckpt")
        assert found == {point: v for point, v in undisturbed.items() if not (point[0] == 4 and "val/" in point[1])}

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
        assert callback_of(run, EarlyStopping).best_score > 0

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


class TestStartWeights:
    @pytest.fixture
    def pretrained(self, finished_run: TrainConfig) -> Path:
        return root_of(finished_run) / "checkpoints" / "run" / "final-step000012.ckpt"

    @pytest.mark.parametrize("ratio", [0.0, 0.4, 1.0])
    def test_a_share_of_the_set_encoder_stays_frozen(
        self, tiny_cohort: Path, tmp_path: Path, pretrained: Path, ratio: float
    ) -> None:
        config = settings(
            tiny_cohort, tmp_path, pretrained_ckpt=str(pretrained), freeze_ratio=ratio, learning_rate=1e-2, max_steps=2
        )
        run = trained(config)
        before = read_checkpoint(pretrained).weights
        after = run.module.model.state_dict()
        parameters = dict(run.module.model.named_parameters())
        frozen = {name for name, p in parameters.items() if not p.requires_grad}
        encoder = [name for name in parameters if name.startswith("encoder.")]
        assert frozen == set(encoder[: len(frozen)]), "the first layers, in order"
        size = sum(parameters[name].numel() for name in encoder)
        assert sum(parameters[name].numel() for name in frozen) <= ratio * size
        assert bool(frozen) == (ratio > 0)
        assert (len(frozen) == len(encoder)) == (ratio == 1)
        moved = {name for name in parameters if not torch.equal(before[name], after[name])}
        assert moved == parameters.keys() - frozen

    def test_it_is_a_new_run_from_step_0(self, tiny_cohort: Path, tmp_path: Path, pretrained: Path) -> None:
        trained(settings(tiny_cohort, tmp_path, pretrained_ckpt=str(pretrained), max_steps=2))
        assert [line.step for line in metrics_of(tmp_path) if "train/loss" in line.values] == [1, 2]
        assert resumptions_of(tmp_path) == []

    def test_a_checkpoint_of_another_shape_is_refused_before_anything_is_written(
        self, tiny_cohort: Path, tmp_path: Path, pretrained: Path
    ) -> None:
        with pytest.raises(InputError, match=r"another shape: latent_dim 8 \(here 4\)"):
            trained(settings(tiny_cohort, tmp_path, pretrained_ckpt=str(pretrained), latent_dim=4))
        assert list(tmp_path.iterdir()) == []


class TestTheTestSplit:
    def test_a_checkpoint_is_evaluated_and_the_result_kept(self, finished_run: TrainConfig, tmp_path: Path) -> None:
        checkpoint = root_of(finished_run) / "checkpoints" / "run" / "final-step000012.ckpt"
        config = settings(Path(finished_run.data_dir), tmp_path, test_checkpoint=str(checkpoint))
        run = training.build_run(config, quiet_console())
        found = training.test(run, checkpoint)
        assert found.keys() == {
            f"test/{name}" for name in ("loss", "recon", "kl", "classification", "auroc", "auprc", "accuracy")
        }
        assert 0 <= found["test/auroc"] <= 1
        kept = (tmp_path / "logs" / "run" / "test.json").read_text()
        assert '"patients": 7' in kept
        assert str(checkpoint) in kept

    def test_it_is_the_checkpoint_that_is_evaluated(self, finished_run: TrainConfig, tmp_path: Path) -> None:
        """Two checkpoints, two results, and the same one twice the same."""
        folder = root_of(finished_run) / "checkpoints" / "run"
        losses = []
        for name in ("final-step000012.ckpt", checkpoints(root_of(finished_run), "best-*")[0]):
            for _ in range(2):
                config = settings(Path(finished_run.data_dir), tmp_path, test_checkpoint=str(folder / name))
                losses.append(training.test(training.build_run(config, quiet_console()), folder / name)["test/loss"])
        assert losses[0] == losses[1]
        assert losses[2] == losses[3]
        assert losses[0] != losses[2]


class TestFlags:
    def test_no_monitoring_leaves_no_posterior_in_the_stream_and_the_same_losses(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        run = trained(long_settings(tiny_cohort, tmp_path, disable_metrics_monitoring=True))
        assert not any(isinstance(c, PosteriorMonitor) for c in run.trainer.callbacks)  # type: ignore[attr-defined]
        expected = {point: value for point, value in undisturbed.items() if "posterior/" not in point[1]}
        assert history(metrics_of(tmp_path)) == expected

    @pytest.mark.parametrize(("fast", "steps"), [(True, 100), (False, 200)])
    def test_fast_detection_checks_twice_as_often(
        self, tiny_cohort: Path, tmp_path: Path, fast: bool, steps: int
    ) -> None:
        run = training.build_run(settings(tiny_cohort, tmp_path, fast_detection=fast), quiet_console())
        assert callback_of(run, PosteriorMonitor).schedule.every == steps

    def test_lines_are_means_over_the_steps_between_them(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        trained(long_settings(tiny_cohort, tmp_path, log_every_n_steps=4))
        found = history(metrics_of(tmp_path))
        assert [step for step, name in found if name == "train/loss"] == [4, 8, 12]
        # Steps 1 to 4 are batches of two each, so that the mean over batches is that over steps.
        expected = float(np.mean([undisturbed[step, "train/loss"] for step in range(1, 5)]))
        assert found[4, "train/loss"] == pytest.approx(expected, rel=1e-5)

    def test_validation_can_be_cut_short(self, tiny_cohort: Path, tmp_path: Path) -> None:
        counted: list[int] = []

        class Count(pl.Callback):
            def on_validation_batch_end(self, *args: Any, **kwargs: Any) -> None:
                counted.append(1)

        config = settings(tiny_cohort, tmp_path, batch_size=2, limit_val_batches=2.0, max_steps=20)
        trained(config, lambda run: add_first(run, Count()))
        assert len(counted) == 2, "two batches of four, once an epoch"

    def test_training_stops_when_the_auroc_no_longer_rises(self, tiny_cohort: Path, tmp_path: Path) -> None:
        config = long_settings(tiny_cohort, tmp_path, early_stopping_patience=2, learning_rate=1e-12, max_steps=100)
        run = trained(dataclasses.replace(config, max_steps=100, lr_decay="constant"))
        assert run.trainer.global_step == 7, "validations at steps 2, 4 and 7: the first is the best"
        assert manifest_of(tmp_path).state is RunState.FINISHED
        assert checkpoints(tmp_path, "final-*") == ["final-step000007.ckpt"]

    def test_patience_0_never_stops(self, tiny_cohort: Path, tmp_path: Path) -> None:
        run = training.build_run(settings(tiny_cohort, tmp_path, early_stopping_patience=0), quiet_console())
        assert not any(isinstance(c, EarlyStopping) for c in run.trainer.callbacks)  # type: ignore[attr-defined]

    def test_too_many_workers_are_lowered_which_is_said(
        self, tiny_cohort: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        cores = len(os.sched_getaffinity(0))
        run = training.build_run(settings(tiny_cohort, tmp_path, num_workers=cores + 7), quiet_console())
        for loader in (run.data.train_dataloader(), run.data.val_dataloader()):
            assert loader.num_workers == cores
        assert caplog.text.count(f"--num_workers {cores + 7} is lowered to {cores}") == 1

    @pytest.mark.parametrize(("dynamic", "one_width"), [(True, False), (False, True)])
    def test_padding_is_that_of_the_batch_or_of_the_split(
        self, tiny_cohort: Path, tmp_path: Path, dynamic: bool, one_width: bool
    ) -> None:
        run = training.build_run(settings(tiny_cohort, tmp_path, use_dynamic_padding=dynamic), quiet_console())
        steps = {batch.minute.shape[1] for batch in run.data.train_dataloader()}
        assert (len(steps) == 1) is one_width

    def test_histories_are_cut_only_where_asked_to(self, tiny_cohort: Path, tmp_path: Path) -> None:
        def longest(limit: int | None) -> int:
            run = training.build_run(settings(tiny_cohort, tmp_path, max_sequence_length=limit), quiet_console())
            split = run.data.cohort.train
            return max(len(split[index].value) for index in range(len(split)))

        assert longest(10) <= 10 < longest(None)

    def test_tensorboard_gets_the_numbers_too(self, tiny_cohort: Path, tmp_path: Path) -> None:
        pytest.importorskip("tensorboard", reason="the extra tensorboard is not installed")
        trained(settings(tiny_cohort, tmp_path, tensorboard=True, max_steps=1))
        assert list((tmp_path / "logs").rglob("events.out.tfevents.*"))

    def test_tensorboard_that_is_not_installed_is_named_with_the_fix(
        self, tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def missing(*args: object, **kwargs: object) -> None:
            raise ModuleNotFoundError("No module named 'tensorboard'")

        monkeypatch.setattr("pytorch_lightning.loggers.TensorBoardLogger", missing)
        with pytest.raises(InputError, match=r'pip install "seqsetvae\[tensorboard\]"'):
            training.build_run(settings(tiny_cohort, tmp_path, tensorboard=True), quiet_console())


@pytest.mark.parametrize(
    ("wanted", "batches", "accumulation", "interval"),
    [
        (0.1, 1000.0, 2, 100),
        (0.1, 999.3, 2, 100),
        (0.5, 9.0, 2, 4),
        (1.0, 9.0, 2, 9),  # an odd epoch ends with half a step, and validation with the epoch
        (1.0, 8.5, 4, 9),
        (0.1, 4.0, 2, 2),  # never below a step
        (0.1, 1.0, 8, 1),  # an epoch of less than a step
        (0.01, 10.0, 1, 1),
        (250.0, 1000.0, 2, 250),
        (251.0, 1000.0, 4, 252),  # whole steps
        (5000.0, 1000.0, 2, 1000),  # at most an epoch
    ],
)
def test_validation_comes_between_whole_steps_and_once_an_epoch_at_least(
    wanted: float, batches: float, accumulation: int, interval: int
) -> None:
    assert validation_interval(wanted, batches=batches, accumulation=accumulation) == interval


def test_the_log_tells_a_run_in_events(tiny_cohort: Path, tmp_path: Path) -> None:
    trained(settings(tiny_cohort, tmp_path))
    told = {event.kind: event for event in events_of(tmp_path)}
    assert set(told) == {"started", "best", "ended"}
    assert told["started"].step == 0
    assert told["ended"].message == "training has ended; final-step000005.ckpt is kept"


def test_early_stopping_is_told(tiny_cohort: Path, tmp_path: Path) -> None:
    trained(settings(tiny_cohort, tmp_path, early_stopping_patience=1, max_epochs=50, learning_rate=1e-9))
    assert events_of(tmp_path)[-1].kind == "early_stopping"
