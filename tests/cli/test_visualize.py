"""`seqsetvae-visualize` as a user meets it: files, words, exit codes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from seqsetvae.cli.visualize import main
from seqsetvae.training.config import TrainConfig
from tests.test_imports import heavy_modules_after
from tests.training_runs import root_of

FILES = [
    "posterior_collapse_analysis.png", "latent_space_umap.png", "reconstruction_errors.png", "latent_correlation.png",
    "latents.parquet", "summary.json",
]  # fmt: skip


@pytest.fixture
def checkpoint(finished_run: TrainConfig) -> Path:
    return root_of(finished_run) / "checkpoints" / "run" / "last.ckpt"


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> None:
    """Draw few dots, without compiling UMAP where it is installed."""
    monkeypatch.setattr("seqsetvae.figures.style.DPI", 30)
    monkeypatch.setattr("seqsetvae.visualization.projection.find_umap", lambda: None)


def visualize(checkpoint: Path, data: Path, *more: str | Path) -> int:
    return main(["--checkpoint", str(checkpoint), "--data_dir", str(data), *map(str, more)])


def refused(capsys: pytest.CaptureFixture[str], checkpoint: Path, data: Path, *more: str | Path) -> str:
    """The sentence on stderr of a command that must not work."""
    assert visualize(checkpoint, data, *more) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (sentence,) = captured.err.splitlines()
    return sentence.removeprefix("seqsetvae-visualize: ")


def test_a_checkpoint_and_patients_give_all_files_and_name_them(
    checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert visualize(checkpoint, tiny_cohort, "--save-dir", out, "--split", "test", "--batch_size", "3") == 0
    captured = capsys.readouterr()
    assert captured.err == ""  # the progress is for terminals
    summary = orjson.loads((out / "summary.json").read_bytes())
    series = f"time_series_{summary['sample']['patient']}.png"
    assert captured.out.splitlines() == [str(out / name) for name in (*FILES[:4], series, *FILES[4:])]
    assert sorted(path.name for path in out.iterdir()) == sorted([*FILES, series])
    assert (summary["split"], summary["batches"], summary["device"]) == ("test", 3, "cpu")
    assert summary["machine"]["cores"] >= 1


def test_files_go_to_a_directory_named_after_the_checkpoint(
    checkpoint: Path, tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqsetvae.visualization.inspection_report.png_bytes", lambda _: b"drawn elsewhere")
    monkeypatch.chdir(tmp_path)
    assert visualize(checkpoint, tiny_cohort, "--max_batches", "1", "--batch_size", "2") == 0
    assert (tmp_path / "visualizations" / "last" / "summary.json").exists()


def test_no_words_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "--checkpoint" in capsys.readouterr().out


class TestRefusals:
    def test_damaged_and_foreign_checkpoints(
        self, checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        half, other = tmp_path / "half.ckpt", tmp_path / "other.ckpt"
        half.write_bytes(checkpoint.read_bytes()[:5000])
        other.write_bytes(b"no checkpoint")
        assert refused(capsys, half, tiny_cohort).startswith(f"checkpoint {half} cannot be read: ")
        assert refused(capsys, other, tiny_cohort).startswith(f"checkpoint {other} cannot be read: ")
        gone = tmp_path / "gone.ckpt"
        assert refused(capsys, gone, tiny_cohort) == f"checkpoint {gone} does not exist"

    def test_a_data_dir_that_is_none(
        self, checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert str(tmp_path) in refused(capsys, checkpoint, tmp_path)

    def test_patients_of_other_variables(
        self, checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = shutil.copytree(tiny_cohort, tmp_path / "other", ignore=shutil.ignore_patterns(".seqsetvae"))
        with (other / "stats.csv").open("a", encoding="utf-8") as file:
            file.write("Zinc,1.0,1.0\n")
        sentence = refused(capsys, checkpoint, other, "--save_dir", tmp_path / "out")
        assert "was trained on other variables, such as Zinc" in sentence
        assert not (tmp_path / "out").exists()

    def test_an_unknown_patient(
        self, checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sentence = refused(capsys, checkpoint, tiny_cohort, "--sample", "nobody", "--save_dir", tmp_path / "out")
        assert sentence.startswith("--sample nobody: there is no such patient")

    @pytest.mark.parametrize(
        ("flag", "value", "sentence"),
        [
            ("--batch_size", "0", "--batch_size must be at least 1, got 0"),
            ("--max_batches", "-1", "--max_batches must be at least 0, got -1"),
            (
                "--projection",
                "umap",
                '--projection umap needs umap-learn; install it with pip install "seqsetvae[umap]"',
            ),
            ("--split", "all", "argument --split: invalid choice: 'all'"),
        ],
    )
    def test_values_out_of_range(
        self,
        checkpoint: Path,
        tiny_cohort: Path,
        capsys: pytest.CaptureFixture[str],
        flag: str,
        value: str,
        sentence: str,
    ) -> None:
        assert refused(capsys, checkpoint, tiny_cohort, flag, value).startswith(sentence)

    def test_a_gpu_where_there_is_none(
        self, checkpoint: Path, tiny_cohort: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        assert refused(capsys, checkpoint, tiny_cohort, "--device", "cuda").startswith("--device cuda: there is no")

    def test_a_machine_without_torch_names_what_to_install(
        self, checkpoint: Path, tiny_cohort: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("seqsetvae.cli.visualize.find_spec", lambda name: None if name == "torch" else object())
        assert 'pip install "seqsetvae[train]"' in refused(capsys, checkpoint, tiny_cohort)

    def test_a_place_that_cannot_be_written_to(
        self, checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        file = tmp_path / "file"
        file.write_bytes(b"")
        assert f"--save_dir {file} cannot be made" in refused(capsys, checkpoint, tiny_cohort, "--save_dir", file)
        monkeypatch.setattr(os, "access", lambda *_: False)
        sentence = refused(capsys, checkpoint, tiny_cohort, "--save_dir", tmp_path)
        assert sentence.endswith("cannot be written to; name another directory")

    def test_a_disk_that_runs_full(
        self, checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        def full(path: Path, content: bytes) -> None:
            raise OSError(28, os.strerror(28), str(path))

        monkeypatch.setattr("seqsetvae.visualization.inspection_report.write_whole", full)
        sentence = refused(capsys, checkpoint, tiny_cohort, "--save_dir", tmp_path)
        assert "posterior_collapse_analysis.png cannot be written: No space left on device" in sentence


class TestTables:
    """Scales and labels are those of training, unless others are named."""

    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """What the cohort is opened with."""
        seen: dict[str, Any] = {}

        def open_cohort(data_dir: Path, **options: Any) -> SimpleNamespace:
            seen.update(options)
            return SimpleNamespace(variables=("none of them",))

        monkeypatch.setattr("seqsetvae.data.packed_store.open_cohort", open_cohort)
        return seen

    def test_by_default_patients_are_seen_as_in_training(
        self, checkpoint: Path, tiny_cohort: Path, opened: dict[str, Any], finished_run: TrainConfig
    ) -> None:
        assert visualize(checkpoint, tiny_cohort) == 2
        for name in ("params_map_path", "label_path", "clip_value", "missing_label", "max_sequence_length"):
            assert opened[name] == getattr(finished_run, name)

    def test_others_can_be_named(self, checkpoint: Path, tiny_cohort: Path, opened: dict[str, Any]) -> None:
        assert visualize(checkpoint, tiny_cohort, "--params_map_path", "s.csv", "--label_path", "l.csv") == 2
        assert (opened["params_map_path"], opened["label_path"]) == (Path("s.csv"), Path("l.csv"))

    def test_other_ones_than_in_training_are_said(
        self, checkpoint: Path, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        header, first, *rows = (tiny_cohort / "stats.csv").read_text().splitlines()
        name, mean, std = first.split(",")
        table = tmp_path / "stats.csv"
        table.write_text("\n".join([header, f"{name},{mean},{2 * float(std)}", *rows]))
        words = ("--max_batches", "1", "--save_dir", tmp_path / "out", "--params_map_path", table)
        assert visualize(checkpoint, tiny_cohort, *words) == 0
        assert "was trained on other data than" in (said := capsys.readouterr().err)
        assert "scales differ." in said


def test_help_needs_no_torch() -> None:
    assert heavy_modules_after("-m", "seqsetvae.cli.visualize", "--help") == set()
