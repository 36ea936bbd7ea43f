"""What batches look like: shapes, masks and padding of the packed form beside padded ones, and that a step takes them.

The padded forms are what a model without packing would compute on: *rectangular* batches `[patients, events]`, and
*sets* padded to the largest, `[sets, events of the largest set]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch

from seqsetvae.benchmark.training_step import TrainingStep, median, timed
from seqsetvae.data.batch import EventBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeRow:
    """All batches of one size.

    Attributes:
        batch_size: Patients per batch.
        batches: How many there are.
        blocks, width, slots, steps: Smallest and largest extent of the packed axes.
        events: Smallest and largest number of events in a batch.
        packed, rectangular, sets: Padding as a share of the cells that each form has.
        masked: Cells that the rectangular form's padding mask hides, all batches together.
        forward_seconds, step_seconds: Median time of a pass, and of a whole optimizer step.
        finite: Whether every loss and every gradient was a number.
    """

    batch_size: int
    batches: int
    blocks: tuple[int, int]
    width: tuple[int, int]
    slots: tuple[int, int]
    steps: tuple[int, int]
    events: tuple[int, int]
    packed: float
    rectangular: float
    sets: float
    masked: int
    forward_seconds: float
    step_seconds: float
    finite: bool


def describe_batches(batches: Sequence[EventBatch], step: TrainingStep) -> ShapeRow:
    """Look at batches of one size, and make one optimizer step with each of them."""
    views = [batch.views().padding_mask for batch in batches]
    events = [batch.num_events for batch in batches]
    forward, whole, finite = _steps(batches, step)
    return ShapeRow(
        batch_size=max(batch.num_patients for batch in batches),
        batches=len(batches),
        blocks=_range([batch.variable.shape[0] for batch in batches]),
        width=_range([batch.variable.shape[1] for batch in batches]),
        slots=_range([batch.slot_set.shape[1] for batch in batches]),
        steps=_range([batch.step_set.shape[1] for batch in batches]),
        events=_range(events),
        packed=1.0 - sum(events) / sum(batch.variable.numel() for batch in batches),
        rectangular=1.0 - sum(events) / sum(mask.numel() for mask in views),
        sets=1.0 - sum(events) / sum(batch.num_sets * int(batch.set_size.max()) for batch in batches),
        masked=sum(int(mask.sum()) for mask in views),
        forward_seconds=median(forward),
        step_seconds=median(whole),
        finite=finite,
    )


def _steps(batches: Sequence[EventBatch], step: TrainingStep) -> tuple[list[float], list[float], bool]:
    forward: list[float] = []
    whole: list[float] = []
    finite = True
    for batch in batches:
        moved = batch.to(step.device)
        with torch.no_grad():
            forward.append(timed(partial(step.model, moved), step.device))
        whole.append(timed(partial(step, moved), step.device))
        gradients = [p.grad for p in step.model.parameters() if p.grad is not None]
        finite &= all(bool(torch.isfinite(gradient).all()) for gradient in gradients)
    return forward, whole, finite


def _range(values: Sequence[int]) -> tuple[int, int]:
    return min(values), max(values)
