"""Settings that are left open, by the length of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seqsetvae.cli.train import main
from seqsetvae.commandline.config_flags import to_yaml
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run_length import RunLength, fitted
from tests.training_runs import manifest_of, settings, words

OPEN = ("val_check_interval", "beta_warmup_steps", "lr_warmup_steps", "update_frequency")


def config(**changes: Any) -> TrainConfig:
    return TrainConfig(**{"data_dir": "data", "devices": "1", **changes})


def chosen(patients: int, **changes: Any) -> tuple[Any, ...]:
    found = fitted(config(**changes), RunLength.of(config(**changes), patients=patients))
    return tuple(getattr(found, name) for name in OPEN)


@pytest.mark.parametrize(
    ("patients", "changes", "epoch", "total"),
    [
        (140, {}, 18, 180),
        (2800, {}, 350, 3500),
        (140, {"max_steps": 20}, 18, 20),
        (140, {"max_steps": 500}, 18, 180),
        (140, {"max_epochs": -1, "max_steps": 500}, 18, 500),
        (140, {"batch_size": 7, "gradient_accumulation_steps": 1}, 20, 200),
        (1, {"max_epochs": 1}, 1, 1),
        (2800, {"devices": "0,2", "num_nodes": 4}, 44, 440),
    ],
)
def test_the_length_of_a_run(patients: int, changes: dict[str, Any], epoch: int, total: int) -> None:
    assert RunLength.of(config(**changes), patients=patients) == RunLength(epoch=epoch, total=total)


def test_a_day_long_epoch_has_the_defaults_of_the_original() -> None:
    assert chosen(40_000) == (0.1, 5000, 100, "200")
    assert chosen(40_000, fast_detection=True)[-1] == "100"


@pytest.mark.parametrize(
    ("patients", "changes", "expected"),
    [
        (140, {}, (1.0, 90, 18, "10")),
        (140, {"max_epochs": 30}, (1.0, 270, 54, "13")),
        (2800, {}, (0.3333, 1750, 100, "87")),
        (2800, {"fast_detection": True}, (0.3333, 1750, 100, "43")),
        (1600, {}, (0.5, 1000, 100, "50")),
        (1, {"max_epochs": 1}, (1.0, 1, 1, "10")),
    ],
)
def test_a_shorter_run_has_shorter_intervals(patients: int, changes: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert chosen(patients, **changes) == expected


def test_what_is_given_stays() -> None:
    given = {"val_check_interval": 0.1, "beta_warmup_steps": 5000, "lr_warmup_steps": 0, "update_frequency": "adaptive"}
    assert chosen(140, **given) == (0.1, 5000, 0, "adaptive")


def test_what_is_chosen_is_said_and_kept(tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_open = settings(tiny_cohort, tmp_path, max_steps=3, **dict.fromkeys(OPEN))
    assert main(words(left_open)) == 0
    said = " ".join(capsys.readouterr().err.split())
    flags = "--lr_warmup_steps 1 --val_check_interval 1.0 --update_frequency 10"
    assert f"chosen for a run of 3 optimizer steps: --beta_warmup_steps 2 {flags}" in said
    assert manifest_of(tmp_path).config["beta_warmup_steps"] == 2
    kept = (tmp_path / "logs" / "run" / "config.yaml").read_text()
    assert kept == to_yaml(TrainConfig, manifest_of(tmp_path).config)
