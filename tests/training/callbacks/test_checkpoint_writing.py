"""A checkpoint that a disk refuses, as the callbacks that write one see it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from seqsetvae.errors import InputError
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.checkpoint_writing import write_along_the_way, write_or_end
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from tests.training.callbacks.stand_ins import StandInTrainer, events

ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO]


class WritingTrainer(StandInTrainer):
    """Writes as Lightning does, by the strategy's plugin."""

    def save_checkpoint(self, path: Path) -> None:
        self.strategy.checkpoint_io.save_checkpoint({}, path)


@pytest.fixture
def logger(tmp_path: Path) -> JsonlLogger:
    return JsonlLogger(tmp_path / "logs", "run")


@pytest.fixture
def trainer(logger: JsonlLogger) -> WritingTrainer:
    return WritingTrainer(loggers=[logger])


def failing(number: int) -> Callable[..., None]:
    def fail(*args: object) -> None:
        raise OSError(number, "Detail")

    return fail


@pytest.mark.parametrize("number", ERRORS)
def test_along_the_way_it_is_said_once_until_it_works_again(
    tmp_path: Path, trainer: WritingTrainer, logger: JsonlLogger, number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "last.ckpt"
    for refused in (True, True, False, False, True):
        with pytest.MonkeyPatch.context() as patch:
            if refused:
                patch.setattr(torch, "save", failing(number))
            assert write_along_the_way(trainer.as_trainer, path) is not refused
    told = [(event.kind, event.level) for event in events(logger)]
    failed, written = ("checkpoint_failed", Level.YELLOW), ("checkpoint_written", Level.INFO)
    assert told == [failed, written, failed]
    assert capsys.readouterr().err.count(f"{path} could not be written: {os.strerror(number)};") == 2
    assert sorted(file.name for file in tmp_path.glob("*.ckpt")) == ["last.ckpt"]


@pytest.mark.parametrize("number", ERRORS)
def test_at_the_end_it_is_one_sentence(
    tmp_path: Path, trainer: WritingTrainer, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "save", failing(number))
    with pytest.raises(InputError, match=rf"final\.ckpt: {os.strerror(number)}; "):
        write_or_end(trainer.as_trainer, tmp_path / "final.ckpt")
    assert not list(tmp_path.glob("*.ckpt"))
    assert not list(tmp_path.glob(".*"))
