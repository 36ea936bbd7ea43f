"""Which logs a directory holds, and what their runs are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seqsetvae.logs.discovery import find_logs, format_of, log_at
from seqsetvae.logs.log import LogFormat


def touch(path: Path, modified: float = 1.7e9) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (modified, modified))
    return path


def found(directory: Path) -> dict[str, tuple[LogFormat, str]]:
    return {log.name: (log.format, log.path.relative_to(directory).as_posix()) for log in find_logs(directory)}


def test_each_format_is_known_by_its_name(tmp_path: Path) -> None:
    touch(tmp_path / "tb" / "events.out.tfevents.1.host")
    touch(tmp_path / "tb" / "events.out.tfevents.2.host")
    touch(tmp_path / "lightning_logs" / "version_0" / "metrics.csv")
    touch(tmp_path / "hf" / "trainer_state.json")
    touch(tmp_path / "monitor" / "collapse_detection_20250807_120000.log")
    touch(tmp_path / "wandb" / "offline-run-1" / "run-1.wandb")
    touch(tmp_path / "notes" / "metrics.txt")
    assert found(tmp_path) == {
        "tb": (LogFormat.TENSORBOARD, "tb"),
        "lightning_logs/version_0": (LogFormat.CSV, "lightning_logs/version_0/metrics.csv"),
        "hf": (LogFormat.TRAINER_STATE, "hf/trainer_state.json"),
        "monitor": (LogFormat.COLLAPSE_LOG, "monitor/collapse_detection_20250807_120000.log"),
        "wandb/offline-run-1": (LogFormat.WANDB, "wandb/offline-run-1/run-1.wandb"),
    }


def test_the_searched_directory_may_be_the_run(tmp_path: Path) -> None:
    touch(tmp_path / "run" / "metrics.csv")
    assert found(tmp_path / "run") == {"run": (LogFormat.CSV, "metrics.csv")}


def test_nested_directories_are_runs_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path / "run" / "events.out.tfevents.1.host")
    touch(tmp_path / "run" / "validation" / "events.out.tfevents.1.host")
    assert set(found(tmp_path)) == {"run", "run/validation"}


def test_the_last_written_comes_first(tmp_path: Path) -> None:
    touch(tmp_path / "old" / "metrics.csv", 1.6e9)
    touch(tmp_path / "new" / "events.out.tfevents.1.host", 1.5e9)
    touch(tmp_path / "new" / "events.out.tfevents.2.host", 1.7e9)
    assert [(log.name, log.last_write) for log in find_logs(tmp_path)] == [("new", 1.7e9), ("old", 1.6e9)]


def test_only_the_newest_state_of_a_hugging_face_run_counts(tmp_path: Path) -> None:
    for number in (500, 1000, 90):
        touch(tmp_path / "a" / f"checkpoint-{number}" / "trainer_state.json")
        touch(tmp_path / "b" / f"checkpoint-{number}" / "trainer_state.json")
    touch(tmp_path / "b" / "trainer_state.json")
    assert {name: path for name, (_, path) in found(tmp_path).items()} == {
        "a": "a/checkpoint-1000/trainer_state.json",
        "b": "b/trainer_state.json",
    }
    assert set(found(tmp_path / "a" / "checkpoint-500")) == {"checkpoint-500"}


def test_several_logs_in_one_directory_have_names_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path / "run" / "events.out.tfevents.1.host")
    touch(tmp_path / "run" / "metrics.csv")
    touch(tmp_path / "logs" / "collapse_detection_1.log")
    touch(tmp_path / "logs" / "collapse_detection_2.log")
    assert set(found(tmp_path)) == {"run", "run/metrics", "logs/collapse_detection_1", "logs/collapse_detection_2"}


def test_a_run_is_named_by_where_it_lies_and_not_by_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "offline-run-1" / "run-1.wandb")
    (tmp_path / "latest-run").symlink_to(tmp_path / "offline-run-1")
    (tmp_path / "offline-run-1" / "up").symlink_to(tmp_path)
    assert set(found(tmp_path)) == {"offline-run-1"}


def test_hidden_directories_are_passed_over(tmp_path: Path) -> None:
    touch(tmp_path / ".cache" / "metrics.csv")
    assert find_logs(tmp_path) == []
    assert find_logs(tmp_path / "none") == []


def test_a_single_file_is_named_by_its_directory(tmp_path: Path) -> None:
    log = log_at(touch(tmp_path / "version_3" / "metrics.csv"))
    assert log is not None
    assert (log.format, log.name, log.last_write) == (LogFormat.CSV, "version_3", 1.7e9)


def test_a_name_that_tells_nothing_needs_the_format(tmp_path: Path) -> None:
    path = touch(tmp_path / "run" / "my.csv")
    assert log_at(path) is None
    log = log_at(path, LogFormat.CSV)
    assert log is not None
    assert log.format is LogFormat.CSV


@pytest.mark.parametrize("name", ["metrics.jsonl", "run.json", "train.log", ".events.out.tfevents.1", "state.json"])
def test_other_files_are_no_logs(name: str) -> None:
    assert format_of(name) is None
