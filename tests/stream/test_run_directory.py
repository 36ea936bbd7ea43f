"""A manifest is read whatever lies in its place."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from seqsetvae.stream.records import Manifest
from seqsetvae.stream.run_directory import MAX_MANIFEST, ManifestProblem, rank_of, read_manifest, system_file


@pytest.mark.parametrize(
    ("rank", "name"), [(0, "system.jsonl"), (1, "system-rank1.jsonl"), (12, "system-rank12.jsonl")]
)
def test_system_files_are_named_by_rank(rank: int, name: str) -> None:
    assert system_file(rank) == name
    assert rank_of(name) == rank


def test_other_files_have_no_rank() -> None:
    assert rank_of("system-rankX.jsonl") is None


class TestReadingAManifest:
    def problem(self, path: Path) -> ManifestProblem:
        result = read_manifest(path)
        assert isinstance(result, ManifestProblem)
        return result

    def test_a_good_one(self, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        path.write_text('{"run":"r","started":1,"state":"running"}')
        assert read_manifest(path) == Manifest(run="r", started=1.0, updated=1.0)

    def test_a_missing_one(self, tmp_path: Path) -> None:
        assert self.problem(tmp_path / "run.json").missing

    def test_one_that_is_no_manifest(self, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        path.write_text("[]")
        assert self.problem(path).reason == f"{path} is not a manifest: not a JSON object: '[]'"

    def test_one_that_cannot_be_read(self, tmp_path: Path) -> None:
        assert self.problem(tmp_path).reason == f"cannot read {tmp_path}: Is a directory"

    def test_one_that_is_no_file_is_not_waited_for(self, tmp_path: Path) -> None:
        pipe, device = tmp_path / "pipe", tmp_path / "device"
        os.mkfifo(pipe)
        device.symlink_to("/dev/zero")
        for path in (pipe, device):
            assert self.problem(path).reason == f"{path} is not a regular file; nothing is read from it"

    def test_one_of_fifty_megabytes_is_not_read_into_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        with path.open("wb") as file:
            file.truncate(50 << 20)
        tracemalloc.start()
        reason = self.problem(path).reason
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert reason == f"{path} is longer than 2 MiB; nothing is read from it"
        assert peak < 3 * MAX_MANIFEST

    def test_one_from_the_future(self, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        path.write_text('{"format":2,"run":"r","started":1,"state":"running"}')
        problem = self.problem(path)
        assert problem.newer_format
        assert problem.reason == f"{path} has format 2, this version reads up to 1; update seqsetvae"
