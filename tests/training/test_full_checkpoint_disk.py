"""A disk that takes no checkpoint: training goes on without those along the way, and ends with its own reason."""

from __future__ import annotations

import errno
import fnmatch
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from seqsetvae.errors import InputError
from seqsetvae.stream.records import RunState
from seqsetvae.training import checkpoint_files
from seqsetvae.training.rank_end import TrainingInterrupted
from seqsetvae.training.run import Run
from tests.training.callbacks.tiny_module import QUIET
from tests.training_runs import (
    add_first,
    checkpoints,
    events_of,
    make_cohort,
    manifest_of,
    on_one_thread,
    settings,
    trained,
)

pytestmark = [pytest.mark.filterwarnings(warning) for warning in QUIET]

ERRORS = [errno.ENOSPC, errno.EIO]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cohort(tmp_path_factory.mktemp("cohort"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with on_one_thread():
        yield


class Disk:
    """Refuses the files of some names, as long as a test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused: list[str] = []
        self.number = errno.ENOSPC
        self._write = checkpoint_files._write
        monkeypatch.setattr(checkpoint_files, "_write", self.write)

    def write(self, checkpoint: Mapping[str, Any], target: Path) -> None:
        if any(fnmatch.fnmatch(target.name, pattern) for pattern in self.refused):
            raise OSError(self.number, os.strerror(self.number), str(target))
        self._write(checkpoint, target)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


class AtStep(pl.Callback):
    """Does something at the end of a step."""

    def __init__(self, step: int, what: Any) -> None:
        self.step, self.what = step, what

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any, **kwargs: Any) -> None:
        if trainer.global_step == self.step:
            self.what()


def raising(error: BaseException) -> Any:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("number", ERRORS)
def test_a_checkpoint_along_the_way_is_left_out_and_said_once(
    cohort: Path, tmp_path: Path, disk: Disk, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    disk.number = number

    def prepare(run: Run) -> None:
        add_first(run, AtStep(2, lambda: disk.refused.append("*")))
        add_first(run, AtStep(4, disk.refused.clear))

    run = trained(settings(cohort, tmp_path, val_check_interval=1.0, checkpoint_minutes=1e-9), prepare)
    assert manifest_of(tmp_path).state is RunState.FINISHED
    kinds = [event.kind for event in events_of(tmp_path)]
    assert kinds.count("checkpoint_failed") == kinds.count("checkpoint_written") == 1
    assert capsys.readouterr().err.count(f"last.ckpt could not be written: {os.strerror(number)}") == 1
    assert checkpoints(tmp_path, "final-*") == [f"final-step{run.trainer.global_step:06d}.ckpt"]


def test_the_best_checkpoints_stay_where_a_better_one_cannot_be_written(
    cohort: Path, tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = ModelCheckpoint._monitor_candidates

    def rising(callback: ModelCheckpoint, trainer: pl.Trainer) -> dict[str, Tensor]:
        if trainer.global_step == 20:
            disk.refused = ["best-*"]
        return {**candidates(callback, trainer), "val/auroc": torch.tensor(trainer.global_step / 100)}

    monkeypatch.setattr(ModelCheckpoint, "_monitor_candidates", rising)
    run = trained(settings(cohort, tmp_path, max_epochs=4))
    kept = checkpoints(tmp_path, "best-*")
    assert kept == ["best-step000010-auroc0.1000.ckpt", "best-step000015-auroc0.1500.ckpt"]
    assert sorted(Path(path).name for path in run.best.best_k_models) == kept
    assert Path(run.best.best_model_path).name == kept[1]
    assert [event.step for event in events_of(tmp_path) if event.kind == "checkpoint_failed"] == [20]


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("refused", [["*"], ["final-*"]], ids=["at the start", "at the end"])
def test_a_run_without_its_first_or_last_checkpoint_ends_in_one_sentence(
    cohort: Path, tmp_path: Path, disk: Disk, refused: list[str], number: int
) -> None:
    disk.refused, disk.number = refused, number
    with pytest.raises(InputError, match=rf"run/(last|final-.*)\.ckpt: {os.strerror(number)}; "):
        trained(settings(cohort, tmp_path))
    manifest = manifest_of(tmp_path)
    assert manifest.state is RunState.FAILED
    assert os.strerror(number) in str(manifest.reason)
    assert not checkpoints(tmp_path, ".*")


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (TrainingInterrupted(15), RunState.INTERRUPTED, "TrainingInterrupted: 143"),
        (RuntimeError("the first"), RunState.FAILED, "RuntimeError: the first"),
        (OSError(errno.EIO, "the first"), RunState.FAILED, "OSError: [Errno 5] the first"),
    ],
)
def test_a_second_error_of_the_disk_does_not_hide_the_first(
    cohort: Path, tmp_path: Path, disk: Disk, error: BaseException, state: RunState, reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def prepare(run: Run) -> None:
        add_first(run, AtStep(2, lambda: disk.refused.append("*")))
        add_first(run, AtStep(3, raising(error)))

    with pytest.raises(type(error)) as raised:
        trained(settings(cohort, tmp_path), prepare)
    assert raised.value is error
    assert (manifest_of(tmp_path).state, manifest_of(tmp_path).reason) == (state, reason)
    assert checkpoints(tmp_path) == ["last.ckpt"]
    assert "-step000003.ckpt could not be written: No space left on device; the run ends" in capsys.readouterr().err
