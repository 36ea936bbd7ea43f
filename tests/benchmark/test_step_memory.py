from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import pytest

from seqsetvae.benchmark import step_memory
from seqsetvae.benchmark.step_memory import MemoryRow, MemoryTask, largest_safe_batch, longest, measure_memory
from seqsetvae.benchmark.training_step import Objective
from seqsetvae.data.packed_store import open_cohort
from seqsetvae.errors import InputError
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.training.config import TrainConfig
from tests.training_runs import TINY

GIB = 2**30


def row(batch_size: int, peak: int | None) -> MemoryRow:
    return MemoryRow(
        batch_size=batch_size, sets=1, events=1, process=0, weights=0, gradients=0, optimizer=0, activations=0,
        peak=peak,
    )  # fmt: skip


class TestWhatFits:
    def test_a_line_through_the_smallest_and_the_largest(self) -> None:
        """0.5 GiB and 0.25 GiB a patient: 6 of 10 GiB hold 22."""
        rows = [row(2, GIB), row(4, int(1.4 * GIB)), row(6, 2 * GIB)]
        assert largest_safe_batch(rows, 10 * GIB) == 22

    def test_what_was_killed_tells_nothing(self) -> None:
        assert largest_safe_batch([row(2, GIB), row(4, None)], 10 * GIB) is None

    def test_batches_that_take_the_same_tell_nothing(self) -> None:
        assert largest_safe_batch([row(1, GIB), row(4, GIB)], 10 * GIB) is None

    def test_where_not_even_one_fits_it_is_none(self) -> None:
        assert largest_safe_batch([row(1, 9 * GIB), row(2, 12 * GIB)], 10 * GIB) == 0


def test_the_longest_come_first() -> None:
    assert longest([3, 9, 5, 9], 3) == (1, 3, 2)


def task(data_dir: Path) -> MemoryTask:
    return MemoryTask(
        data_dir=data_dir,
        patients=(0, 1),
        model=ModelConfig(num_variables=len(open_cohort(data_dir).variables), embedding_dim=None, **TINY),
        objective=Objective.of(TrainConfig(data_dir="")),
        precision="32",
        device="cpu",
    )


@pytest.mark.slow
def test_a_step_is_measured_in_a_process_of_its_own(tiny_cohort: Path) -> None:
    found = measure_memory(task(tiny_cohort))
    assert found.batch_size == 2
    assert found.peak is not None
    assert found.peak > found.process > 50 * 2**20
    assert found.weights == found.gradients > 0
    assert found.optimizer >= 2 * found.weights
    parts = found.process + found.weights + found.gradients + found.optimizer + found.activations
    assert found.activations == 0 or parts == found.peak


class _KilledAtOnce:
    """A pool whose only process is killed."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __enter__(self) -> _KilledAtOnce:
        return self

    def __exit__(self, *args: object) -> None:
        pass

    def submit(self, *args: object) -> object:
        raise BrokenProcessPool


def test_a_process_that_is_killed_gives_a_row_without_a_peak(
    tiny_cohort: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_memory, "ProcessPoolExecutor", _KilledAtOnce)
    found = measure_memory(task(tiny_cohort))
    assert (found.batch_size, found.peak) == (2, None)


def test_a_mistake_comes_back_as_it_is(tmp_path: Path, tiny_cohort: Path) -> None:
    with pytest.raises(InputError, match="There is no directory"):
        step_memory.measure_here(replace(task(tiny_cohort), data_dir=tmp_path / "no"))
