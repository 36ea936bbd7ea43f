"""A run from its settings to its end: what it writes, and what its flags do."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping

from seqsetvae.errors import InputError
from seqsetvae.logs.discovery import find_watched
from seqsetvae.stream.records import RunState, Value
from seqsetvae.training import run as training
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.posterior_watch import PosteriorWatch
from seqsetvae.training.trainer import validation_interval
from tests.training_runs import (
    Point,
    add_first,
    callback_of,
    checkpoints,
    events_of,
    history,
    long_settings,
    manifest_of,
    metrics_of,
    quiet_console,
    resumptions_of,
    root_of,
    settings,
    trained,
)

pytestmark = pytest.mark.usefixtures("one_thread")


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
        assert not any(isinstance(c, PosteriorWatch) for c in run.trainer.callbacks)  # type: ignore[attr-defined]
        expected = {point: value for point, value in undisturbed.items() if "posterior/" not in point[1]}
        assert history(metrics_of(tmp_path)) == expected

    @pytest.mark.parametrize(("fast", "steps"), [(True, 100), (False, 200)])
    def test_fast_detection_checks_twice_as_often(
        self, tiny_cohort: Path, tmp_path: Path, fast: bool, steps: int
    ) -> None:
        long = settings(tiny_cohort, tmp_path, fast_detection=fast, update_frequency=None, max_epochs=2000)
        run = training.build_run(long, quiet_console())
        assert callback_of(run, PosteriorWatch).parts.monitor.schedule.every == steps

    def test_lines_are_means_over_the_steps_between_them(
        self, tiny_cohort: Path, tmp_path: Path, undisturbed: dict[Point, Value]
    ) -> None:
        trained(long_settings(tiny_cohort, tmp_path, log_every_n_steps=4))
        found = history(metrics_of(tmp_path))
        assert [step for step, name in found if name == "train/loss"] == [4, 8, 12]
        # Steps 1 to 4 are batches of two each, so that the mean over batches is that over steps.
        expected = float(np.mean([undisturbed[step, "train/loss"] for step in range(1, 5)]))
        assert found[4, "train/loss"] == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize(("limit", "expected"), [(2.0, 2), (0.1, 1), (1e-9, 1), (0.6, 2), (1e300, 4)])
    def test_validation_can_be_cut_short(self, tiny_cohort: Path, tmp_path: Path, limit: float, expected: int) -> None:
        counted: list[int] = []

        class Count(pl.Callback):
            def on_validation_batch_end(self, *args: Any, **kwargs: Any) -> None:
                counted.append(1)

        config = settings(tiny_cohort, tmp_path, batch_size=2, limit_val_batches=limit, max_steps=20)
        trained(config, lambda run: add_first(run, Count()))
        assert len(counted) == expected, "of four batches, once an epoch"

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
        for run in ("one", "two"):
            trained(settings(tiny_cohort, tmp_path, tensorboard=True, max_steps=1, run_name=run))
        found = [path.parent for path in (tmp_path / "logs").rglob("events.out.tfevents.*")]
        assert sorted(found) == [tmp_path / "logs" / run / "tensorboard" for run in ("one", "two")]
        assert sorted(log.name for log in find_watched(tmp_path / "logs")) == ["one", "two"]

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
    events = {event.kind: event for event in events_of(tmp_path)}
    assert set(events) == {"started", "best", "ended"}
    assert events["started"].step == 0
    assert events["ended"].message == "training has ended; final-step000005.ckpt is kept"


def test_early_stopping_is_reported(tiny_cohort: Path, tmp_path: Path) -> None:
    trained(settings(tiny_cohort, tmp_path, early_stopping_patience=1, max_epochs=50, learning_rate=1e-9))
    assert events_of(tmp_path)[-1].kind == "early_stopping"
