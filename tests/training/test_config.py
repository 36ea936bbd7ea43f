"""Settings are checked where they are built, and the message names the flag and the value."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from seqsetvae.collapse.response import ActionKind
from seqsetvae.commandline.config_flags import build_parser, parse_config
from seqsetvae.errors import InputError
from seqsetvae.stream.records import Level
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.schedules import BetaSchedule, CheckSchedule


def config(**changes: Any) -> TrainConfig:
    return TrainConfig(data_dir="data", **changes)


#: The defaults that users of the original system know.
DOCUMENTED = {
    "batch_size": 4,
    "max_sequence_length": 1000,
    "num_workers": 8,
    "gradient_accumulation_steps": 2,
    "precision": "16-mixed",
    "gradient_clip_val": 0.5,
    "learning_rate": 1e-4,
    "max_beta": 0.1,
    "free_bits": 0.1,
    "label_smoothing": 0.1,
    "reduced_dim": 256,
    "latent_dim": 256,
    "levels": 2,
    "heads": 2,
    "ff_dim": 256,
    "transformer_heads": 2,
    "transformer_layers": 2,
}


def test_the_defaults_are_the_documented_ones() -> None:
    settings = config().to_dict()
    assert {name: settings[name] for name in DOCUMENTED} == DOCUMENTED


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("batch_size", 0, "must be at least 1"),
        ("gradient_accumulation_steps", 0, "must be at least 1"),
        ("num_nodes", 0, "must be at least 1"),
        ("log_every_n_steps", 0, "must be at least 1"),
        ("max_sequence_length", 0, "must be at least 1, or none"),
        ("update_frequency", "0", "must be at least 1, or adaptive"),
        ("update_frequency", "often", "must be at least 1, or adaptive"),
        ("early_stop_patience", 0, "must be at least 1"),
        ("plot_frequency", -1, "must not be negative or infinite"),
        ("kl_threshold", 0.0, "must be positive and finite"),
        ("active_units_threshold", 1.5, "must be in [0, 1]"),
        ("min_checks", 0, "must be at least 1"),
        ("window_size", 2, "must be at least 3"),
        ("num_workers", -1, "must not be negative or infinite"),
        ("free_bits", -0.1, "must not be negative or infinite"),
        ("gradient_clip_val", -1.0, "must not be negative or infinite"),
        ("seed", -1, "must be at least 0"),
        ("seed", 2**32, "must be at most 4,294,967,295"),
        ("max_sequence_length", 2**31, "must be at most 2,147,483,647"),
        ("latent_dim", 65_537, "must be at most 65,536"),
        ("reconstruction_weight", float("inf"), "must not be negative or infinite"),
        ("early_stopping_patience", -1, "must not be negative or infinite"),
        ("free_bits", float("nan"), "must not be negative or infinite"),
        ("learning_rate", 0.0, "must be positive and finite"),
        ("learning_rate", float("inf"), "must be positive and finite"),
        ("learning_rate", float("nan"), "must be positive and finite"),
        ("clip_value", -5.0, "must be positive and finite"),
        ("checkpoint_minutes", 0.0, "must be positive and finite"),
        ("label_smoothing", 1.0, "must be in [0, 1)"),
        ("freeze_ratio", 1.5, "must be in [0, 1]"),
        ("max_epochs", 0, "must be at least 1, or -1 for no limit"),
        ("max_steps", -2, "must be at least 1, or -1 for no limit"),
        ("val_check_interval", 0.0, "must be positive and finite"),
        ("val_check_interval", float("inf"), "must be positive and finite"),
        ("limit_val_batches", float("inf"), "must be positive and finite"),
        ("limit_val_batches", 0.0, "must be positive and finite"),
        ("max_beta", -1.0, "must be at least 0"),
        ("beta_warmup_steps", -1, "must be at least 0"),
        ("lr_warmup_steps", -1, "must be at least 0"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(name: str, value: float, rule: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"--{name} {rule}, got {value}")):
        config(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("reduced_dim", 0), ("latent_dim", 0), ("levels", 0), ("heads", 3), ("dropout", 1.0)]
)
def test_impossible_dimensions_are_refused_before_data_is_read(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        config(**{name: value})


def test_resuming_and_pretraining_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="--resume_from_checkpoint and --pretrained_ckpt exclude each other"):
        config(resume_from_checkpoint="a.ckpt", pretrained_ckpt="b.ckpt")


def test_a_reconstruction_loss_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="--direction_weight, --magnitude_weight and --full_weight are all 0"):
        config(direction_weight=0.0, magnitude_weight=0.0, full_weight=0.0)


@pytest.mark.parametrize(
    "text", ["-1", "0", "1", "1e400", "-1e400", "nan", "-0.0", "9" * 30, "1e30", "0.1", "", "~", "~nobody", "x" * 5000]
)
def test_any_text_of_any_setting_is_taken_or_refused_in_a_sentence(text: str) -> None:
    parser = build_parser(TrainConfig, prog="prog", description="")
    for field in dataclasses.fields(TrainConfig):
        try:
            found, _ = parse_config(TrainConfig, parser, ["--data_dir=there", f"--{field.name}={text}"])
        except InputError as error:
            assert "\n" not in str(error)  # noqa: PT017
            continue
        value = getattr(found, field.name)
        assert not isinstance(value, float) or math.isfinite(value)
        assert not isinstance(value, int) or -1 <= value < 2**32


@pytest.mark.parametrize(
    "name",
    [
        "data_dir", "params_map_path", "label_path", "output_dir", "log_dir", "resume_from_checkpoint",
        "pretrained_ckpt", "test_checkpoint",
    ],
)  # fmt: skip
def test_paths_begin_at_home_where_they_say_so(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "settings.yaml").write_text(f"{name}: ~/x y\n")
    parser = build_parser(TrainConfig, prog="prog", description="")
    for words in ([f"--{name}=~/x y"], ["--config=~/settings.yaml"]):
        found, _ = parse_config(TrainConfig, parser, ["--data_dir=there", *words] if name != "data_dir" else words)
        assert getattr(found, name) == f"{tmp_path}/x y"
    found, _ = parse_config(TrainConfig, parser, ["--data_dir=there", f"--{name}=./~/$x"])
    assert getattr(found, name) == "~/$x"


def test_a_run_has_an_end() -> None:
    with pytest.raises(ValueError, match="--max_epochs -1 needs an end: set --max_steps"):
        config(max_epochs=-1)
    assert config(max_epochs=-1, max_steps=10).max_steps == 10


@pytest.mark.parametrize(
    ("settings", "every"),
    [
        ({}, 200),
        ({"fast_detection": True}, 100),
        ({"update_frequency": "7"}, 7),
        ({"update_frequency": "7", "fast_detection": True}, 7),
        ({"update_frequency": "adaptive"}, None),
    ],
)
def test_how_often_the_posterior_is_checked(settings: dict[str, Any], every: int | None) -> None:
    assert config(**settings).check_schedule() == CheckSchedule(every=every)


def test_the_detectors_thresholds_are_the_flags_of_the_same_name() -> None:
    thresholds = config(detector="original", fast_detection=True, kl_threshold=0.02, free_bits=0.3).thresholds()
    assert (thresholds.detector, thresholds.fast_detection) == ("original", True)
    assert (thresholds.kl_threshold, thresholds.free_bits) == (0.02, 0.3)


def test_a_collapse_is_kept_unless_one_says_not_to() -> None:
    assert config().response_plan().level_of(ActionKind.SAVE) is Level.RED
    assert config(auto_save_on_collapse=False).response_plan().level_of(ActionKind.SAVE) is None
    kept = config(auto_save_on_collapse=False, on_collapse=("orange=save",)).response_plan()
    assert kept.level_of(ActionKind.SAVE) is Level.ORANGE


def test_a_word_that_is_no_action_is_refused() -> None:
    with pytest.raises(ValueError, match="--on_collapse 'explode' is no action, choose one of warn, save"):
        config(on_collapse=("warn", "explode"))


def test_without_warm_up_beta_is_constant() -> None:
    assert config(warmup_beta=False, kl_annealing="cyclical").beta_schedule()(0) == 0.1
    assert config(kl_annealing="cyclical").beta_schedule() == BetaSchedule(
        max_beta=0.1, warmup_steps=5000, annealing="cyclical"
    )


def test_the_models_dimensions_are_the_flags_of_the_same_name() -> None:
    model = config(reduced_dim=32, latent_dim=5, levels=3, decoder_layers=2, dropout=0.25).model(
        num_variables=7, embedding_dim=768
    )
    assert (model.num_variables, model.embedding_dim) == (7, 768)
    assert (model.reduced_dim, model.latent_dim, model.levels, model.decoder_layers) == (32, 5, 3, 2)
    assert model.dropout == 0.25


def test_settings_are_plain_values_that_make_the_same_settings_again() -> None:
    original = config(
        max_sequence_length=None, run_name="one", learning_rate=3e-4, on_collapse=("save", "orange=lower_beta")
    )
    assert TrainConfig(**yaml.safe_load(yaml.safe_dump(original.to_dict()))) == original


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        config().batch_size = 8  # type: ignore[misc]
