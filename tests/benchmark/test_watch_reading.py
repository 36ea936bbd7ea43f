import sys
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from seqsetvae.benchmark import watch_reading
from seqsetvae.benchmark.watch_reading import measure_reading, write_log
from seqsetvae.logs.discovery import find_logs
from seqsetvae.stream.codec import decode_metrics
from seqsetvae.stream.records import Manifest, RunState
from seqsetvae.stream.run_directory import read_manifest


def test_the_log_is_a_finished_run_of_so_many_lines_and_numbers(tmp_path: Path) -> None:
    size = write_log(tmp_path / "run", lines=5, metrics=3)
    (run,) = find_logs(tmp_path)
    manifest = read_manifest(run.path / "run.json")
    assert isinstance(manifest, Manifest)
    assert (manifest.state, manifest.total_steps) == (RunState.FINISHED, 5)
    content = (run.path / "metrics.jsonl").read_bytes()
    assert len(content) == size
    lines = [decode_metrics(line) for line in content.splitlines()]
    assert [line.step for line in lines] == list(range(5))
    assert all(len(line.values) == 3 for line in lines)


def test_the_watcher_stands_beside_a_plain_loop_and_beside_nothing(tmp_path: Path) -> None:
    write_log(tmp_path / "run", lines=200, metrics=2)
    watcher, loop, nothing = measure_reading(tmp_path, "run", lines=200)
    assert [row.name for row in (watcher, loop, nothing)] == ["seqsetvae-watch --once", "plain loop", "nothing"]
    for row in (watcher, loop, nothing):
        assert row.lines_per_second == pytest.approx(200 / row.seconds)
        assert row.cpu_seconds > 0
    assert watcher.peak_memory > loop.peak_memory > 2**20


def test_a_program_that_fails_is_not_timed() -> None:
    with pytest.raises(CalledProcessError):
        watch_reading._run("broken", [sys.executable, "-c", "raise SystemExit(3)"], 1)
