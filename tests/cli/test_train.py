"""`seqsetvae-train` as its users meet it: words in, files and one exit code out."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from seqsetvae.cli.train import main
from seqsetvae.commandline.config_flags import to_yaml
from seqsetvae.stream.records import RunState
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from tests.data.cohorts import patient_path, write_cohort, write_patient, write_tables
from tests.training_runs import events_of, long_settings, manifest_of, metrics_of, resumptions_of, settings, words

pytestmark = pytest.mark.usefixtures("one_thread")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run with arguments that must be refused: exit code 2 and one line on stderr, which is returned."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("seqsetvae-train: ")
    assert captured.err.endswith("\n")
    assert captured.err.count("\n") == 1, captured.err
    return captured.err.removeprefix("seqsetvae-train: ")


@dataclass(frozen=True)
class Place:
    """A cohort to spoil, and where a run of it would go."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def patient(self) -> Path:
        return patient_path(self.data, "train", "100")

    def words(self, **changes: Any) -> list[str]:
        return words(settings(self.data, self.root, **changes))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    write_cohort(tmp_path / "data")
    return Place(tmp_path)


def empty(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()


def write_table(path: Path, **columns: list[Any]) -> None:
    pq.write_table(pa.table(columns), path)


#: Ways to spoil a cohort, and what is said of each.
SPOILED: dict[str, tuple[Callable[[Place], object], str]] = {
    "no directory": (lambda p: shutil.rmtree(p.data), r"There is no directory .*data; set --data_dir"),
    "no patients directory": (lambda p: shutil.rmtree(p.data / "patient_ehr"), r"holds no patient_ehr/ directory"),
    "no split": (lambda p: shutil.rmtree(p.data / "patient_ehr/test"), r"There is no directory .*patient_ehr/test"),
    "an empty split": (
        lambda p: empty(p.data / "patient_ehr/valid"),
        r"patient_ehr/valid holds no <id>\.parquet files",
    ),
    "unreadable parquet": (
        lambda p: p.patient.write_bytes(b"PAR1 no longer"), r"train/100\.parquet cannot be read as parquet"
    ),
    "a missing column": (
        lambda p: write_table(p.patient, variable=["HR"], minute=[1.0]), r"100\.parquet has no column value"
    ),
    "a column of another type": (
        lambda p: write_table(p.patient, variable=["HR"], value=["high"], minute=[1.0]),
        r"100\.parquet: column value is string, but must be numbers",
    ),
    "an unlabelled patient": (
        lambda p: write_tables(p.data, {str(i): 0 for i in range(101, 109)}),
        r"oc\.csv has no label for 1 of 9 patients \(the first: 100\).*--missing_label drop",
    ),
    "a std of 0": (
        lambda p: (p.data / "stats.csv").write_text("variable,mean,std\nHR,80,10\nTemp,37,0\npH,7.4,0.1\n"),
        r"stats\.csv:3: the std of Temp is 0",
    ),
    "a NaN": (
        lambda p: write_patient(p.patient, [("HR", float("nan"), 0), ("HR", 80, 1)]),
        r"100\.parquet: value is nan in row 0 \(HR\)",
    ),
    "an unknown variable": (lambda p: write_patient(p.patient, [("Troponin", 1, 0)]), r"100\.parquet.*Troponin"),
    "a patient of no events": (
        lambda p: write_table(p.patient, variable=pa.array([], pa.string()), value=pa.array([], pa.float64()),
                              minute=pa.array([], pa.float64())),
        r"100\.parquet holds no events",
    ),
}  # fmt: skip


class TestInputThatCannotBeUsed:
    """Each is one sentence that names the file or flag, before anything is written."""

    @pytest.mark.parametrize("kind", list(SPOILED))
    def test_data(self, place: Place, capsys: pytest.CaptureFixture[str], kind: str) -> None:
        spoil, complaint = SPOILED[kind]
        spoil(place)
        assert re.search(complaint, refused(capsys, *place.words()))
        assert {path.name for path in place.root.iterdir()} <= {"data"}, "nothing was written"

    @pytest.mark.parametrize(
        ("flag", "value", "complaint"),
        [
            ("batch_size", "0", "--batch_size must be at least 1, got 0"),
            ("batch_size", "four", "--batch_size is 'four', expected INTEGER"),
            ("learning_rate", "-1", "--learning_rate must be positive and finite, got -1.0"),
            ("precision", "8", "--precision is '8', choose one of 16-mixed, bf16-mixed, 32"),
            ("batchsize", "4", "--batchsize is no flag of seqsetvae-train; did you mean --batch_size?"),
            ("heads", "3", "reduced_dim 16 cannot be split over heads 3"),
            ("config", "none.yaml", "--config none.yaml cannot be read: No such file"),
            ("params_map_path", "none.csv", "There is no file none.csv; create it, or name another one with --params"),
            ("label_path", "none.csv", "There is no file none.csv; create it, or name another one with --label_path"),
            ("resume_from_checkpoint", "none.ckpt", "checkpoint none.ckpt does not exist"),
            ("pretrained_ckpt", "none.ckpt", "checkpoint none.ckpt does not exist"),
            ("test_checkpoint", "none.ckpt", "checkpoint none.ckpt does not exist"),
            ("devices", "many", "--devices is 'many', expected a number, a list such as 0,2, or auto"),
            ("devices", "0", "--devices 0 --num_nodes 1 --strategy auto cannot be used here: "),
            ("strategy", "magic", "--devices 1 --num_nodes 1 --strategy magic cannot be used here: "),
            ("run_name", "///", "--run_name: run name '///' has no character that a directory name can have"),
        ],
    )
    def test_flags(
        self,
        place: Place,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        flag: str,
        value: str,
        complaint: str,
    ) -> None:
        monkeypatch.chdir(place.root)
        assert refused(capsys, *place.words(), f"--{flag}={value}").startswith(complaint)

    @pytest.mark.parametrize("flag", ["output_dir", "log_dir"])
    def test_directories_that_cannot_be_made(self, place: Place, capsys: pytest.CaptureFixture[str], flag: str) -> None:
        (place.root / "file").write_text("")
        said = refused(capsys, *place.words(), f"--{flag}={place.root}/file/below")
        assert said == f"--{flag} {place.root}/file/below cannot be made: Not a directory; choose another directory\n"

    @pytest.mark.parametrize("flag", ["output_dir", "log_dir"])
    def test_directories_that_are_files(self, place: Place, capsys: pytest.CaptureFixture[str], flag: str) -> None:
        (place.root / "file").write_text("")
        assert f"--{flag} {place.root}/file" in refused(capsys, *place.words(), f"--{flag}={place.root}/file")

    @pytest.mark.parametrize("flag", ["resume_from_checkpoint", "pretrained_ckpt", "test_checkpoint"])
    def test_checkpoints(
        self, finished_run: TrainConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str
    ) -> None:
        garbage = tmp_path / "garbage.ckpt"
        garbage.write_bytes(b"no checkpoint")
        given = words(settings(Path(finished_run.data_dir), tmp_path))
        said = refused(capsys, *given, f"--{flag}={garbage}")
        assert said.startswith(f"checkpoint {garbage} cannot be read: ")

        whole = checkpoint_of(finished_run, "final-*")
        said = refused(capsys, *given, f"--{flag}={whole}", "--reduced_dim=32")
        assert said.startswith(f"checkpoint {whole} has another shape: reduced_dim 16 (here 32); use the flags")

        other = write_cohort(tmp_path / "other")
        said = refused(capsys, *given, f"--{flag}={whole}", f"--data_dir={other}")
        assert said.startswith(f"checkpoint {whole} has another shape: num_variables ")

    def test_default_flags_add_no_second_line(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        """A CPU changes the default precision and number of workers, and says so; not where nothing is trained."""
        place.patient.write_bytes(b"")
        assert "100.parquet" in refused(capsys, f"--data_dir={place.data}", f"--log_dir={place.root}/logs")

    def test_settings(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        file = place.root / "config.yaml"
        for content, complaint in (
            ("batch_size: [", f"--config {file} is not valid YAML: "),
            ("batchsize: 4", f"--config {file} has unknown settings: batchsize"),
            ("batch_size: four", f"batch_size in {file} is 'four', expected INTEGER"),
            ("batch_size: 0", "--batch_size must be at least 1, got 0"),
        ):
            file.write_text(content)
            assert refused(capsys, f"--config={file}", f"--data_dir={place.data}").startswith(complaint)

    def test_no_data_directory(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert refused(capsys, "--batch_size=4").startswith("--data_dir is missing: directory with patient_ehr/")


def checkpoint_of(config: TrainConfig, pattern: str) -> Path:
    return sorted((Path(config.output_dir) / "run").glob(pattern))[0]


class TestWithoutTraining:
    def test_no_arguments_is_help(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 0
        assert "--gradient_accumulation_steps" in capsys.readouterr().out

    def test_settings_are_printed_and_read_back(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        given = ["--data-dir=d", "--max-sequence-length=none", "--use-dynamic-padding", "false", "--latent_dim=12"]
        assert main([*given, "--print_config"]) == 0
        printed = capsys.readouterr().out
        loaded = yaml.safe_load(printed)
        section = loaded["collapse"]
        assert {name: value for name, value in {**loaded, **section}.items() if name != "collapse"} == TrainConfig(
            data_dir="d", max_sequence_length=None, use_dynamic_padding=False, latent_dim=12
        ).to_dict()
        assert section["detector"] == "posterior"
        (tmp_path / "config.yaml").write_text(printed)
        assert main([f"--config={tmp_path}/config.yaml", "--print_config", "--latent_dim=6"]) == 0
        assert yaml.safe_load(capsys.readouterr().out) == {**loaded, "latent_dim": 6}


class TestARun:
    def test_it_trains_tests_the_best_and_keeps_its_settings(
        self, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        config = settings(tiny_cohort, tmp_path, test_after_training=True, use_dynamic_padding=False)
        assert main(words(config)) == 0
        captured = capsys.readouterr()
        assert "test split" in captured.out
        assert re.search(r"auroc\s+\S*\s*[01]\.\d{4}", captured.out)
        assert "run run: watch it with  seqsetvae-watch" in captured.err
        assert "Warning" not in captured.err
        kept = tmp_path / "logs" / "run"
        assert (kept / "config.yaml").read_text() == to_yaml(TrainConfig, config.to_dict())
        assert (kept / "test.json").is_file()
        assert manifest_of(tmp_path).state is RunState.FINISHED

    def test_a_model_of_nan_is_never_the_best_and_no_test_of_it_is_made(
        self, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        diverging = settings(
            tiny_cohort, tmp_path, learning_rate=1e30, early_stopping_patience=3, test_after_training=True, max_epochs=2
        )
        assert main(words(diverging)) == 0
        assert "not tested: no validation had an AUROC" in " ".join(capsys.readouterr().err.split())
        validations = [line.values for line in metrics_of(tmp_path) if "val/auroc" in line.values]
        assert len(validations) == 2
        for values in validations:
            assert all(math.isnan(values[f"val/{name}"]) for name in ("auroc", "auprc", "accuracy"))  # type: ignore[arg-type]
        kept = tmp_path / "checkpoints" / "run"
        assert not list(kept.glob("best-*"))
        assert "best" not in {event.kind for event in events_of(tmp_path)}
        assert not (tmp_path / "logs" / "run" / "test.json").exists()

        (final,) = kept.glob("final-*")
        tested = [f"--output_dir={tmp_path}/tested", f"--log_dir={tmp_path}/tested/logs", "--run_name=test"]
        said = refused(capsys, f"--test_checkpoint={final}", *tested)
        assert re.search(rf"checkpoint {final} gives 7 of 7 test patients a probability that is not finite", said)
        assert not (tmp_path / "tested" / "logs" / "test" / "test.json").exists()

    @pytest.mark.parametrize("label", [0, 1])
    def test_one_class_is_said_and_nothing_acts_on_it(
        self, tiny_cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], label: int
    ) -> None:
        """An AUROC of 0 or 1 would be best, and stop the run."""
        table = tmp_path / "oc.csv"
        patients = sorted((tiny_cohort / "patient_ehr").glob("*/*.parquet"))
        rows = [
            f"{path.stem},{number % 2 if path.parent.name == 'train' else label}"
            for number, path in enumerate(patients)
        ]
        table.write_text("\n".join(["ts_id,in_hospital_mortality", *rows, ""]))
        config = settings(
            tiny_cohort,
            tmp_path,
            label_path=str(table),
            early_stopping_patience=1,
            max_epochs=3,
            test_after_training=True,
        )
        assert main(words(config)) == 0
        said = " ".join(capsys.readouterr().err.split())
        assert f"All 7 patients that validation sees have label {label}: its AUROC and AUPRC are NaN, early" in said
        assert f"All 7 patients of the test split have label {label}: AUROC and AUPRC of the test are NaN." in said
        assert "train split" not in said
        assert sum("val/auroc" in line.values for line in metrics_of(tmp_path)) == 3, "early stopping is off"
        assert not list((tmp_path / "checkpoints" / "run").glob("best-*"))
        (final,) = (tmp_path / "checkpoints" / "run").glob("final-*")
        assert main([f"--test_checkpoint={final}", f"--log_dir={tmp_path}/tested", "--run_name=test"]) == 0
        report = json.loads((tmp_path / "tested" / "test" / "test.json").read_bytes())
        assert report["test/auroc"] == report["test/auprc"] == "NaN"
        assert 0 <= report["test/accuracy"] <= 1

    def test_from_its_own_settings_the_same_run_comes_again(
        self, finished_run: TrainConfig, tmp_path: Path, tiny_cohort: Path
    ) -> None:
        """config.yaml of a run is a --config, with other directories."""
        config = settings(tiny_cohort, tmp_path, max_steps=2)
        assert main(words(config)) == 0
        again = ["--config", str(tmp_path / "logs/run/config.yaml"), "--run-name", "again"]
        assert main(again) == 0
        first, second = (
            [line.values["train/loss"] for line in metrics_of(tmp_path, run) if "train/loss" in line.values]
            for run in ("run", "again")
        )
        assert first == second

    def test_resuming_takes_the_settings_of_the_checkpoint(self, tiny_cohort: Path, tmp_path: Path) -> None:
        config = long_settings(tiny_cohort, tmp_path, max_steps=3, lr_decay="constant")
        assert main(words(config)) == 0
        last = tmp_path / "checkpoints" / "run" / "last.ckpt"
        assert main([f"--resume-from-checkpoint={last}", "--max_steps=4"]) == 0
        assert [line.step for line in metrics_of(tmp_path) if "train/loss" in line.values] == [1, 2, 3, 4]
        assert resumptions_of(tmp_path) == [3]
        header = read_checkpoint(last)
        assert (header.step, header.config["dropout"], header.config["max_steps"]) == (4, config.dropout, 4)

    def test_a_checkpoint_is_tested_with_its_own_settings(
        self, finished_run: TrainConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        best = checkpoint_of(finished_run, "best-*")
        places = [f"--output_dir={tmp_path}/checkpoints", f"--log_dir={tmp_path}/logs", "--run_name=test"]
        assert main([f"--test_checkpoint={best}", *places]) == 0
        assert "test split" in capsys.readouterr().out
        (line,) = metrics_of(tmp_path, "test")
        assert {name.split("/")[0] for name in line.values} == {"test"}

    def test_a_cpu_trains_in_a_precision_that_it_has_and_says_so(
        self, tiny_cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        assert main(words(settings(tiny_cohort, tmp_path, precision="16-mixed", max_steps=1))) == 0
        said = " ".join(capsys.readouterr().err.split())  # the console breaks lines
        (precision,) = re.findall(r"--precision 16-mixed needs a GPU; .* training with (\S+)", said)
        assert manifest_of(tmp_path).config["precision"] == precision
        assert precision in ("bf16-mixed", "32")

    def test_bfloat16_trains_without_a_step_that_is_not_finite(self, tiny_cohort: Path, tmp_path: Path) -> None:
        assert main(words(settings(tiny_cohort, tmp_path, precision="bf16-mixed", max_steps=4))) == 0
        losses = [float(line.values["train/loss"]) for line in metrics_of(tmp_path) if "train/loss" in line.values]  # type: ignore[arg-type]
        assert len(losses) == 4
        assert all(0 < loss < 100 for loss in losses)
