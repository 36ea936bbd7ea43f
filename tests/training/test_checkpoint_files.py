"""A checkpoint is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

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
