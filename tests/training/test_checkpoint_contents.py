"""A checkpoint is read as data, says what it is, and is refused in one sentence where it does not fit."""

from __future__ import annotations

import dataclasses
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from seqsetvae.data.packed_store import open_cohort
from seqsetvae.errors import InputError
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.model.seqsetvae import SeqSetVAE
from seqsetvae.training.checkpoint_contents import CheckpointHeader, read_checkpoint
from seqsetvae.training.config import TrainConfig


def final_checkpoint(config: TrainConfig) -> Path:
    (path,) = (Path(config.output_dir) / "run").glob("final-*.ckpt")
    return path


@pytest.fixture
def header(finished_run: TrainConfig) -> CheckpointHeader:
    return read_checkpoint(final_checkpoint(finished_run))


def own_model(header: CheckpointHeader) -> ModelConfig:
    return ModelConfig(**header.model)


class TestWhatItSays:
    def test_its_run_step_settings_and_vocabulary(self, header: CheckpointHeader, finished_run: TrainConfig) -> None:
        assert header.run_name == "run"
        assert header.step == 12
        assert header.config == finished_run.to_dict()
        assert header.variables == open_cohort(finished_run.data_dir).variables

    def test_its_dimensions_and_weights_make_the_model(self, header: CheckpointHeader) -> None:
        model = SeqSetVAE(own_model(header))
        model.load_state_dict(dict(header.weights))
        assert all(parameter.isfinite().all() for parameter in model.parameters())

    def test_it_holds_nothing_but_data(self, finished_run: TrainConfig) -> None:
        """Lightning's own call for weights would run code of the file otherwise."""
        for path in (Path(finished_run.output_dir) / "run").glob("*.ckpt"):
            assert torch.load(path, weights_only=True)["global_step"] >= 0


class TestWhatDoesNotFit:
    def test_the_model_it_was_made_for_fits_whatever_its_dropout(self, header: CheckpointHeader) -> None:
        header.check_fits(dataclasses.replace(own_model(header), dropout=0.5), header.variables)

    def test_each_other_dimension_is_named(self, header: CheckpointHeader) -> None:
        other = dataclasses.replace(own_model(header), latent_dim=4, levels=1)
        with pytest.raises(InputError, match=r"another shape: latent_dim 8 \(here 4\), levels 2 \(here 1\); use the"):
            header.check_fits(other, header.variables)

    def test_other_variables_are_named(self, header: CheckpointHeader) -> None:
        with pytest.raises(InputError, match="trained on other variables, such as Lactate9000"):
            header.check_fits(own_model(header), (*header.variables[:-1], "Lactate9000"))

    def test_the_same_variables_in_another_order_are_other_variables(self, header: CheckpointHeader) -> None:
        with pytest.raises(InputError, match="trained on other variables, in another order; use its"):
            header.check_fits(own_model(header), header.variables[::-1])


class Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("executed",))


class TestWhatCannotBeRead:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none\.ckpt does not exist"):
            read_checkpoint(tmp_path / "none.ckpt")

    def test_a_directory(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="does not exist"):
            read_checkpoint(tmp_path)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"no checkpoint at all",
            b"\x80\x04garbage",
            b"\x80\x02.",  # a pickle that returns what it never put on its stack
            b"\x80\x02h\x05.",  # and one that looks up what it never stored
            b"PK\x03\x04" + bytes(100),
            bytes(1000),
        ],
    )
    def test_garbage(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "garbage.ckpt"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"^checkpoint .*garbage\.ckpt cannot be read: ") as caught:
            read_checkpoint(path)
        assert "\n" not in str(caught.value)

    def test_a_file_that_was_cut(self, tmp_path: Path, finished_run: TrainConfig) -> None:
        whole = final_checkpoint(finished_run).read_bytes()
        path = tmp_path / "cut.ckpt"
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(InputError, match=r"cut\.ckpt cannot be read"):
            read_checkpoint(path)

    @pytest.mark.parametrize("content", [{"state_dict": {}}, [1, 2], torch.zeros(3), {"seqsetvae": "yes"}])
    def test_what_another_program_saved(self, tmp_path: Path, content: object) -> None:
        torch.save(content, tmp_path / "other.ckpt")
        with pytest.raises(InputError, match=r"other\.ckpt is not a checkpoint of seqsetvae-train"):
            read_checkpoint(tmp_path / "other.ckpt")

    @pytest.mark.parametrize("missing", ["config", "model", "variables"])
    def test_a_header_that_lacks_something(self, tmp_path: Path, finished_run: TrainConfig, missing: str) -> None:
        content = torch.load(final_checkpoint(finished_run), weights_only=True)
        del content["seqsetvae"][missing]
        torch.save(content, tmp_path / "lacking.ckpt")
        with pytest.raises(InputError, match=r"lacking\.ckpt is not a checkpoint of seqsetvae-train"):
            read_checkpoint(tmp_path / "lacking.ckpt")

    def test_code_in_it_is_not_executed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / "evil.ckpt"
        torch.save({"seqsetvae": Malicious()}, path)
        path.with_suffix(".pickle").write_bytes(pickle.dumps(Malicious()))
        for file in (path, path.with_suffix(".pickle")):
            with pytest.raises(InputError, match="cannot be read"):
                read_checkpoint(file)
        assert not (tmp_path / "executed").exists()
