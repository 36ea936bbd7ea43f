"""What the terminal says of the models that are saved, and of the end of a run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pytorch_lightning import LightningModule, Trainer

from seqsetvae.cli.train import main
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.config import TrainConfig
from tests.training_runs import settings, words

pytestmark = pytest.mark.usefixtures("one_thread")


def said(capsys: pytest.CaptureFixture[str], config: TrainConfig | list[str], code: int = 0) -> list[str]:
    """Return the lines of a run on stderr."""
    assert main(config if isinstance(config, list) else words(config)) == code
    return capsys.readouterr().err.splitlines()


@pytest.fixture(autouse=True)
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_finished_run_and_what_is_said_when_it_is_resumed(
    tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(capsys, settings(tiny_cohort, tmp_path, test_after_training=True))
    (best,) = (tmp_path / "checkpoints" / "run").glob("best-*.ckpt")
    auroc = best.stem.partition("auroc")[2]
    kept = f"checkpoints/run/{best.name}"
    assert f"saved {kept}: one of the two best models so far" in lines
    assert "saved checkpoints/run/final-step000005.ckpt: the model at the end" in lines
    longer = "to train for longer: seqsetvae-train --resume_from_checkpoint checkpoints/run/last.ckpt --max_epochs 2"
    end, found, test, saved, on = lines[-5:]
    assert end == "run run: finished at step 5 of 5"
    assert found == f"best: val/auroc {auroc} at step 5, {kept}"
    assert re.fullmatch(r"test: AUROC \d\.\d{4}, AUPRC \d\.\d{4}, logs/run/test\.json", test)
    assert (saved, on) == ("saved: checkpoints/run/final-step000005.ckpt", longer)

    lines = said(capsys, ["--resume_from_checkpoint=checkpoints/run/last.ckpt"])
    assert "run run: nothing was left to train, since it had ended before, at step 5 of 5" in lines
    assert lines[-1] == longer


def test_without_a_validation_there_is_no_test(
    tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tiny_cohort, tmp_path, test_after_training=True, max_epochs=-1, max_steps=3)
    *_, end, test, saved, on = said(capsys, config)
    assert end == "run run: finished at step 3 of 3"
    assert test == (
        "not tested: no validation was made, so no checkpoint is the best; the run ended at step 3, and the first is "
        "due after 5 (--val_check_interval)"
    )
    assert saved == "saved: checkpoints/run/final-step000003.ckpt"
    assert on.endswith("last.ckpt --max_steps 6")


def test_early_stopping_is_said(tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = settings(tiny_cohort, tmp_path, early_stopping_patience=1, learning_rate=1e-30, max_epochs=3)
    lines = said(capsys, config)
    (why,) = (line for line in lines if line.startswith("early stopping: "))
    assert re.search(r"val/auroc has not risen above \d\.\d{4} \(step 5\) in 1 validation, and is \d", why)
    assert "run run: ended by early stopping at step 10 of 15" in lines
    assert "not tested: --test_after_training is false" in lines
    assert not any(line.startswith("to ") for line in lines)


def test_an_error_says_how_to_resume(
    tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: TrainingMetrics, trainer: Trainer, module: LightningModule, *args: Any) -> None:
        raise RuntimeError("a cosmic ray\nand more")

    monkeypatch.setattr(TrainingMetrics, "on_train_batch_end", fail)
    with pytest.raises(RuntimeError, match="a cosmic ray"):
        main(words(settings(tiny_cohort, tmp_path)))
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("run run: failed with RuntimeError: a cosmic ray at step ") for line in lines)
    assert "to resume: seqsetvae-train --resume_from_checkpoint checkpoints/run/last.ckpt" in lines
