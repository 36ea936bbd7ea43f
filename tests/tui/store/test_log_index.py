"""Which bytes hold which steps: whole, bounded, and right where steps go back."""

from itertools import accumulate, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.logs.series_view import Axis
from seqsetvae.logs.trail import Trail
from tests.logs.reading import block_of
from tests.tui.logs import T0, lines
from tui.store.log_index import GRAIN, MAX_ENTRIES, ByteRange, LogIndex, Reach

NAN = float("nan")


def part(start: int, end: int, low: float, high: float) -> ByteRange:
    ends = np.array([low, high])
    return ByteRange(start=start, end=end, reach=Reach.of(Trail(t=T0 + ends, step=ends, epoch=ends / 100)))


def bytes_of(index: LogIndex, axis: Axis, low: float, high: float, since: int = 0) -> list[tuple[int, int]]:
    return [(found.start, found.end) for found in index.find(axis, low, high, since)]


def test_small_reads_share_an_entry_and_large_ones_have_their_own() -> None:
    index = LogIndex()
    for place in range(10):
        index.add(part(place * 100, place * 100 + 100, place, place))
    assert bytes_of(index, Axis.STEP, 0, 0) == [(0, 1_000)]
    index.add(part(1_000, 1_000 + GRAIN, 10, 20))
    index.add(part(1_000 + GRAIN, 2_000 + GRAIN, 21, 30))
    assert bytes_of(index, Axis.STEP, 25, 26) == [(1_000 + GRAIN, 2_000 + GRAIN)]
    assert index.end == 2_000 + GRAIN


def test_a_range_is_found_on_every_axis() -> None:
    index = LogIndex()
    index.add(part(0, GRAIN, 0, 100))
    index.add(part(GRAIN, 2 * GRAIN, 101, 200))
    for axis, low, high in ((Axis.STEP, 150, 160), (Axis.EPOCH, 1.5, 1.6), (Axis.WALL, T0 + 150, T0 + 160)):
        assert bytes_of(index, axis, low, high) == [(GRAIN, 2 * GRAIN)]
    assert bytes_of(index, Axis.RELATIVE, T0, T0 + 500) == [(0, 2 * GRAIN)]
    assert bytes_of(index, Axis.STEP, 300, 400) == []


def test_steps_that_go_back_are_found_in_both_places() -> None:
    index = LogIndex()
    for place, (low, high) in enumerate(((0, 100), (101, 200), (50, 120))):
        index.add(part(place * GRAIN, (place + 1) * GRAIN, low, high))
    assert bytes_of(index, Axis.STEP, 60, 70) == [(0, GRAIN), (2 * GRAIN, 3 * GRAIN)]


def test_what_is_known_already_is_left_out() -> None:
    index = LogIndex()
    index.add(part(0, 2 * GRAIN, 0, 100))
    assert bytes_of(index, Axis.STEP, 50, 60, since=700) == [(700, 2 * GRAIN)]
    assert bytes_of(index, Axis.STEP, 50, 60, since=2 * GRAIN) == []


def test_lines_without_an_epoch_are_nowhere_on_that_axis() -> None:
    trail = Trail(t=np.array([T0]), step=np.array([5.0]), epoch=np.array([NAN]))
    index = LogIndex()
    index.add(ByteRange(start=0, end=10, reach=Reach.of(trail)))
    assert bytes_of(index, Axis.EPOCH, -1e9, 1e9) == []
    assert bytes_of(index, Axis.STEP, 5, 5) == [(0, 10)]


def test_the_number_of_entries_stays_bounded_and_none_is_lost() -> None:
    index = LogIndex()
    count = 3 * MAX_ENTRIES
    for place in range(count):
        index.add(part(place * GRAIN, (place + 1) * GRAIN, place, place))
    assert len(index._entries) <= MAX_ENTRIES
    assert bytes_of(index, Axis.STEP, 0, count) == [(0, count * GRAIN)]
    (found,) = bytes_of(index, Axis.STEP, 1_000, 1_000)
    assert found[0] <= 1_000 * GRAIN < found[1] <= found[0] + 8 * GRAIN


@settings(max_examples=50)
@given(cuts=st.lists(st.integers(1, 299), max_size=8, unique=True), low=st.integers(0, 299), width=st.integers(0, 50))
def test_however_a_log_was_read_every_wanted_line_is_in_what_is_found(cuts: list[int], low: int, width: int) -> None:
    log = lines(0, 300).splitlines(keepends=True)
    starts = [0, *accumulate(map(len, log))]
    index = LogIndex()
    index._grain = 2_000
    for first, last in pairwise([0, *sorted(cuts), 300]):
        data = b"".join(log[first:last])
        reach = Reach.of(block_of(data, offset=starts[first]).cadence)
        index.add(ByteRange(start=starts[first], end=starts[first] + len(data), reach=reach))
    found = bytes_of(index, Axis.STEP, low, low + width)
    for step in range(low, min(low + width, 299) + 1):
        assert any(start <= starts[step] < end for start, end in found)
