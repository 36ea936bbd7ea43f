"""Packing sets into blocks, and the two views of a batch that come from it."""

from __future__ import annotations

import dataclasses
import pickle
from itertools import pairwise
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.data.batch import BLOCK_WIDTH_STEP, MIN_BLOCK_WIDTH, block_width, collate, pack_sets
from tests import tiny


@st.composite
def sizes_and_width(draw: st.DrawFn) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]:
    width = draw(st.integers(min_value=1, max_value=48))
    sizes = draw(st.lists(st.integers(min_value=1, max_value=width), min_size=1, max_size=80))
    return np.array(sizes, dtype=np.int64), width


class TestPackSets:
    @given(sizes_and_width())
    def test_every_set_lies_whole_inside_one_block_and_no_two_overlap(
        self, case: tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]
    ) -> None:
        sizes, width = case
        block, _, start = pack_sets(sizes, width)
        cells = [(b, s + i) for b, s, n in zip(block, start, sizes, strict=True) for i in range(n)]
        assert all(0 <= position < width for _, position in cells)
        assert len(set(cells)) == sizes.sum()

    @given(sizes_and_width())
    def test_slots_of_a_block_count_from_zero_in_order_of_position(
        self, case: tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]
    ) -> None:
        block, slot, start = pack_sets(*case)
        for b in range(block.max() + 1):
            by_position = slot[block == b][np.argsort(start[block == b])]
            assert by_position.tolist() == list(range(len(by_position)))

    @given(sizes_and_width())
    def test_a_block_is_opened_only_when_no_earlier_one_has_room(
        self, case: tuple[np.ndarray[tuple[int], np.dtype[np.int64]], int]
    ) -> None:
        sizes, width = case
        block, slot, _ = pack_sets(sizes, width)
        filled = np.zeros(block.max() + 1, dtype=np.int64)
        for b, s, n in zip(block, slot, sizes, strict=True):
            if s == 0:
                assert (filled[:b] + n > width).all()
            filled[b] += n

    def test_the_fullest_block_that_has_room_is_taken(self) -> None:
        block, _, start = pack_sets(np.array([5, 7, 2, 3]), 10)
        assert block.tolist() == [0, 1, 1, 0]  # 2 fits into both, and leaves less room in the second
        assert start.tolist() == [0, 0, 7, 5]

    def test_sets_of_six_events_waste_less_than_two_percent(self) -> None:
        sizes = np.minimum(np.random.default_rng(0).geometric(1 / 6, 2_000), 39).astype(np.int64)
        block, _, _ = pack_sets(sizes, block_width(39))
        assert 1 - sizes.sum() / ((block.max() + 1) * block_width(39)) < 0.02


class TestBlockWidth:
    @given(st.integers(min_value=1, max_value=2_000))
    def test_is_a_rounded_up_multiple_and_never_narrow(self, largest: int) -> None:
        width = block_width(largest)
        assert width >= max(largest, MIN_BLOCK_WIDTH)
        assert width % BLOCK_WIDTH_STEP == 0
        assert width < largest + BLOCK_WIDTH_STEP or width == MIN_BLOCK_WIDTH


