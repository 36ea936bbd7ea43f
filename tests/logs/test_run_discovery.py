"""Runs are found wherever they are below a directory, whatever else is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqsetvae.logs.discovery import find_logs


def make_run(path: Path, *names: str, modified: float = 1000.0) -> Path:
    path.mkdir(parents=True)
    for name in names or ("metrics.jsonl",):
        (path / name).touch()
        os.utime(path / name, (modified, modified))
    return path


def test_a_run_has_a_manifest_or_metrics(tmp_path: Path) -> None:
    make_run(tmp_path / "a", "run.json")
    make_run(tmp_path / "b", "metrics.jsonl")
    make_run(tmp_path / "c", "events.jsonl")
    make_run(tmp_path / "d", "notes.txt")
    assert [run.name for run in find_logs(tmp_path)] == ["a", "b"]


def test_the_last_written_comes_first_by_any_of_its_files(tmp_path: Path) -> None:
    make_run(tmp_path / "old", modified=1.0)
    make_run(tmp_path / "new", modified=3.0)
    beating = make_run(tmp_path / "beating", modified=2.0)
    (beating / "system-rank1.jsonl").touch()
    os.utime(beating / "system-rank1.jsonl", (9.0, 9.0))
    assert [(run.name, run.last_write) for run in find_logs(tmp_path)] == [("beating", 9.0), ("new", 3.0), ("old", 1.0)]


def test_nested_runs_are_named_by_their_path(tmp_path: Path) -> None:
    make_run(tmp_path / "sweep" / "lr" / "run-1")
    make_run(tmp_path / "sweep" / "lr" / "run-1" / "inner", modified=1.0)
    assert [run.name for run in find_logs(tmp_path)] == ["sweep/lr/run-1", "sweep/lr/run-1/inner"]


def test_the_directory_itself_may_be_a_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run-7")
    assert [(found.name, found.path) for found in find_logs(run)] == [("run-7", run)]


def test_links_in_a_circle_end_and_a_run_is_found_once(tmp_path: Path) -> None:
    run = make_run(tmp_path / "real" / "run")
    (run / "loop").symlink_to(tmp_path)
    (tmp_path / "real" / "again").symlink_to(run)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert len(find_logs(tmp_path)) == 1


def test_a_linked_run_is_found(tmp_path: Path) -> None:
    run = make_run(tmp_path / "elsewhere" / "run")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "link").symlink_to(run)
    assert [found.name for found in find_logs(tmp_path / "logs")] == ["link"]


def test_what_cannot_be_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(tmp_path / "good")
    make_run(tmp_path / "locked")
    list_directory = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return list_directory(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert [run.name for run in find_logs(tmp_path)] == ["good"]


def test_hidden_and_too_deep_directories_are_passed_over(tmp_path: Path) -> None:
    make_run(tmp_path / ".cache" / "run")
    make_run(tmp_path / "a" / "b" / "c")
    assert find_logs(tmp_path, max_depth=2) == []
    assert len(find_logs(tmp_path, max_depth=3)) == 1


def test_a_missing_directory_holds_no_runs(tmp_path: Path) -> None:
    assert find_logs(tmp_path / "not-yet") == []
