"""What memory a training step takes: each size in a process of its own, so that none inherits another's peak."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import torch

from seqsetvae.benchmark.peak_rate import peak_memory
from seqsetvae.benchmark.training_step import Objective, TrainingStep
from seqsetvae.data.batch import collate
from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.patient import Patient
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.training.config import Precision
from seqsetvae.training.freed_memory import keep_freed_memory

#: Share of the memory that a step may take to be called safe: the rest is for loaders, validation and other patients.
SAFE_SHARE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTask:
    """What one process measures: steps on the longest patients of a split, the worst that training will meet.

    Attributes:
        data_dir: The cohort.
        patients: Places of the patients in the train split.
        model, objective, precision, device: As in training.
    """

    data_dir: Path
    patients: tuple[int, ...]
    model: ModelConfig
    objective: Objective
    precision: Precision
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRow:
    """Bytes that a step took.

    Attributes:
        batch_size, sets, events: How large the batch was.
        process: Held before there was a model: interpreter and libraries; 0 on a GPU.
        weights, gradients, optimizer: By count of numbers.
        activations: What the peak has beyond all of these.
        peak: The largest that the process held; None when it was killed for it.
    """

    batch_size: int
    sets: int
    events: int
    process: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    peak: int | None


def longest(set_counts: Sequence[int], batch_size: int) -> tuple[int, ...]:
    """Return the places of the patients with the most sets."""
    return tuple(sorted(range(len(set_counts)), key=lambda place: -set_counts[place])[:batch_size])


def measure_memory(task: MemoryTask) -> MemoryRow:
    """Measure in a process of its own; one that is killed for its memory gives a row without a peak."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(measure_here, task).result()
        except (BrokenProcessPool, torch.cuda.OutOfMemoryError):
            return MemoryRow(
                batch_size=len(task.patients), sets=0, events=0, process=0, weights=0, gradients=0, optimizer=0,
                activations=0, peak=None,
            )  # fmt: skip


def measure_here(task: MemoryTask) -> MemoryRow:
    """Measure in this process, whose peak so far counts in."""
    keep_freed_memory()
    device = torch.device(task.device)
    split = open_cohort(task.data_dir).train
    patients: list[Patient] = [split[place] for place in task.patients]
    batch = collate(patients).to(device)
    process = 0 if device.type == "cuda" else peak_memory(device)
    step = TrainingStep(task.model, task.objective, precision=task.precision, device=task.device)
    for _ in range(2):
        step(batch)
    peak = peak_memory(device)
    weights = sum(p.numel() * p.element_size() for p in step.model.parameters())
    states = sum(
        value.numel() * value.element_size()
        for state in step.optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor)
    )
    return MemoryRow(
        batch_size=len(patients),
        sets=batch.num_sets,
        events=batch.num_events,
        process=process,
        weights=weights,
        gradients=weights,
        optimizer=states,
        activations=max(peak - process - 2 * weights - states, 0),
        peak=peak,
    )


def largest_safe_batch(rows: Sequence[MemoryRow], memory: int) -> int | None:
    """Return the patients of the longest kind that `SAFE_SHARE` of the memory holds, from a line through two rows.

    None where fewer than two rows have a peak, or more patients took no more memory.
    """
    known = [(row.batch_size, row.peak) for row in rows if row.peak is not None]
    if len(known) < 2:
        return None
    (small, low), (large, high) = known[0], known[-1]
    per_patient = (high - low) / (large - small) if large > small else 0.0
    if per_patient <= 0:
        return None
    return max(int((SAFE_SHARE * memory - (low - small * per_patient)) / per_patient), 0)
