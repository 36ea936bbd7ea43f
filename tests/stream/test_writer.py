"""A run's files, as one writer, several in a row, and two at a time leave them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.logs.tailer import Tailer
from seqsetvae.stream.append import OsCalls
from seqsetvae.stream.codec import decode_event, decode_metrics, decode_system, encode_manifest
from seqsetvae.stream.line_writer import LineWriter
from seqsetvae.stream.process import this_process
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState
from seqsetvae.stream.resume import resumes_of
from seqsetvae.stream.run_directory import read_manifest
from seqsetvae.stream.writer import RunWriter, SystemWriter
from tests.stream.faulty_disk import FaultyDisk
from tests.superseding import is_superseded

Make = Callable[..., RunWriter]


class Clock:
    """A clock that a second passes on at every look."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "run-1"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(run_dir: Path, said: list[str]) -> Iterator[Make]:
    made: list[RunWriter] = []

    def make(path: Path = run_dir, **options: Any) -> RunWriter:
        made.append(RunWriter(path, **{"report": said.append, "flush_interval": 0.01, **options}))
        return made[-1]

    yield make
    for writer in made:
        writer.close()


def metrics(run_dir: Path) -> list[MetricsRecord]:
    return [decode_metrics(line) for line in Tailer(run_dir / "metrics.jsonl").poll().lines]


def events(run_dir: Path) -> list[EventRecord]:
    return [decode_event(line) for line in Tailer(run_dir / "events.jsonl").poll().lines]


def manifest(run_dir: Path) -> Manifest:
    result = read_manifest(run_dir / "run.json")
    assert isinstance(result, Manifest)
    return result


