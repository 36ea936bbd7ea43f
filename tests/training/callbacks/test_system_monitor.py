"""Every rank has a heartbeat, which ends when the run does."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch

from seqsetvae.logs.discovery import find_logs
from seqsetvae.stream.codec import decode_metrics, decode_system
from seqsetvae.stream.records import SystemRecord, Value
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.system_monitor import SystemMonitor, sample_system
from tests.training.callbacks.tiny_module import QUIET, TinyModule, tiny_trainer

pytestmark = [pytest.mark.filterwarnings(warning) for warning in QUIET]


class NVMLError(Exception):
    """What nvidia-ml-py raises, which is neither an OSError nor a RuntimeError."""


@pytest.fixture(autouse=True)
def no_heartbeat_is_left_behind() -> Iterator[None]:
    yield
    assert not [thread for thread in threading.enumerate() if thread.name == "system-monitor"]


class Samples:
    """Counts the samples taken, and lets others wait for one."""

    def __init__(self) -> None:
        self.taken = 0
        self.changed = threading.Condition()

    def __call__(self, device: torch.device, run_dir: Path) -> Mapping[str, Value]:
        with self.changed:
            self.taken += 1
            self.changed.notify_all()
            return {"sample": float(self.taken)}

    def wait_for(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.taken >= count, timeout=240.0), "no heartbeat"


def system(run_dir: Path, name: str = "system.jsonl") -> list[SystemRecord]:
    return [decode_system(line) for line in (run_dir / name).read_bytes().splitlines()]


def test_the_heart_beats_while_a_step_is_stuck(tmp_path: Path) -> None:
    samples = Samples()
    monitor = SystemMonitor(interval=0.01, sample=samples)
    logger = JsonlLogger(tmp_path, "run")

    def stuck(batch_idx: int) -> None:
        if batch_idx == 2:
            samples.wait_for(samples.taken + 3)

    tiny_trainer(tmp_path, logger=logger, callbacks=[monitor]).fit(TinyModule(stuck))
    records = system(tmp_path / "run")
    assert [record.values["sample"] for record in records] == [float(n + 1) for n in range(len(records))]
    assert sum(record.step == 2 for record in records) >= 2
    assert {record.rank for record in records} == {0}


def test_the_first_beat_comes_at_once(tmp_path: Path) -> None:
    samples = Samples()
    monitor = SystemMonitor(interval=3600.0, sample=samples)
    logger = JsonlLogger(tmp_path, "run")
    module = TinyModule(lambda _: samples.wait_for(1))
    tiny_trainer(tmp_path, logger=logger, callbacks=[monitor]).fit(module)
    assert len(system(tmp_path / "run")) == 1


def test_an_exception_ends_the_heartbeat(tmp_path: Path) -> None:
    def fail(batch_idx: int) -> None:
        raise RuntimeError("no")

    monitor = SystemMonitor(sample=Samples())
    with pytest.raises(RuntimeError, match="no"):
        tiny_trainer(tmp_path, logger=JsonlLogger(tmp_path, "run"), callbacks=[monitor]).fit(TinyModule(fail))
    assert len(system(tmp_path / "run")) == 1


def test_the_monitor_can_be_used_again(tmp_path: Path) -> None:
    samples = Samples()
    monitor = SystemMonitor(interval=3600.0, sample=samples)
    trainer = tiny_trainer(tmp_path, logger=JsonlLogger(tmp_path, "run"), callbacks=[monitor])
    module = TinyModule()
    trainer.fit(module)
    trainer.test(module, verbose=False)
    assert samples.taken == 2


def test_without_a_jsonl_logger_it_does_nothing(tmp_path: Path) -> None:
    samples = Samples()
    tiny_trainer(tmp_path, logger=False, callbacks=[SystemMonitor(sample=samples)]).fit(TinyModule())
    assert samples.taken == 0


def test_a_sample_that_fails_is_said_once_and_the_heart_beats_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Samples()

    def sample(device: torch.device, run_dir: Path) -> Mapping[str, Value]:
        values = good(device, run_dir)
        if good.taken <= 2:
            raise NVMLError("the driver is gone")
        return values

    logger = JsonlLogger(tmp_path, "run")
    module = TinyModule(lambda _: good.wait_for(4))
    tiny_trainer(tmp_path, logger=logger, callbacks=[SystemMonitor(interval=0.01, sample=sample)]).fit(module)
    records = system(tmp_path / "run")
    assert [record.values for record in records[:3]] == [{}, {}, {"sample": 3.0}]
    assert capsys.readouterr().err.count("the driver is gone") == 1


@pytest.mark.parametrize("interval", [0.0, -1.0])
def test_the_interval_is_positive(interval: float) -> None:
    with pytest.raises(ValueError, match="interval must be more than 0 seconds"):
        SystemMonitor(interval)


class TestASample:
    def test_of_a_machine_without_a_gpu(self, tmp_path: Path) -> None:
        values = sample_system(torch.device("cpu"), tmp_path)
        assert values.keys() == {"cpu/percent", "cpu/memory_used", "cpu/memory_total", "process/rss", "disk/free"}
        assert 0 < values["process/rss"] <= values["cpu/memory_used"] < values["cpu/memory_total"]  # type: ignore[operator]

    def test_without_the_log_directory(self, tmp_path: Path) -> None:
        assert "disk/free" not in sample_system(torch.device("cpu"), tmp_path / "lost")

    def test_of_a_gpu(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (30, 80))
        monkeypatch.setattr(torch.cuda, "utilization", lambda _: 94)
        monkeypatch.setattr(torch.cuda, "temperature", lambda _: 61)
        monkeypatch.setattr(torch.cuda, "power_draw", lambda _: 350_000)
        values = sample_system(torch.device("cuda", 1), tmp_path)
        assert {name: value for name, value in values.items() if name.startswith("gpu")} == {
            "gpu1/memory_used": 50.0,
            "gpu1/memory_total": 80.0,
            "gpu1/utilization": 94.0,
            "gpu1/temperature": 61.0,
            "gpu1/power": 350.0,
        }

    def test_of_a_gpu_without_nvidia_ml_py(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def missing(index: int) -> int:
            raise ModuleNotFoundError("pynvml does not seem to be installed")

        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (30, 80))
        for name in ("utilization", "temperature", "power_draw"):
            monkeypatch.setattr(torch.cuda, name, missing)
        values = sample_system(torch.device("cuda", 0), tmp_path)
        assert {name for name in values if name.startswith("gpu")} == {"gpu0/memory_used", "gpu0/memory_total"}

    @pytest.mark.parametrize(
        ("failing", "left_out"),
        [
            ("mem_get_info", {"memory_used", "memory_total"}),
            ("utilization", {"utilization"}),
            ("temperature", {"temperature"}),
            ("power_draw", {"power"}),
        ],
    )
    @pytest.mark.parametrize("error", [NVMLError("Not Supported"), RuntimeError("GPU is lost"), AttributeError("gpu")])
    def test_a_reading_that_a_gpu_refuses_is_left_out_and_no_other(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, left_out: set[str], error: Exception
    ) -> None:
        def refuse(index: int) -> int:
            raise error

        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (30, 80))
        for name in ("utilization", "temperature", "power_draw"):
            monkeypatch.setattr(torch.cuda, name, lambda _: 50)
        whole = sample_system(torch.device("cuda", 0), tmp_path)
        monkeypatch.setattr(torch.cuda, failing, refuse)
        values = sample_system(torch.device("cuda", 0), tmp_path)
        assert whole.keys() - values.keys() == {f"gpu0/{name}" for name in left_out}

    def test_of_a_gpu_that_is_lost_leaves_the_machine(self, tmp_path: Path) -> None:
        """There is no GPU here at all, which torch says in errors of its own."""
        values = sample_system(torch.device("cuda", 99), tmp_path)
        assert {"cpu/percent", "cpu/memory_used", "process/rss", "disk/free"} <= values.keys()
        assert not any(name.startswith("gpu") for name in values)


TWO_RANKS = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.run_progress import RunProgress
from seqsetvae.training.callbacks.system_monitor import SystemMonitor
from tests.training.callbacks.tiny_module import TinyModule, tiny_trainer

directory = Path(sys.argv[1])
callbacks = [RunProgress(), SystemMonitor()]
trainer = tiny_trainer(directory, logger=JsonlLogger(directory, "run"), callbacks=callbacks, devices=2, strategy="ddp")
trainer.fit(TinyModule())
"""


@pytest.mark.slow
def test_two_ranks_write_one_run_and_a_system_stream_each(tmp_path: Path) -> None:
    (tmp_path / "logs" / "run").mkdir(parents=True)  # so that only rank 0 knows that the run is called run-2
    script = tmp_path / "two_ranks.py"
    script.write_text(TWO_RANKS)
    root = Path(__file__).parents[3]
    subprocess.run(
        [sys.executable, str(script), str(tmp_path / "logs")],
        check=True,
        timeout=200,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
    )
    (run,) = find_logs(tmp_path / "logs")
    assert run.name == "run-2"
    files = ("system.jsonl", "system-rank1.jsonl")
    assert [record.rank for name in files for record in system(run.path, name)] == [0, 1]
    steps = [decode_metrics(line).step for line in (run.path / "metrics.jsonl").read_bytes().splitlines()]
    assert steps == [1, 2, 3, 4, 4], "two ranks share eight batches; the last line is the validation's"
