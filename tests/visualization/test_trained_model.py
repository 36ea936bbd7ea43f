"""What a checkpoint becomes, and which files are refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from seqsetvae.errors import InputError
from seqsetvae.visualization.trained_model import TrainedModel, load_model

CPU = torch.device("cpu")


def changed(checkpoint: Path, target: Path, **parts: Any) -> Path:
    """A copy of a checkpoint in which parts of what it says of itself are others."""
    content = torch.load(checkpoint, weights_only=True)
    content["seqsetvae"] |= parts
    torch.save(content, target)
    return target


def test_the_model_is_the_one_that_was_trained(trained: TrainedModel, checkpoint: Path) -> None:
    weights = torch.load(checkpoint, weights_only=True)["state_dict"]
    for name, tensor in trained.model.state_dict().items():
        torch.testing.assert_close(tensor, weights[f"model.{name}"], rtol=0.0, atol=0.0)
    assert not trained.model.training
    assert next(trained.model.parameters()).dtype == torch.float32
    assert trained.levels == (8, 8)
    assert trained.chamfer.direction == trained.settings.direction_weight


def test_settings_of_another_version_are_left_out(checkpoint: Path, tmp_path: Path) -> None:
    config = torch.load(checkpoint, weights_only=True)["seqsetvae"]["config"]
    other = changed(checkpoint, tmp_path / "other.ckpt", config={**config, "setting_of_next_year": 3})
    assert load_model(other, CPU).settings.latent_dim == 8


def test_a_truncated_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.ckpt"
    path.write_bytes(checkpoint.read_bytes()[: checkpoint.stat().st_size // 2])
    with pytest.raises(InputError, match=re.escape(f"checkpoint {path} cannot be read")):
        load_model(path, CPU)


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.ckpt"
    torch.save({"state_dict": {}, "epoch": 3}, path)
    with pytest.raises(InputError, match="not a checkpoint of seqsetvae-train"):
        load_model(path, CPU)


@pytest.mark.parametrize(
    "parts",
    [{"model": {"latent_dim": 8, "sides": 4}}, {"config": {"data_dir": "d", "batch_size": 0}}],
    ids=["dimensions unknown here", "settings out of range"],
)
def test_what_this_version_cannot_build_is_refused(checkpoint: Path, tmp_path: Path, parts: dict[str, Any]) -> None:
    path = changed(checkpoint, tmp_path / "other.ckpt", **parts)
    with pytest.raises(InputError, match="does not fit this version of the model"):
        load_model(path, CPU)


def test_weights_of_another_shape_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    model = torch.load(checkpoint, weights_only=True)["seqsetvae"]["model"]
    path = changed(checkpoint, tmp_path / "other.ckpt", model={**model, "reduced_dim": 32})
    with pytest.raises(InputError, match=r"does not hold the weights of its model: .* differ"):
        load_model(path, CPU)


def test_other_variables_are_named(trained: TrainedModel) -> None:
    variables = trained.header.variables
    trained.check_fits(variables)
    with pytest.raises(InputError, match=r"trained on other variables, such as .*Zinc"):
        trained.check_fits((*variables[:-1], "Zinc"))
