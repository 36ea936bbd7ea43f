"""A checkpoint is resumed and tested on the data that it was trained on, or on demand on other data."""

from __future__ import annotations

import dataclasses
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from rich.console import Console

from seqsetvae.cli.train import inherited
from seqsetvae.data.layout import split_directory
from seqsetvae.errors import InputError
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run import build_run
from tests.training_runs import settings


def exchange_a_label(root: Path) -> None:
    header, first, *rows = (root / "oc.csv").read_text().splitlines()
    patient, label = first.split(",")
    (root / "oc.csv").write_text("\n".join([header, f"{patient},{1 - int(label)}", *rows]))


def double_a_scale(root: Path) -> None:
    header, first, *rows = (root / "stats.csv").read_text().splitlines()
    name, mean, std = first.split(",")
    (root / "stats.csv").write_text("\n".join([header, f"{name},{mean},{2 * float(std)}", *rows]))


def exchange_a_test_patient(root: Path) -> None:
    """With one of train, so that the number of batches stays."""
    tested, trained = (min(split_directory(root, split).iterdir()) for split in ("test", "train"))
    tested.rename(trained.parent / tested.name)
    trained.rename(tested.parent / trained.name)


CHANGES: dict[str, Callable[[Path], object]] = {
    "labels": exchange_a_label,
    "scales": double_a_scale,
    "splits": exchange_a_test_patient,
}


@pytest.fixture
def checkpoint(finished_run: TrainConfig) -> Path:
    return next((Path(finished_run.output_dir) / "run").glob("final-*.ckpt"))


@pytest.fixture
def changed(finished_run: TrainConfig, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished_run.data_dir, tmp_path / "changed"))


def built(config: TrainConfig) -> str:
    """Build a run and return what is printed meanwhile."""
    printed = io.StringIO()
    build_run(config, Console(file=printed, width=10_000))
    return printed.getvalue()


@pytest.mark.parametrize("flag", ["resume_from_checkpoint", "test_checkpoint"])
@pytest.mark.parametrize(("name", "change"), CHANGES.items(), ids=CHANGES)
def test_other_data_is_refused_unless_allowed(
    checkpoint: Path, changed: Path, tmp_path: Path, flag: str, name: str, change: Callable[[Path], object]
) -> None:
    change(changed)
    config = settings(changed, tmp_path, max_epochs=3, **{flag: str(checkpoint)})
    with pytest.raises(InputError, match=rf"other data than \S+changed: {name} differ; .* --allow_other_data"):
        built(config)
    assert not (tmp_path / "logs").exists()
    assert f"changed: {name} differ." in built(dataclasses.replace(config, allow_other_data=True))


@pytest.mark.parametrize("flag", ["resume_from_checkpoint", "test_checkpoint"])
def test_a_copy_of_the_data_is_the_same(checkpoint: Path, changed: Path, tmp_path: Path, flag: str) -> None:
    assert built(settings(changed, tmp_path, max_epochs=3, **{flag: str(checkpoint)})) == ""


def test_weights_to_start_from_may_come_from_other_data(checkpoint: Path, changed: Path, tmp_path: Path) -> None:
    exchange_a_label(changed)
    assert built(settings(changed, tmp_path, pretrained_ckpt=str(checkpoint))) == ""


def test_a_checkpoint_that_does_not_know_its_data_goes_on_and_says_so(
    checkpoint: Path, finished_run: TrainConfig, tmp_path: Path
) -> None:
    content = torch.load(checkpoint, weights_only=True)
    del content["seqsetvae"]["data"]
    torch.save(content, tmp_path / "old.ckpt")
    resumed = str(tmp_path / "old.ckpt")
    config = settings(Path(finished_run.data_dir), tmp_path, max_epochs=3, resume_from_checkpoint=resumed)
    assert "old.ckpt does not say what data it was trained on" in built(config)


def test_the_permission_is_for_one_call(checkpoint: Path, changed: Path, tmp_path: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    content["seqsetvae"]["config"]["allow_other_data"] = True
    torch.save(content, tmp_path / "allowed.ckpt")
    assert "allow_other_data" not in inherited({"resume_from_checkpoint": str(tmp_path / "allowed.ckpt")})
