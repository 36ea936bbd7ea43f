from pathlib import Path

import orjson
import pytest

from seqsetvae.cli.prepare import main
from seqsetvae.data.packed_store import open_cohort
from tests.data.prepare.meds_sets import write_set as write_meds_set
from tests.data.prepare.raw_sets import write_set, write_stay


def test_without_arguments_it_prints_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "physionet2012" in shown
    assert "synthetic" in shown


def test_synthetic_writes_a_cohort_and_tells_about_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synthetic", str(tmp_path / "out"), "--patients", "60", "--mean_sets", "6", "--jobs", "1"]) == 0
    shown = capsys.readouterr().out
    assert "Patients by split" in shown
    assert "NISysABP" in shown
    cohort = open_cohort(tmp_path / "out")
    assert len(cohort.train) + len(cohort.valid) + len(cohort.test) == 60


def test_flags_take_hyphens_and_underscores(tmp_path: Path) -> None:
    common = ["--patients=40", "--jobs=1"]
    assert main(["synthetic", str(tmp_path / "one"), "--mean-sets=4", *common]) == 0
    assert main(["synthetic", str(tmp_path / "two"), "--mean_sets", "4", *common]) == 0
    one, two = (orjson.loads((tmp_path / name / "prepare_report.json").read_bytes()) for name in ("one", "two"))
    assert one == two
    assert one["options"]["mean_sets"] == 4


def test_physionet2012_takes_several_sets_seed_and_shares(tmp_path: Path) -> None:
    one, two = write_set(tmp_path / "raw", "a"), write_set(tmp_path / "raw", "b", first=2000)
    arguments = ["physionet2012", str(one), str(two), str(tmp_path / "out"), "--seed", "5", "--jobs", "1"]
    assert main([*arguments, "--split", "0.5", "0.25", "0.25"]) == 0
    report = orjson.loads((tmp_path / "out" / "prepare_report.json").read_bytes())
    assert report["options"] == {"sets": ["set-a", "set-b"], "seed": 5, "split": [0.5, 0.25, 0.25]}
    assert report["splits"]["train"]["patients"] == 20


def test_meds_takes_labels_a_least_count_and_a_window(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = write_meds_set(tmp_path / "meds")
    arguments = ["meds", str(tmp_path / "meds"), str(tmp_path / "out"), "--labels", str(labels), "--jobs", "1"]
    assert main([*arguments, "--min-count", "7", "--window_hours", "0.1"]) == 0
    assert "events before the window of a patient" in capsys.readouterr().out
    report = orjson.loads((tmp_path / "out" / "prepare_report.json").read_bytes())
    assert {variable["variable"] for variable in report["variables"]} == {"HR", "OTHER"}


def test_meds_without_labels_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_meds_set(tmp_path).unlink()
    assert main(["meds", str(tmp_path), str(tmp_path / "out"), "--labels", str(tmp_path / "labels.parquet")]) == 2
    assert capsys.readouterr().err.startswith("seqsetvae-prepare: There is no file ")


def test_a_malformed_line_is_one_sentence_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stay(write_set(tmp_path / "raw", "a") / "1007.txt", ["00:05,HR,high"])
    assert main(["physionet2012", str(tmp_path / "raw"), str(tmp_path / "out"), "--jobs", "1"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("seqsetvae-prepare: ")
    assert "1007.txt:5: '00:05,HR,high'" in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["mimic", "raw", "out"], "invalid choice: 'mimic'"),
        (["synthetic", "out", "--colour", "blue"], "unrecognized arguments: --colour blue"),
        (["synthetic"], "required: OUT"),
        (["physionet2012", "nowhere", "out"], "There is no directory nowhere"),
        (["synthetic", "out", "--patients", "0"], "--patients is 0"),
        (["synthetic", "out", "--jobs", "0"], "--jobs is 0"),
        (["synthetic", "out", "--split", "1", "1", "1"], "--split is 1 1 1"),
        (["synthetic", "out", "--patients", "2"], "--patients is 2, but at least 20 are needed"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert complaint in shown
    assert shown.count("\n") == 1
