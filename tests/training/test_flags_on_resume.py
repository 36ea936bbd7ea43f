"""Each flag of training where a run goes on: it acts, or is refused with the value that it had."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.errors import InputError
from seqsetvae.training.callbacks.early_stopping import AurocStopping
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run import Run, build_run
from tests.training_runs import callback_of, long_settings, on_one_thread, quiet_console, root_of, trained

pytestmark = pytest.mark.usefixtures("one_thread")

Reading = Callable[[Run], Any]


def of_groups(name: str) -> Reading:
    return lambda run: [round(group[name], 12) for group in run.trainer.optimizers[0].param_groups]


def of_detector(name: str) -> tuple[str, Reading]:
    return name, lambda run: getattr(run.watch.parts.monitor._judge.detector.thresholds, name)


#: The rate after step 13 of a warm-up of 40: of the set encoder with and without decay, and of the rest.
RATES = [2e-2 * 0.25 * 14 / 40] * 2 + [2e-2 * 14 / 40] * 2

#: What checkpoints hold, so that it could come back from there: another value, how it is read, and what it must be.
RESTORED: dict[str, tuple[Any, Reading, Any]] = {
    "learning_rate": (2e-2, of_groups("lr"), RATES),
    "set_encoder_lr_factor": (0.25, of_groups("lr"), RATES),
    "lr_warmup_steps": (40, of_groups("lr"), RATES),
    "lr_decay": ("constant", of_groups("lr"), RATES),
    "weight_decay": (0.5, of_groups("weight_decay"), [0.5, 0.0, 0.5, 0.0]),
    "precision": ("bf16-mixed", lambda run: run.trainer.precision, "bf16-mixed"),
    "early_stopping_patience": (7, lambda run: callback_of(run, AurocStopping).patience, 7),
    "gradient_accumulation_steps": (1, lambda run: run.trainer.accumulate_grad_batches, 1),
    "max_steps": (13, lambda run: run.trainer.global_step, 13),
    "max_beta": (0.5, lambda run: run.module.report.weights.beta, 0.5 * 12 / 99),  # type: ignore[union-attr]
    "beta_warmup_steps": (99, lambda run: run.module.beta.warmup_steps, 99),
    "dropout": (0.5, lambda run: run.module.model.config.dropout, 0.5),
    "update_frequency": ("5", lambda run: run.watch.parts.monitor.schedule.every, 5),  # type: ignore[union-attr]
    "kl_threshold": (3.0, of_detector("kl_threshold")[1], 3.0),
    "window_size": (9, of_detector("window_size")[1], 9),
    "free_bits": (0.25, of_detector("free_bits")[1], 0.25),
}

#: What cannot change: another value, and what is said.
REFUSED: dict[str, tuple[Any, str]] = {
    "reduced_dim": (32, r"reduced_dim 16 \(here 32\)"),
    "latent_dim": (4, r"latent_dim 8 \(here 4\)"),
    "levels": (1, r"levels 2 \(here 1\)"),
    "heads": (1, r"heads 2 \(here 1\)"),
    "inducing_points": (3, r"inducing_points 0 \(here 3\)"),
    "decoder_layers": (2, r"decoder_layers 1 \(here 2\)"),
    "ff_dim": (8, r"ff_dim 16 \(here 8\)"),
    "transformer_heads": (1, r"transformer_heads 2 \(here 1\)"),
    "transformer_layers": (2, r"transformer_layers 1 \(here 2\)"),
    "classifier_queries": (2, r"classifier_queries 8 \(here 2\)"),
    "batch_size": (2, "within epoch 2, .*batch_size was 4 and is 2"),
    "seed": (1, "within epoch 2, .*seed was 0 and is 1"),
    "max_epochs": (1, r"--max_epochs is 1, but checkpoint .* has 2 behind it"),
    "freeze_ratio": (0.5, r"--freeze_ratio 0.5 does not fit checkpoint .*, whose run trained 8\d tensors \(here \d+\)"),
    "pretrained_ckpt": ("x.ckpt", "--resume_from_checkpoint and --pretrained_ckpt exclude each other"),
}

#: What no checkpoint holds: it is read from the settings, as in a new run.
_READ_FROM_SETTINGS = """
data_dir params_map_path label_path missing_label clip_value max_sequence_length use_dynamic_padding num_workers
pin_memory output_dir log_dir run_name warmup_beta kl_annealing reconstruction_weight classification_weight
classification_warmup_steps label_smoothing direction_weight magnitude_weight full_weight gradient_clip_val
compile_model devices num_nodes strategy val_check_interval limit_val_batches checkpoint_minutes
resume_from_checkpoint allow_other_data test_after_training test_checkpoint detector fast_detection var_threshold
active_units_threshold collapsed_fraction_threshold mutual_information_threshold z_ablation_threshold
kl_explosion_threshold min_checks plot_frequency on_collapse early_stop_patience auto_save_on_collapse
disable_metrics_monitoring log_every_n_steps tensorboard verbose
"""


def going_on(finished_run: TrainConfig, root: Path, **changes: Any) -> TrainConfig:
    checkpoint = root_of(finished_run) / "checkpoints" / "run" / "final-step000012.ckpt"
    resumed = {"max_steps": 13, "resume_from_checkpoint": str(checkpoint), **changes}
    return long_settings(Path(finished_run.data_dir), root, **resumed)


@pytest.fixture(scope="module")
def changed(finished_run: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The finished run, one step further with everything of `RESTORED` changed."""
    changes = {name: value for name, (value, _, _) in RESTORED.items()}
    with on_one_thread():
        return trained(going_on(finished_run, tmp_path_factory.mktemp("changed"), **changes))


def test_every_flag_is_known_here() -> None:
    known = [*RESTORED, *REFUSED, *_READ_FROM_SETTINGS.split()]
    assert sorted(known) == sorted(field.name for field in dataclasses.fields(TrainConfig))


@pytest.mark.parametrize("name", RESTORED)
def test_a_setting_is_that_of_the_call_and_not_of_the_checkpoint(changed: Run, name: str) -> None:
    value, read, expected = RESTORED[name]
    assert read(changed) == pytest.approx(expected) if isinstance(expected, float | list) else read(changed) == expected
    assert changed.module.config.to_dict()[name] == value, "and so it is recorded"


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_change_is_refused(finished_run: TrainConfig, tmp_path: Path, name: str) -> None:
    value, said = REFUSED[name]
    with pytest.raises(InputError, match=said):
        build_run(going_on(finished_run, tmp_path, **{name: value}), quiet_console())
    assert not (tmp_path / "logs" / "run").exists()