class TestCollate:
    def test_counts(self) -> None:
        batch = collate(tiny.patients())
        assert batch.num_patients == 3
        assert batch.num_sets == 8
        assert batch.num_events == sum(map(sum, tiny.MIXED))
        assert batch.padding_waste == pytest.approx((batch.event_slot < 0).float().mean().item())

    def test_one_dtype_for_indices_and_one_for_quantities(self) -> None:
        batch = collate(tiny.patients())
        for field in dataclasses.fields(batch):
            tensor = getattr(batch, field.name)
            quantities = {"value": torch.float32, "minute": torch.float64, "label": torch.float32}
            expected = quantities.get(field.name, torch.int64)
            assert tensor.dtype == expected, field.name

    def test_the_event_axis_holds_every_event_with_its_set_rank_and_slot(self) -> None:
        rows = tiny.patients()
        batch = collate(rows)
        at = batch.event_cell
        assert batch.variable.flatten()[at].tolist() == [v for p in rows for v in p.variable_id.tolist()]
        assert batch.value.flatten()[at].tolist() == [v for p in rows for v in p.value.tolist()]
        sizes = [n for row in tiny.MIXED for n in row]
        assert batch.set_size.tolist() == sizes
        assert batch.event_set.flatten()[at].tolist() == [s for s, n in enumerate(sizes) for _ in range(n)]
        assert batch.event_rank.flatten()[at].tolist() == [rank for n in sizes for rank in range(n)]

    def test_the_slot_axis_finds_every_set_and_marks_free_slots(self) -> None:
        batch = collate(tiny.patients())
        assert batch.slot_set.flatten()[batch.set_cell].tolist() == list(range(batch.num_sets))
        assert int((batch.slot_set >= 0).sum()) == batch.num_sets
        block = torch.arange(batch.variable.shape[0]).unsqueeze(1).expand_as(batch.event_slot)
        here = batch.event_slot >= 0
        assert torch.equal(batch.slot_set[block[here], batch.event_slot[here]], batch.event_set[here])

    def test_the_step_axis_holds_sets_in_time_order_with_their_minutes(self) -> None:
        rows = tiny.patients()
        batch = collate(rows)
        assert batch.step_set.tolist() == [
            [0, 1, 2, -1],
            [3, -1, -1, -1],
            [4, 5, 6, 7],
        ]
        assert batch.minute.flatten()[batch.set_step].tolist() == [m for p in rows for m in p.minute.tolist()]
        assert batch.label.tolist() == [1.0, 0.0, 1.0]

    def test_what_is_no_event_is_marked_as_padding(self) -> None:
        batch = collate(tiny.patients())
        padding = torch.ones(batch.variable.numel(), dtype=torch.bool)
        padding[batch.event_cell] = False
        assert torch.equal(batch.event_slot.flatten() < 0, padding)
        for name in ("variable", "event_rank", "event_set"):
            assert not getattr(batch, name).flatten()[padding].any(), name

    def test_no_patients_are_refused(self) -> None:
        with pytest.raises(ValueError, match="a batch needs at least one patient, got 0"):
            collate([])

    @pytest.mark.parametrize("rows", [[()], [(2, 3), ()], [(), (1,)]])
    def test_an_empty_patient_is_refused_with_the_counts(self, rows: list[tuple[int, ...]]) -> None:
        counts = ", ".join(str(len(row)) for row in rows)
        with pytest.raises(ValueError, match=rf"without events cannot be batched: sets per patient \[{counts}\]"):
            collate(tiny.patients(rows))

    def test_an_empty_set_is_refused(self) -> None:
        with pytest.raises(ValueError, match="smallest set 0"):
            collate([tiny.patient((2, 0, 3))])

    def test_to_and_double_keep_integers_and_values(self) -> None:
        batch = collate(tiny.patients())
        wide = batch.double()
        assert (wide.value.dtype, wide.minute.dtype, wide.label.dtype) == (torch.float64,) * 3
        assert wide.variable.dtype == torch.int64
        assert torch.equal(wide.value.float(), batch.value)
        assert batch.to("meta").value.device.type == "meta"
        assert batch.to("meta").set_size.shape == batch.set_size.shape


class TestViews:
    """The documented `[patients, events]` form of a batch."""

    def test_gives_back_what_was_collated(self) -> None:
        rows = tiny.patients()
        view = collate(rows).views()
        for i, row in enumerate(rows):
            here = ~view.padding_mask[i]
            sizes = [b - a for a, b in pairwise(row.set_offsets.tolist())]
            assert view.var[i, here].tolist() == row.variable_id.tolist()
            assert view.val[i, here].tolist() == row.value.tolist()
            assert view.set_id[i, here].tolist() == [s for s, n in enumerate(sizes) for _ in range(n)]
            assert view.minute[i, here].tolist() == np.repeat(row.minute, sizes).tolist()

    def test_shapes_dtypes_and_padding(self) -> None:
        rows = tiny.patients()
        view = collate(rows).views()
        longest = max(map(sum, tiny.MIXED))
        for name, dtype in (
            ("var", torch.int64),
            ("val", torch.float32),
            ("minute", torch.float64),
            ("set_id", torch.int64),
            ("padding_mask", torch.bool),
        ):
            tensor = getattr(view, name)
            assert tensor.shape == (3, longest), name
            assert tensor.dtype == dtype, name
        assert view.label.tolist() == [1.0, 0.0, 1.0]
        assert (~view.padding_mask).sum(1).tolist() == [sum(row) for row in tiny.MIXED]
        assert (view.padding_mask[:, :-1] <= view.padding_mask[:, 1:]).all(), "padding comes last"
        assert (view.set_id[view.padding_mask] == -1).all()
        for tensor in (view.var, view.val, view.minute):
            assert not tensor[view.padding_mask].any()

    def test_does_not_read_padding(self) -> None:
        batch = collate(tiny.patients())
        soiled = dataclasses.replace(batch, value=batch.value.masked_fill(batch.event_slot < 0, torch.nan))
        assert torch.equal(soiled.views().val, batch.views().val)


def test_a_batch_shares_no_memory_with_the_store() -> None:
    row = tiny.patient((4, 2))
    before = row.value.copy()
    batch = collate([row])
    batch.value.zero_()
    assert np.array_equal(row.value, before)


def test_a_batch_goes_to_another_process_without_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a container may have no shared memory left")

    monkeypatch.setattr(torch.UntypedStorage, "_share_fd_cpu_", refuse)
    monkeypatch.setattr(torch.UntypedStorage, "_share_filename_cpu_", refuse)
    batch = collate(tiny.patients())
    again = pickle.loads(ForkingPickler.dumps(batch))
    for field in dataclasses.fields(batch):
        tiny.assert_equal(getattr(again, field.name), getattr(batch, field.name))
