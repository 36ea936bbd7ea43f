"""Packed batches: every set lies whole inside one block of fixed width.

A batch of patients holds thousands of tiny sets (six events on average). Padding each set to the largest wastes most
of the work, and a Python loop over sets gains nothing from batching. So sets are packed, best fit first, into *blocks*
of `width` events. Inside the model every linear layer sees one dense `[blocks, width, hidden]` tensor, and attention
inside sets is one call with a block-diagonal mask. Typical waste is below 2 %.

Three axes index the same data:

* `blocks width`: one cell per event, plus padding at the end of a block;
* `blocks slots`: one cell per set of a block (its *slot*), for pooled quantities;
* `patients steps`: one cell per set in time order, padded to the longest patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

#: Narrowest block. Wide enough to pack six-event sets with little waste, narrow enough that the masked part of
#: the attention (width² scores a head) stays small beside the linear layers.
MIN_BLOCK_WIDTH = 32
#: Block widths are multiples of this, so that sets larger than `MIN_BLOCK_WIDTH` lead to few different shapes.
BLOCK_WIDTH_STEP = 8

IntArray = npt.NDArray[np.int64]


class PatientArrays(Protocol):
    """What `collate` needs to know of a patient; `seqsetvae.data.packed_store.Patient` is one."""

    @property
    def variable_id(self) -> npt.NDArray[np.integer]: ...  # noqa: D102
    @property
    def value(self) -> npt.NDArray[np.float32]: ...  # noqa: D102
    @property
    def set_offsets(self) -> npt.NDArray[np.int64]: ...  # noqa: D102
    @property
    def minute(self) -> npt.NDArray[np.float64]: ...  # noqa: D102
    @property
    def label(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientView:
    """A batch as rectangular tensors with one row a patient, events in time order, padding at the end.

    `var`, `val`, `minute` and `set_id` are `[patients, events]`; `label` is `[patients]`; `padding_mask` is
    `[patients, events]` and True where there is no event. `set_id` counts a patient's sets from 0 and is −1 in padding.
    """

    var: Tensor
    val: Tensor
    minute: Tensor
    set_id: Tensor
    label: Tensor
    padding_mask: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBatch:
    """One training batch in block layout; all integer tensors are int64.

    Attributes:
        variable: `[blocks, width]` variable of each event, 0 in padding.
        value: `[blocks, width]` float32 scaled value; padding may hold anything, even NaN.
        event_slot: `[blocks, width]` slot of the event's set within its block, −1 in padding.
        event_rank: `[blocks, width]` place of the event within its set, 0 in padding.
        event_set: `[blocks, width]` set of the event, numbered through the batch patient by patient; 0 in padding.
        slot_set: `[blocks, slots]` set that occupies the slot, −1 where the slot is free.
        set_cell: `[sets]` flat index `block · slots + slot` of each set.
        set_size: `[sets]` number of events.
        step_set: `[patients, steps]` set at each time step, −1 in padding.
        set_step: `[sets]` flat index `patient · steps + step` of each set.
        minute: `[patients, steps]` float64 minutes since admission; padding may hold anything.
        label: `[patients]` float32, 0 or 1; empty where the batch is a stand-in that does not count.
        event_cell: `[events]` flat index `block · width + position` of each event, patient by patient in time order.
    """

    variable: Tensor
    value: Tensor
    event_slot: Tensor
    event_rank: Tensor
    event_set: Tensor
    slot_set: Tensor
    set_cell: Tensor
    set_size: Tensor
    step_set: Tensor
    set_step: Tensor
    minute: Tensor
    label: Tensor
    event_cell: Tensor

    @property
    def num_patients(self) -> int:
        """Number of patients that count; 0 in a stand-in."""
        return self.label.shape[0]

    @property
    def num_sets(self) -> int:
        """Number of sets over all patients."""
        return self.set_size.shape[0]

    @property
    def num_events(self) -> int:
        """Number of events over all patients."""
        return self.event_cell.shape[0]

    @property
    def padding_waste(self) -> float:
        """Share of block cells that hold no event."""
        return 1.0 - self.num_events / self.variable.numel()

    def to(self, device: torch.device | str, *, non_blocking: bool = False) -> Self:
        """Return the batch on `device`; Apple's have no float64, and get float32."""
        wide = torch.device(device).type != "mps"
        narrowed = self if wide else self._map(lambda tensor: tensor.float() if tensor.is_floating_point() else tensor)
        return narrowed._map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> Self:
        """Return the batch in page-locked memory, from which copies to a GPU do not block."""
        return self._map(lambda tensor: tensor.pin_memory())

    def double(self) -> Self:
        """Return the batch with float64 values, for tests that compare to many digits."""
        return self._map(lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)

    def views(self) -> PatientView:
        """Return the rectangular `[patients, events]` form."""
        sets = self.event_set.flatten()[self.event_cell]
        steps = self.step_set.shape[1]
        flat_step = self.set_step[sets]
        patient = torch.div(flat_step, steps, rounding_mode="floor")
        counts = torch.bincount(patient, minlength=self.num_patients)
        first = torch.cumsum(counts, 0) - counts
        column = torch.arange(self.num_events, device=patient.device) - first[patient]
        shape = (self.num_patients, int(counts.max()))

        def scatter(source: Tensor, fill: float) -> Tensor:
            view = torch.full(shape, fill, dtype=source.dtype, device=source.device)
            view[patient, column] = source
            return view

        return PatientView(
            var=scatter(self.variable.flatten()[self.event_cell], 0),
            val=scatter(self.value.flatten()[self.event_cell], 0.0),
            minute=scatter(self.minute.flatten()[flat_step], 0.0),
            set_id=scatter(flat_step - patient * steps, -1),
            label=self.label,
            padding_mask=scatter(torch.zeros_like(sets, dtype=torch.bool), True),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Go from a loader's worker to the trainer through their pipe.

        Tensors would go through shared memory, and a container may have little of it: a worker that finds none left
        dies or waits for ever.
        """
        return _from_arrays, (type(self), *(getattr(self, field.name).cpu().numpy() for field in fields(self)))

    def _map(self, function: _TensorMap) -> Self:
        return type(self)(**{field.name: function(getattr(self, field.name)) for field in fields(self)})


def _from_arrays(kind: type[EventBatch], *arrays: npt.NDArray[Any]) -> EventBatch:
    tensors = map(torch.from_numpy, arrays)
    return kind(**{field.name: tensor for field, tensor in zip(fields(kind), tensors, strict=True)})


class _TensorMap(Protocol):
    def __call__(self, tensor: Tensor, /) -> Tensor: ...


def collate(patients: Sequence[PatientArrays], *, steps: int | None = None) -> EventBatch:
    """Pack patients into one batch.

    Args:
        patients: At least one; each with at least one set, each set with at least one event.
        steps: Length of the steps axis; by default that of the longest patient.

    Raises:
        ValueError: no patients were given, a patient or a set holds no event, or a patient has more than `steps` sets.
    """
    step_counts, sizes = _sizes(patients)
    longest = int(step_counts.max())
    if steps is not None and longest > steps:
        raise ValueError(f"a patient has {longest} sets, more than the {steps} steps of the batch")
    width = block_width(int(sizes.max()))
    block, slot, start = pack_sets(sizes, width)
    num_blocks, num_slots = int(block.max()) + 1, int(slot.max()) + 1

    events = int(sizes.sum())
    event_set = np.repeat(np.arange(len(sizes)), sizes)
    rank = np.arange(events) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    cell = (block * width + start)[event_set] + rank
    set_cell = block * num_slots + slot

    patient = np.repeat(np.arange(len(patients)), step_counts)
    step = np.arange(len(sizes)) - np.repeat(np.cumsum(step_counts) - step_counts, step_counts)
    steps_shape = (len(patients), longest if steps is None else steps)
    set_step = patient * steps_shape[1] + step
    blocks_shape = (num_blocks, width)
    sets = np.arange(len(sizes))

    return EventBatch(
        variable=_placed(np.concatenate([p.variable_id for p in patients]).astype(np.int64), cell, blocks_shape, 0),
        value=_placed(np.concatenate([p.value for p in patients]).astype(np.float32), cell, blocks_shape, 0),
        event_slot=_placed(slot[event_set], cell, blocks_shape, -1),
        event_rank=_placed(rank, cell, blocks_shape, 0),
        event_set=_placed(event_set, cell, blocks_shape, 0),
        slot_set=_placed(sets, set_cell, (num_blocks, num_slots), -1),
        set_cell=torch.from_numpy(set_cell),
        set_size=torch.from_numpy(sizes),
        step_set=_placed(sets, set_step, steps_shape, -1),
        set_step=torch.from_numpy(set_step),
        minute=_placed(np.concatenate([p.minute for p in patients]).astype(np.float64), set_step, steps_shape, 0),
        label=torch.tensor([p.label for p in patients], dtype=torch.float32),
        event_cell=torch.from_numpy(cell),
    )


def collate_or_stand_in(
    patients: Sequence[PatientArrays], *, stand_in: PatientArrays, steps: int | None = None
) -> EventBatch:
    """Pack patients into one batch; without any, return one of `stand_in` that has no label.

    In an evaluation on several devices a device may have no patient left, but its model must run as the others' do.
    """
    if patients:
        return collate(patients, steps=steps)
    batch = collate([stand_in], steps=steps)
    return replace(batch, label=batch.label[:0])


def _sizes(patients: Sequence[PatientArrays]) -> tuple[IntArray, IntArray]:
    """Return the number of sets of each patient, and the number of events of each set; none of them may be 0."""
    if not patients:
        raise ValueError("a batch needs at least one patient, got 0")
    step_counts = np.array([len(p.minute) for p in patients], dtype=np.int64)
    sizes = np.concatenate([np.diff(p.set_offsets) for p in patients]).astype(np.int64)
    if not step_counts.all() or not len(sizes) or sizes.min() < 1:
        raise ValueError(
            f"a patient without events cannot be batched: sets per patient {step_counts.tolist()}, "
            f"smallest set {int(sizes.min()) if len(sizes) else 0}; leave such patients out of the split"
        )
    return step_counts, sizes


def block_width(largest_set: int) -> int:
    """Return the block width for a batch whose largest set holds `largest_set` events."""
    return max(MIN_BLOCK_WIDTH, -(-largest_set // BLOCK_WIDTH_STEP) * BLOCK_WIDTH_STEP)


def pack_sets(sizes: IntArray, width: int) -> tuple[IntArray, IntArray, IntArray]:
    """Pack sets of the given sizes into blocks of `width` events, best fit, in the order given.

    Packing the largest first would waste no less on patients' sets and would fill the last blocks with single events,
    which makes the slots axis as long as the block; in order, blocks hold a mixture and few slots.

    Returns:
        For each set its block, its slot (how many sets came into that block before it) and its first position.
    """
    block = np.empty(len(sizes), dtype=np.int64)
    slot = np.empty(len(sizes), dtype=np.int64)
    start = np.empty(len(sizes), dtype=np.int64)
    with_room: list[list[int]] = [[] for _ in range(width + 1)]  # blocks by free cells; [0] is never read
    filled: list[int] = []
    occupants: list[int] = []
    for index, size in enumerate(sizes.tolist()):
        free = next((room for room in range(size, width + 1) if with_room[room]), None)
        if free is None:
            chosen, free = len(filled), width
            filled.append(0)
            occupants.append(0)
        else:
            chosen = with_room[free].pop()
        block[index], slot[index], start[index] = chosen, occupants[chosen], filled[chosen]
        filled[chosen] += size
        occupants[chosen] += 1
        with_room[free - size].append(chosen)
    return block, slot, start


def _placed(
    source: npt.NDArray[np.int64] | npt.NDArray[np.floating], cells: IntArray, shape: tuple[int, int], fill: int
) -> Tensor:
    placed = np.full(shape, fill, dtype=source.dtype)
    placed.reshape(-1)[cells] = source
    return torch.from_numpy(placed)
