"""A checkpoint is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from seqsetvae.training.checkpoint_files import AtomicCheckpointIO


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "run" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"weights": torch.arange(3)}, path)
    assert torch.equal(torch.load(path, weights_only=True)["weights"], torch.arange(3))
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_where_writing_fails_the_old_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"step": 1}, path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        AtomicCheckpointIO().save_checkpoint({"step": 2}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_the_old_one_stays_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"step": 1}, path)
    seen: list[object] = []
    monkeypatch.setattr(os, "fsync", lambda _: seen.append(torch.load(path, weights_only=True)))
    AtomicCheckpointIO().save_checkpoint({"step": 2}, path)
    assert seen == [{"step": 1}]
    assert torch.load(path, weights_only=True) == {"step": 2}


class FillingFile:
    """A file that takes the first bytes and no more, as a disk that fills."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, data: bytes) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return len(data)

    def flush(self) -> None:
        pass

    def __enter__(self) -> FillingFile:
        return self

    def __exit__(self, *exception: object) -> None:
        pass


@pytest.mark.parametrize("room", [0, 100, 1000])
def test_a_disk_that_fills_is_the_disks_error_and_not_torchs(
    tmp_path: Path, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(path: Path, *args: Any, **kwargs: Any) -> FillingFile:
        return FillingFile(room)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(OSError, match="No space left") as raised:
        AtomicCheckpointIO().save_checkpoint({"weights": torch.arange(1000)}, tmp_path / "last.ckpt")
    assert raised.value.filename == str(tmp_path / "last.ckpt")


def test_failures_are_kept_where_the_caller_asks_for_them(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    writer = AtomicCheckpointIO()
    with writer.keeping_failures() as failures:
        writer.save_checkpoint({}, tmp_path / "file" / "last.ckpt")
    assert [type(failure) for failure in failures] == [FileExistsError]
    with pytest.raises(FileExistsError):
        writer.save_checkpoint({}, tmp_path / "file" / "last.ckpt")
