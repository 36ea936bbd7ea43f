"""Two ranks end together, whatever ends one of them: why is said once, what is written is whole, exit codes hold."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqsetvae.stream.records import RunState
from seqsetvae.training.checkpoint_contents import read_checkpoint
from seqsetvae.training.config import TrainConfig
from tests.cli.forks import Forks, wait_until
from tests.training_runs import manifest_of, settings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_thread")]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


@pytest.fixture
def endless(tiny_cohort: Path, tmp_path: Path) -> TrainConfig:
    return settings(
        tiny_cohort, tmp_path, max_epochs=-1, max_steps=1_000_000, devices="2", strategy="ddp", batch_size=2
    )


def wait_for_steps(root: Path) -> None:
    path = root / "logs" / "run" / "metrics.jsonl"
    wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") >= 3, "line 3")


def step_of(root: Path, kind: str) -> int:
    """Return the step of the one checkpoint of a kind, which is whole."""
    (checkpoint,) = (root / "checkpoints" / "run").glob(f"{kind}-*.ckpt")
    return read_checkpoint(checkpoint).step


@pytest.mark.parametrize("rank", [0, 1])
def test_an_error_on_one_rank_ends_both(forks: Forks, endless: TrainConfig, tmp_path: Path, rank: int) -> None:
    ranks = forks.start_ranks(endless, tmp_path / "output", failing=(rank, 3))
    assert [forks.wait(pid) for pid in ranks] == [1, 1]
    said = (tmp_path / "output").read_text()
    assert said.count("Traceback") == said.count(f"rank {rank} failed:\n") == 1
    assert said.count("\nValueError: this batch is not liked") == 1
    manifest = manifest_of(tmp_path)
    reason = "ValueError: this batch is not liked"
    assert (manifest.state, manifest.reason) == (RunState.FAILED, reason if rank == 0 else f"rank 1: {reason}")
    assert step_of(tmp_path, "error") == 1


@pytest.mark.parametrize(("rank", "number", "code"), [(0, signal.SIGTERM, 143), (1, signal.SIGINT, 130)])
def test_a_signal_to_one_rank_ends_both_after_a_whole_step(
    forks: Forks, endless: TrainConfig, tmp_path: Path, rank: int, number: int, code: int
) -> None:
    ranks = forks.start_ranks(endless, tmp_path / "output")
    wait_for_steps(tmp_path)
    os.kill(ranks[rank], number)
    assert [forks.wait(pid) for pid in ranks] == [code, code]
    said = (tmp_path / "output").read_text()
    assert said.count(f"{signal.Signals(number).name}: finishing this step, then saving") == 1
    assert "Traceback" not in said
    assert manifest_of(tmp_path).state is RunState.INTERRUPTED
    assert step_of(tmp_path, "interrupted") >= 3


@pytest.mark.parametrize("rank", [0, 1])
def test_no_rank_outlives_one_that_was_killed(forks: Forks, endless: TrainConfig, tmp_path: Path, rank: int) -> None:
    ranks = forks.start_ranks(endless, tmp_path / "output")
    wait_for_steps(tmp_path)
    os.kill(ranks[rank], signal.SIGKILL)
    assert sorted(forks.wait(pid) for pid in ranks) == [-signal.SIGKILL, 1]
    assert "Traceback" not in (tmp_path / "output").read_text()
    if rank == 1:
        manifest = manifest_of(tmp_path)
        assert (manifest.state, manifest.reason) == (RunState.FAILED, "rank 1 is gone")
        assert step_of(tmp_path, "error") >= 3


def test_what_all_ranks_refuse_is_said_once(forks: Forks, tiny_cohort: Path, tmp_path: Path) -> None:
    refused = settings(tiny_cohort, tmp_path, data_dir=str(tmp_path / "nowhere"), devices="2", strategy="ddp")
    ranks = forks.start_ranks(refused, tmp_path / "output")
    assert [forks.wait(pid) for pid in ranks] == [2, 2]
    (sentence,) = (tmp_path / "output").read_text().splitlines()
    assert sentence.startswith("seqsetvae-train: ")
