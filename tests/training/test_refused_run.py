"""A run that its disk or its checkpoint refuses before it has begun leaves nothing that looks like a run."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.training import run as training
from seqsetvae.training.config import TrainConfig
from tests.training_runs import quiet_console, root_of, settings

pytestmark = pytest.mark.usefixtures("one_thread")

ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO]


def refuse_writing(patch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(path: Path, content: bytes) -> None:
        raise OSError(number, os.strerror(number), str(path))

    patch.setattr(training, "write_whole", refuse)


@pytest.mark.parametrize("number", ERRORS)
def test_a_log_disk_that_takes_no_settings(
    tiny_cohort: Path, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = training.build_run(settings(tiny_cohort, tmp_path), quiet_console())
    refuse_writing(monkeypatch, number)
    with pytest.raises(OSError, match=r"config\.yaml") as raised:
        training.train(run, "")
    assert raised.value.errno == number
    assert not list((tmp_path / "logs").iterdir())
    assert "seqsetvae log" not in capsys.readouterr().err


@pytest.mark.parametrize("number", ERRORS)
def test_a_log_disk_that_takes_no_result_of_a_test(
    finished_run: TrainConfig, tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, checkpoint = run_for_test(finished_run, tmp_path)
    refuse_writing(monkeypatch, number)
    with pytest.raises(OSError, match=r"test\.json") as raised:
        training.test(run, checkpoint)
    assert raised.value.errno == number
    assert not list((tmp_path / "logs").iterdir())


def test_a_model_whose_probabilities_are_not_finite(
    finished_run: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, checkpoint = run_for_test(finished_run, tmp_path)
    run.logger.log_event("info", "started", "a test begins")

    def tested(*args: object, **options: object) -> list[dict[str, float]]:
        run.module.evaluation.non_finite = 3
        return [{"test/auroc": float("nan")}]

    monkeypatch.setattr(run.trainer, "test", tested)
    with pytest.raises(InputError, match="a probability that is not finite"):
        training.test(run, checkpoint)
    assert not list((tmp_path / "logs").iterdir())


def run_for_test(finished: TrainConfig, root: Path) -> tuple[training.Run, Path]:
    checkpoint = root_of(finished) / "checkpoints" / "run" / "last.ckpt"
    config = settings(Path(finished.data_dir), root, test_checkpoint=str(checkpoint))
    return training.build_run(config, quiet_console()), checkpoint