def test_a_checkpoint_waits_once_for_a_disk_that_hangs(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, free = threading.Event(), threading.Event()

    def write(fd: int, data: bytes) -> int:
        if b"train/loss" in data:
            stuck.set()
            free.wait(240.0)
        return os.write(fd, data)

    monkeypatch.setattr("seqsetvae.stream.writer.CATCH_UP", 0.01)
    writer = make(calls=OsCalls(write=write))
    writer.metrics(step=1, values={"train/loss": 1.0})
    assert stuck.wait(240.0)
    writer.catch_up()
    monkeypatch.setattr(LineWriter, "flush", lambda *_: pytest.fail("it was waited for already"))
    writer.catch_up()
    monkeypatch.undo()
    free.set()
    assert writer.flush(240.0)
    writer.catch_up()


class TestOneRun:
    def test_every_record_lands_in_its_file(self, make: Make, run_dir: Path) -> None:
        writer = make(clock=Clock())
        writer.metrics(step=1, epoch=0.5, values={"train/loss": math.inf})
        writer.event(step=2, level=Level.RED, kind="collapse", message="gone", data={"kl": 0.0})
        writer.system(step=3, values={"cpu/percent": 4.0})
        assert writer.flush()
        (point,) = metrics(run_dir)
        assert (point.step, point.epoch, point.values) == (1, 0.5, {"train/loss": math.inf})
        (event,) = events(run_dir)
        assert (event.step, event.level, event.kind, event.message) == (2, Level.RED, "collapse", "gone")
        assert event.data == {"kl": 0.0}
        (line,) = Tailer(run_dir / "system.jsonl").poll().lines
        assert (decode_system(line).rank, decode_system(line).values) == (0, {"cpu/percent": 4.0})
        assert point.t < event.t

    def test_the_manifest_tells_who_runs_what_from_the_first_moment(self, make: Make, run_dir: Path) -> None:
        make(clock=Clock(1000.0), config={"lr": 1e-4}, versions={"torch": "9"})
        found, process = manifest(run_dir), this_process()
        assert (found.run, found.state, found.started, found.ended) == ("run-1", RunState.RUNNING, 1001.0, None)
        assert (found.host, found.pid, found.boot_id) == (process.host, process.pid, process.boot_id)
        assert found.config == {"lr": 1e-4}
        assert found.versions.keys() == {"python", "seqsetvae", "torch"}

    def test_the_manifest_is_merged_and_replaced(self, make: Make, run_dir: Path) -> None:
        writer = make(config={"lr": 1, "seed": 2})
        writer.update_manifest(config={"lr": 3}, total_steps=100)
        writer.update_manifest(total_epochs=1.5)
        writer.flush()
        found = manifest(run_dir)
        assert (found.config, found.total_steps, found.total_epochs) == ({"lr": 3, "seed": 2}, 100, 1.5)

    def test_closing_says_how_it_ended_and_only_once(self, make: Make, run_dir: Path) -> None:
        writer = make(clock=Clock())
        writer.metrics(step=1, values={"a": 1.0})
        writer.close(RunState.FAILED, "ValueError: no")
        writer.close(RunState.FINISHED)
        found = manifest(run_dir)
        assert (found.state, found.reason) == (RunState.FAILED, "ValueError: no")
        assert found.ended is not None
        assert len(metrics(run_dir)) == 1

    def test_a_record_that_the_format_cannot_carry_is_reported_once_and_counted(
        self, make: Make, run_dir: Path, said: list[str]
    ) -> None:
        writer = make()
        for step in range(3):
            writer.metrics(step=step, values={"odd": "text"})  # type: ignore[dict-item]
        writer.metrics(step=3, values={"a": 1.0})
        writer.event(step=-1, kind="k", message="m")
        writer.system(step=0, values={"rank": 1.0})
        writer.flush()
        assert writer.rejected == 5
        assert len(said) == 1
        assert "'odd': 'text' is not a number" in said[0]
        assert [event.kind for event in events(run_dir)] == ["log_rejected"]
        assert [point.step for point in metrics(run_dir)] == [3]

    def test_many_threads_may_write(self, make: Make, run_dir: Path) -> None:
        writer = make()

        def write(first: int) -> None:
            for step in range(first, first + 200):
                writer.metrics(step=step, values={"a": float(step)})

        threads = [threading.Thread(target=write, args=(200 * n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        writer.flush()
        assert sorted(point.step for point in metrics(run_dir)) == list(range(800))

    def test_what_a_full_disk_cost_is_reported_in_the_stream(self, make: Make, run_dir: Path, said: list[str]) -> None:
        disk = FaultyDisk()
        writer = make(calls=disk.calls, backlog_bytes=100)
        disk.always = "ENOSPC"
        for step in range(20):
            writer.metrics(step=step, values={"a": 1.0})
        assert not writer.flush()
        disk.always = None
        assert writer.flush()
        (event,) = events(run_dir)
        assert (event.kind, event.level) == ("log_gap", Level.YELLOW)
        assert event.data["dropped"] == writer.dropped == 20 - len(metrics(run_dir)) > 0
        assert "No space left on device" in event.message
        assert len(said) == 2


class TestRefusals:
    def test_a_directory_that_cannot_be_written(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(ValueError, match=r"cannot write the log directory .*file/run: Not a directory; choose"):
            make(tmp_path / "file" / "run")

    def test_a_full_disk_at_the_start(self, make: Make) -> None:
        with pytest.raises(ValueError, match="No space left on device; choose another one"):
            make(calls=FaultyDisk("ENOSPC").calls)

    @pytest.mark.parametrize("name", ["run.json", "metrics.jsonl"])
    def test_a_directory_that_holds_a_run(self, make: Make, run_dir: Path, name: str) -> None:
        run_dir.mkdir(parents=True)
        (run_dir / name).touch()
        with pytest.raises(ValueError, match="already holds a run; resume it or choose another run name"):
            make()

    def test_a_run_that_another_live_process_writes(self, make: Make, run_dir: Path) -> None:
        script = "import sys; from seqsetvae.stream.writer import *; from pathlib import Path\n"
        script += "RunWriter(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
        command = [sys.executable, "-c", script, str(run_dir)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"open\n"
            with pytest.raises(ValueError, match=f"is being written by process {other.pid} on this machine"):
                make(append=True)
            other.kill()
        writer = make(append=True)
        assert manifest(run_dir).pid == this_process().pid, "a dead process's run can be taken over"
        writer.close()

    def test_a_run_of_a_newer_format(self, make: Make, run_dir: Path) -> None:
        run_dir.mkdir(parents=True)
        newer = replace(Manifest(run="r", started=0.0, updated=0.0), format=2)
        (run_dir / "run.json").write_bytes(encode_manifest(newer))
        with pytest.raises(ValueError, match="has format 2"):
            make(append=True)


class TestResuming:
    def interrupted_run(self, make: Make) -> None:
        writer = make(clock=Clock(1000.0), config={"lr": 1})
        writer.update_manifest(total_steps=50)
        for step in (10, 20, 30):
            writer.metrics(step=step, values={"a": 1.0})
        writer.close(RunState.INTERRUPTED)

    def test_a_resumed_run_appends_and_keeps_what_it_was(self, make: Make, run_dir: Path) -> None:
        self.interrupted_run(make)
        writer = make(append=True, clock=Clock(2000.0))
        assert writer.had_metrics
        found = manifest(run_dir)
        assert (found.state, found.started, found.total_steps, found.config) == (
            RunState.RUNNING,
            1001.0,
            50,
            {"lr": 1},
        )

    def test_points_beyond_the_step_are_superseded_and_new_ones_are_not(self, make: Make, run_dir: Path) -> None:
        self.interrupted_run(make)
        # The second host's clock is far behind the first one's: the order in the file must decide.
        writer = make(append=True, clock=Clock(10.0))
        writer.resumed(20)
        writer.metrics(step=30, values={"a": 2.0})
        writer.flush()
        resumes = resumes_of(events(run_dir))
        assert [resume.step for resume in resumes] == [20]
        kept = []
        offset = 0
        for line in Tailer(run_dir / "metrics.jsonl").poll().lines:
            point = decode_metrics(line)
            if not is_superseded(resumes, step=point.step, t=point.t, offset=offset):
                kept.append((point.step, point.values["a"]))
            offset += len(line) + 1
        assert kept == [(10, 1.0), (20, 1.0), (30, 2.0)]

    def test_a_torn_tail_costs_one_bad_line_and_no_record_after_it(self, make: Make, run_dir: Path) -> None:
        self.interrupted_run(make)
        with (run_dir / "metrics.jsonl").open("ab") as file:
            file.write(b'{"t":1,"st')
        writer = make(append=True)
        writer.metrics(step=31, values={"a": 2.0})
        writer.flush()
        lines = Tailer(run_dir / "metrics.jsonl").poll().lines
        assert lines[3] == b'{"t":1,"st'
        assert decode_metrics(lines[4]).step == 31

    def test_a_damaged_manifest_is_replaced(self, make: Make, run_dir: Path) -> None:
        self.interrupted_run(make)
        (run_dir / "run.json").write_bytes(b'{"run"')
        make(append=True)
        assert manifest(run_dir).run == "run-1"

    def test_the_same_process_may_go_on(self, make: Make, run_dir: Path) -> None:
        make()
        make(append=True).metrics(step=1, values={"a": 1.0})


def test_other_ranks_write_only_their_own_system_stream(run_dir: Path) -> None:
    run_dir.mkdir(parents=True)
    writer = SystemWriter(run_dir, rank=3, clock=lambda: 5.0)
    writer.system(step=7, values={"cpu/percent": 1.0})
    writer.close()
    assert [path.name for path in run_dir.iterdir()] == ["system-rank3.jsonl"]
    record = decode_system((run_dir / "system-rank3.jsonl").read_bytes())
    assert (record.rank, record.step, record.t) == (3, 7, 5.0)


def test_an_exit_without_closing_writes_the_last_lines(run_dir: Path) -> None:
    script = "import sys; from seqsetvae.stream.writer import *; from pathlib import Path\n"
    script += "writer = RunWriter(Path(sys.argv[1]), flush_interval=60.0)\n"
    script += "[writer.metrics(step=n, values={'a': 1.0}) for n in range(100)]"
    subprocess.run([sys.executable, "-c", script, str(run_dir)], check=True, timeout=240)
    assert len(metrics(run_dir)) == 100
    assert manifest(run_dir).state is RunState.RUNNING
