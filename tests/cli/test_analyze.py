"""`seqsetvae-analyze` as a user meets it: files, words, exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqsetvae.analysis.report_figures import FIGURES
from seqsetvae.cli.analyze import main
from tests.analysis.runs import collapsing, write_run
from tests.test_imports import heavy_modules_after

STEMS = ["loss_curves", "performance_metrics", "training_dynamics", "posterior_metrics"]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    write_run(tmp_path / "logs" / "good", steps=100)
    write_run(tmp_path / "logs" / "bad", collapsing)
    return tmp_path / "logs"


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw few dots."""
    monkeypatch.setattr("seqsetvae.analysis.figure_rendering.DPI", 40)


@pytest.fixture
def one_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw one figure instead of four."""
    monkeypatch.setattr("seqsetvae.analysis.report_files.FIGURES", FIGURES[1:2])


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """The sentence on stderr of a command that must not work."""
    assert main([str(word) for word in words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (sentence,) = captured.err.splitlines()
    return sentence.removeprefix("seqsetvae-analyze: ")


def test_a_directory_of_runs_gives_all_files_and_names_them(logs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = logs.parent / "out"
    assert main([str(logs), "--save_dir", str(out)]) == 0
    expected = [*(f"{stem}.png" for stem in STEMS), "collapse_analysis.txt", "report.html"]
    assert capsys.readouterr().out.splitlines() == [str(out / name) for name in expected]
    assert sorted(path.name for path in out.iterdir()) == sorted(expected)
    assert (out / "loss_curves.png").read_bytes().startswith(b"\x89PNG")
    text = (out / "collapse_analysis.txt").read_text(encoding="utf-8")
    assert "red, collapse" in text
    assert f"2 runs of {logs}" in (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("one_figure")
def test_files_go_to_analysis_by_default(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(logs.parent)
    assert main([str(logs / "good")]) == 0
    assert (logs.parent / "analysis" / "report.html").exists()


@pytest.mark.usefixtures("one_figure")
def test_one_run_can_be_named_with_hyphens_and_other_formats(logs: Path) -> None:
    out = logs.parent / "out"
    assert main([str(logs / "bad"), "--save-dir", str(out), "--format", "svg", "--smooth", "0"]) == 0
    assert sorted(path.suffix for path in out.iterdir()) == [".html", ".svg", ".txt"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Run bad" in page
    assert "smoothed" not in page


@pytest.mark.usefixtures("one_figure")
def test_a_second_report_replaces_the_first(logs: Path) -> None:
    out = logs.parent / "out"
    for run in ("bad", "good"):
        assert main([str(logs / run), "--save_dir", str(out)]) == 0
    assert "bad" not in (out / "collapse_analysis.txt").read_text(encoding="utf-8")
    assert len(list(out.iterdir())) == 3


def test_no_words_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "--save_dir" in capsys.readouterr().out


def test_bad_input_is_one_sentence(logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert refused(capsys, tmp_path / "nowhere").startswith(f"{tmp_path / 'nowhere'} does not exist")
    assert "holds no run" in refused(capsys, empty, "--save_dir", tmp_path / "out")
    assert "--smooth must be at least 0 and below 1, got 1" in refused(capsys, logs, "--smooth", "1")
    assert "--format" in refused(capsys, logs, "--format", "gif")
    assert "--smoth" in refused(capsys, logs, "--smoth", "0.5")


def test_runs_that_have_not_logged_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "run", steps=0)
    sentence = refused(capsys, tmp_path / "run", "--save_dir", tmp_path / "out")
    assert "nothing to draw" in sentence
    assert "has no metric that figures show" in sentence


def test_a_place_that_cannot_be_written_is_refused_before_reading(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    assert "--save_dir" in refused(capsys, logs, "--save_dir", tmp_path / "file")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "cannot be written to" in refused(capsys, logs, "--save_dir", tmp_path / "out")


def test_a_full_disk_is_a_sentence(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("seqsetvae.analysis.report_files.write_whole", full)
    sentence = refused(capsys, logs, "--save_dir", tmp_path / "out")
    assert "loss_curves.png cannot be written: No space left on device" in sentence


def test_a_machine_without_matplotlib_names_what_to_install(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqsetvae.cli.analyze.find_spec", lambda name: None if name == "matplotlib" else object())
    assert 'pip install "seqsetvae[report]"' in refused(capsys, logs, "--save_dir", tmp_path / "out")


def test_reports_need_no_torch(logs: Path) -> None:
    arguments = (str(logs / "good"), "--save_dir", str(logs.parent / "out"))
    assert heavy_modules_after("-m", "seqsetvae.cli.analyze", *arguments) <= {"numpy"}
