"""Any LightningModule's training can be written as a run, however it ends."""

from __future__ import annotations

import errno
import math
import os
import pickle
import shutil
import signal
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric.utilities.rank_zero import rank_zero_only
from pytorch_lightning.callbacks import LearningRateMonitor

from seqsetvae.errors import InputError
from seqsetvae.logs.discovery import find_logs
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState
from seqsetvae.stream.resume import resumes_of
from seqsetvae.stream.run_directory import read_manifest
from seqsetvae.stream.run_name import safe_run_name
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.run_progress import RunProgress
from tests.superseding import is_superseded
from tests.training.callbacks.tiny_module import QUIET, TinyModule, tiny_trainer

pytestmark = [pytest.mark.filterwarnings(warning) for warning in QUIET]


def metrics(logger: JsonlLogger) -> list[MetricsRecord]:
    return [decode_metrics(line) for line in (Path(logger.log_dir) / "metrics.jsonl").read_bytes().splitlines()]


def events(logger: JsonlLogger) -> list[EventRecord]:
    return [decode_event(line) for line in (Path(logger.log_dir) / "events.jsonl").read_bytes().splitlines()]


def manifest(logger: JsonlLogger) -> Manifest:
    result = read_manifest(Path(logger.log_dir) / "run.json")
    assert isinstance(result, Manifest)
    return result


def points(logger: JsonlLogger, name: str) -> list[tuple[int, float | None]]:
    """Step and epoch of every value of a metric."""
    return [(record.step, record.epoch) for record in metrics(logger) if name in record.values]


