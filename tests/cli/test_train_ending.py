"""Ends that a run does not choose: signals, kill -9, and what is left of it then."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqsetvae.stream.process import process_alive
from seqsetvae.stream.records import RunState
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from tests.cli.forks import Forks, wait_until
from tests.training_runs import manifest_of, metrics_of, resumptions_of, settings, trained

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


def endless(cohort: Path, root: Path) -> TrainConfig:
    """A run that goes on until it is ended, and writes last.ckpt after every step."""
    return settings(cohort, root, max_epochs=-1, max_steps=1_000_000, checkpoint_minutes=1e-9)


def wait_for_lines(root: Path, count: int) -> None:
    path = root / "logs" / "run" / "metrics.jsonl"
    wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") >= count, f"line {count}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_after_a_whole_step(
    forks: Forks, tiny_cohort: Path, tmp_path: Path, number: int, code: int
) -> None:
    pid = forks.start(endless(tiny_cohort, tmp_path), tmp_path / "output")
    wait_for_lines(tmp_path, 2)
    os.kill(pid, number)
    assert forks.wait(pid) == code
    (checkpoint,) = (tmp_path / "checkpoints" / "run").glob("interrupted-*.ckpt")
    step = read_checkpoint(checkpoint).step
    assert checkpoint.name == f"interrupted-step{step:06d}.ckpt"
    trained_steps = [line.step for line in metrics_of(tmp_path) if "train/loss" in line.values]
    assert trained_steps == list(range(1, step + 1)), "not one line is lost"
    assert manifest_of(tmp_path).state is RunState.INTERRUPTED
    said = (tmp_path / "output").read_text()
    assert f"{signal.Signals(number).name}: finishing this step, then saving" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("seed", range(3))
def test_after_kill_9_the_streams_are_whole_and_the_run_goes_on(
    forks: Forks, tiny_cohort: Path, tmp_path: Path, seed: int
) -> None:
    moment = random.Random(seed)
    config = endless(tiny_cohort, tmp_path)
    pid = forks.start(config, tmp_path / "output")
    last = tmp_path / "checkpoints" / "run" / "last.ckpt"
    wait_until(last.exists, "the first checkpoint")
    lines = moment.randrange(20)
    if lines:
        wait_for_lines(tmp_path, lines)
    os.kill(pid, signal.SIGKILL)
    assert forks.wait(pid) == -signal.SIGKILL
    manifest = manifest_of(tmp_path)
    assert (manifest.state, process_alive(manifest)) == (RunState.RUNNING, False)
    before = metrics_of(tmp_path) if (tmp_path / "logs/run/metrics.jsonl").exists() else []
    steps = [line.step for line in before if "train/loss" in line.values]
    assert steps == list(range(1, len(steps) + 1))

    start = read_checkpoint(last).step
    resumed = settings(tiny_cohort, tmp_path, max_epochs=-1, max_steps=start + 2, resume_from_checkpoint=str(last))
    trained(resumed)
    after = [line.step for line in metrics_of(tmp_path)[len(before) :] if "train/loss" in line.values]
    assert after == [start + 1, start + 2]
    assert resumptions_of(tmp_path) == ([start] if before else [])
    assert manifest_of(tmp_path).state is RunState.FINISHED