class TestInATrainer:
    def test_the_logger_alone_writes_what_lightning_hands_over(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")
        tiny_trainer(tmp_path, logger=logger).fit(TinyModule())
        assert points(logger, "train/loss") == [(step, 0.0) for step in range(8)]
        assert points(logger, "val/loss") == [(7, 0.0)]
        assert manifest(logger).state is RunState.FINISHED
        assert manifest(logger).versions["torch"] == torch.__version__

    def test_with_progress_steps_are_exact_and_epochs_fractional(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")
        trainer = tiny_trainer(
            tmp_path,
            logger=logger,
            callbacks=[RunProgress(), LearningRateMonitor()],
            max_epochs=2,
            accumulate_grad_batches=2,
            val_check_interval=4,
        )
        trainer.fit(TinyModule())
        assert points(logger, "train/loss") == [(step, step / 4) for step in range(1, 9)]
        assert points(logger, "val/loss") == [(2, 0.5), (4, 1.0), (6, 1.5), (8, 2.0)]
        rates = [step for step, _ in points(logger, "lr-SGD")]
        assert rates == sorted(rates)
        assert (manifest(logger).total_steps, manifest(logger).total_epochs) == (8, 2.0)

    def test_an_explicit_earlier_step_and_epoch_are_kept(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")

        def log_late(batch_idx: int) -> None:
            # What a monitor does whose numbers arrive from the device some steps later.
            if batch_idx == 4:
                logger.log_metrics({"late/exact": 1.0, "epoch": 0.25}, step=2)
                logger.log_metrics({"late/step": 1.0}, step=3)

        tiny_trainer(tmp_path, logger=logger, callbacks=[RunProgress()]).fit(TinyModule(log_late))
        assert points(logger, "late/exact") == [(2, 0.25)]
        assert points(logger, "late/step") == [(3, 0.5)]

    def test_a_step_that_the_module_logs_is_the_step(self, tmp_path: Path) -> None:
        class OwnStep(TinyModule):
            def validation_step(self, batch: Any, batch_idx: int) -> None:
                self.log_dict({"val/own": 1.0, "step": 100.0})

        logger = JsonlLogger(tmp_path, "run")
        tiny_trainer(tmp_path, logger=logger, callbacks=[RunProgress()]).fit(OwnStep())
        assert [step for step, _ in points(logger, "val/own")] == [100]

    def test_testing_after_training_goes_on_in_the_same_run(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")
        trainer = tiny_trainer(tmp_path, logger=logger, callbacks=[RunProgress()])
        module = TinyModule()
        trainer.fit(module)
        trainer.test(module, verbose=False)
        assert [step for step, _ in points(logger, "test/loss")] == [8]
        assert manifest(logger).state is RunState.FINISHED
        assert [run.name for run in find_logs(tmp_path)] == ["run"]

    def test_hyperparameters_are_the_config(self, tmp_path: Path) -> None:
        module = TinyModule()
        module.save_hyperparameters({"lr": 0.01, "clip": math.inf, "data": Path("/data")})
        logger = JsonlLogger(tmp_path, "run")
        tiny_trainer(tmp_path, logger=logger).fit(module)
        assert manifest(logger).config == {"lr": 0.01, "clip": "Infinity", "data": "/data"}

    def test_a_sanity_check_writes_nothing(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")
        tiny_trainer(tmp_path, logger=logger, num_sanity_val_steps=2, limit_train_batches=0).fit(TinyModule())
        assert not (Path(logger.log_dir) / "metrics.jsonl").exists()


class TestEnds:
    def end_of(self, tmp_path: Path, at_step: Callable[[int], None], raised: type[BaseException]) -> Manifest:
        logger = JsonlLogger(tmp_path, "run")
        with pytest.raises(raised):
            tiny_trainer(tmp_path, logger=logger).fit(TinyModule(at_step))
        assert len(metrics(logger)) == 3, "what was logged before the end is there"
        return manifest(logger)

    def test_an_exception_is_a_failure_with_its_reason(self, tmp_path: Path) -> None:
        def fail(batch_idx: int) -> None:
            if batch_idx == 3:
                raise RuntimeError("out of memory")

        found = self.end_of(tmp_path, fail, RuntimeError)
        assert (found.state, found.reason) == (RunState.FAILED, "RuntimeError: out of memory")

    def test_ctrl_c_is_an_interruption(self, tmp_path: Path) -> None:
        def interrupt(batch_idx: int) -> None:
            if batch_idx == 3:
                raise KeyboardInterrupt

        before = signal.getsignal(signal.SIGINT)
        try:
            found = self.end_of(tmp_path, interrupt, SystemExit)
        finally:
            signal.signal(signal.SIGINT, before)  # Lightning turns Ctrl-C off while it ends
        assert (found.state, found.reason) == (RunState.INTERRUPTED, "KeyboardInterrupt")

    def test_a_request_to_stop_is_an_interruption(self, tmp_path: Path) -> None:
        class StopRequested(BaseException):
            pass

        def stop(batch_idx: int) -> None:
            if batch_idx == 3:
                raise StopRequested("SIGTERM")

        found = self.end_of(tmp_path, stop, StopRequested)
        assert (found.state, found.reason) == (RunState.INTERRUPTED, "StopRequested: SIGTERM")

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("success", RunState.FINISHED),
            ("failed", RunState.FAILED),
            ("aborted", RunState.INTERRUPTED),
            ("interrupted", RunState.INTERRUPTED),
            ("finished", RunState.INTERRUPTED),  # before SLURM queues the job again
        ],
    )
    def test_a_status_without_an_exception(self, tmp_path: Path, status: str, state: RunState) -> None:
        logger = JsonlLogger(tmp_path, "run")
        logger.log_metrics({"a": 1.0}, step=1)
        logger.finalize(status)
        assert manifest(logger).state is state

    def test_a_logger_that_was_never_used_leaves_nothing(self, tmp_path: Path) -> None:
        JsonlLogger(tmp_path / "logs", "run").finalize("success")
        assert not (tmp_path / "logs").exists()


class TestResuming:
    def test_a_resumed_training_supersedes_what_lay_beyond_its_checkpoint(self, tmp_path: Path) -> None:
        first = JsonlLogger(tmp_path, "run")
        trainer = tiny_trainer(tmp_path, logger=first, callbacks=[RunProgress()], max_epochs=1)
        trainer.fit(TinyModule())
        trainer.save_checkpoint(tmp_path / "at-8.ckpt")
        first.log_metrics({"train/loss": 9.0}, step=9)  # one step that the checkpoint does not have
        first.finalize("failed")

        second = JsonlLogger(tmp_path, "run", resume=True)
        trainer = tiny_trainer(tmp_path, logger=second, callbacks=[RunProgress()], max_epochs=2)
        trainer.fit(TinyModule(), ckpt_path=tmp_path / "at-8.ckpt", weights_only=False)
        assert second.log_dir == first.log_dir
        resumes = resumes_of(events(second))
        assert [resume.step for resume in resumes] == [8]
        kept = [
            record.step
            for record in metrics(second)
            if "train/loss" in record.values and not is_superseded(resumes, step=record.step, t=record.t)
        ]
        assert kept == list(range(1, 17))

    def test_resuming_a_run_that_is_not_there_begins_it(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run", resume=True)
        tiny_trainer(tmp_path, logger=logger, callbacks=[RunProgress()]).fit(TinyModule())
        assert not (Path(logger.log_dir) / "events.jsonl").exists(), "nothing was resumed"

    def test_resuming_needs_a_name(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="give run_name"):
            JsonlLogger(tmp_path, resume=True)


class TestByHand:
    @pytest.fixture
    def logger(self, tmp_path: Path) -> JsonlLogger:
        return JsonlLogger(tmp_path, "run")

    def test_reserved_names_are_moved_into_a_group(self, logger: JsonlLogger) -> None:
        logger.log_metrics({"t": 0.5, "rank": 3.0, "a/b": 1.0, "epoch": 2}, step=7)
        logger.finalize("success")
        (record,) = metrics(logger)
        assert (record.step, record.epoch) == (7, 2.0)
        assert record.values == {"metric/t": 0.5, "metric/rank": 3.0, "a/b": 1.0}

    def test_tensors_and_lists_are_taken(self, logger: JsonlLogger) -> None:
        logger.log_metrics({"scalar": torch.tensor(1.5), "list": [1.0, math.nan]}, step=0)
        logger.finalize("success")
        values = metrics(logger)[0].values
        assert values["scalar"] == 1.5
        assert isinstance(values["list"], tuple)
        assert math.isnan(values["list"][1])

    def test_without_a_step_the_last_one_holds(self, logger: JsonlLogger) -> None:
        logger.log_metrics({"a": 1.0}, step=7)
        logger.log_metrics({"b": 1.0})
        logger.log_event("yellow", "collapse", "KL is low", {"kl": 0.1})
        logger.log_event(Level.INFO, "note", "", step=3)
        logger.finalize("success")
        assert [record.step for record in metrics(logger)] == [7, 7]
        assert [(event.step, event.level, event.kind) for event in events(logger)] == [
            (7, Level.YELLOW, "collapse"),
            (3, Level.INFO, "note"),
        ]

    def test_a_level_that_is_none_is_refused(self, logger: JsonlLogger) -> None:
        with pytest.raises(ValueError, match="purple"):
            logger.log_event("purple", "k", "m")
        logger.finalize("success")

    def test_hyperparameters_may_be_a_namespace_and_are_merged(self, logger: JsonlLogger) -> None:
        logger.log_hyperparams(Namespace(lr=1, seed=2))
        logger.log_hyperparams({"lr": 3})
        logger.set_totals(steps=10)
        logger.finalize("success")
        assert manifest(logger).config == {"lr": 3, "seed": 2}
        assert manifest(logger).total_steps == 10

    def test_other_ranks_write_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rank_zero_only, "rank", 1)
        logger = JsonlLogger(tmp_path / "logs", "run")
        logger.log_metrics({"a": 1.0}, step=1)
        logger.log_event("info", "k", "m")
        logger.log_hyperparams({"lr": 1})
        logger.experiment.metrics(step=1, values={"a": 1.0})
        logger.finalize("success")
        assert logger.log_dir == str(tmp_path / "logs" / "run")
        assert not (tmp_path / "logs").exists()

    def test_a_copy_in_another_process_opens_its_own_writer(self, logger: JsonlLogger) -> None:
        logger.log_metrics({"a": 1.0}, step=1)
        copy = pickle.loads(pickle.dumps(logger))
        logger.finalize("success")
        copy.log_metrics({"a": 1.0}, step=2)
        copy.finalize("success")
        assert [record.step for record in metrics(logger)] == [1, 2]


class TestNames:
    @pytest.mark.parametrize(
        ("name", "safe"),
        [
            ("lr=1e-4 β", "lr=1e-4-β"),
            ("a/b\\c", "a-b-c"),
            ("../../etc", "etc"),
            (".hidden", "hidden"),
            ("tab\tand\nline", "tab-and-line"),
            ("é" * 200, "é" * 60),
        ],
    )
    def test_names_are_made_safe(self, name: str, safe: str) -> None:
        assert safe_run_name(name) == safe

    @pytest.mark.parametrize("name", ["", "..", "///"])
    def test_a_name_without_a_usable_character_is_refused(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(ValueError, match="choose another one"):
            safe_run_name(name)

    def test_a_taken_name_gets_a_number(self, tmp_path: Path) -> None:
        assert [JsonlLogger(tmp_path, "run").name for _ in range(3)] == ["run", "run-2", "run-3"]

    def test_the_default_name_is_the_time(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(time, "localtime", time.gmtime)
        logger = JsonlLogger(tmp_path, clock=lambda: 1732100000.0)
        assert logger.name == "2024-11-20_10-53-20"

    def test_places(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")
        assert logger.save_dir == str(tmp_path)
        assert logger.log_dir == logger.root_dir == str(tmp_path / "run")
        assert logger.version == ""

    def test_a_directory_that_cannot_be_made_is_a_sentence(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ValueError, match=r"cannot make the log directory .* Not a directory; choose another one"):
            _ = JsonlLogger(tmp_path / "file", "run").log_dir


def full(path: Path) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


class TestADisk:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
    def test_that_takes_no_manifest_is_one_sentence_and_leaves_no_run(
        self, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr("seqsetvae.stream.writer.replace_file", refuse)
        logger = JsonlLogger(tmp_path, "run")
        with pytest.raises(InputError, match=rf"run: {os.strerror(number)}; choose another one"):
            _ = logger.experiment
        logger.discard()
        assert not list(tmp_path.iterdir())

    def test_that_is_gone_after_training_is_not_made_again(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        logger = JsonlLogger(tmp_path, "run")
        logger.log_metrics({"train/loss": 1.0}, step=1)
        logger.finalize("success")
        shutil.rmtree(tmp_path / "run")
        logger.log_metrics({"test/loss": 1.0}, step=1)
        logger.finalize("success")
        assert not (tmp_path / "run").exists()
        assert "No such file or directory" in capsys.readouterr().err

    def test_that_is_full_after_training_does_not_end_the_test(self, tmp_path: Path) -> None:
        logger = JsonlLogger(tmp_path, "run")
        logger.log_metrics({"train/loss": 1.0}, step=1)
        logger.finalize("success")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("seqsetvae.stream.line_writer.replacing", full)
            logger.log_metrics({"test/loss": 1.0}, step=1)
            logger.finalize("failed")
        assert manifest(logger).state is RunState.FAILED


class TestDiscarding:
    def test_leaves_nothing_of_a_new_run(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        logger = JsonlLogger(tmp_path, "run", flush_interval=3600.0)
        logger.log_metrics({"train/loss": 1.0}, step=1)
        logger.discard()
        assert not list(tmp_path.iterdir())
        assert capsys.readouterr().err == ""

    def test_leaves_a_run_that_was_there_as_failed(self, tmp_path: Path) -> None:
        first = JsonlLogger(tmp_path, "run")
        first.log_metrics({"train/loss": 1.0}, step=1)
        first.finalize("success")
        again = JsonlLogger(tmp_path, "run", resume=True)
        again.log_metrics({"train/loss": 1.0}, step=1)
        again.discard()
        assert manifest(again).state is RunState.FAILED
        assert len(metrics(again)) == 2
