"""Event files, however they are split, cut or damaged."""

from __future__ import annotations

import math
import struct
from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.logs.block import MAX_BYTES
from seqsetvae.logs.record_file import HEADER
from seqsetvae.logs.tensorboard import GAPS, MAX_RECORD, TOO_LONG, TensorBoardReader, event_files
from seqsetvae.logs.tensorboard_columns import BROKEN_RECORDS
from seqsetvae.logs.tensorboard_event import IMAGES_AND_SUCH, NO_STEP, NOT_EVENTS
from tests.logs.event_files import event, field, file_of, image, plain_points, record, simple, tensor
from tests.logs.reading import Clock, Read, by_name, read_all

NAME = "events.out.tfevents.1700000000.host.1.0"

TAGS = st.sampled_from(["train/loss", "train/kl", "lr", "σ²", "a tag " * 20, ""]) | st.text(
    st.characters(codec="utf-8"), max_size=12
)
TIMES = st.floats(1.6e9, 1.8e9) | st.floats()
STEPS = st.integers(-2, 300) | st.integers(0, (1 << 63) - 1)
VALUES = st.floats(width=32)


@st.composite
def series(draw: st.DrawFn) -> list[bytes]:
    """Some events of one tag and kind, often enough for the way that takes many at once."""
    tag, first = draw(TAGS), draw(STEPS)
    kind = draw(st.integers(0, 5))
    out: list[bytes] = []
    for place in range(draw(st.integers(1, 30))):
        t, step = draw(TIMES), min(first + place, (1 << 63) - 1)
        value = draw(VALUES)
        options = (
            [simple(tag, value)],
            [tensor(tag, value)],
            [tensor(tag, value, plugin=None, content=True)],
            [tensor(tag, value, plugin="pr_curves")],
            [image(tag)],
            [simple(tag, value), image(tag, 3), tensor("second", value)],
        )
        out.append(event(t, step, options[kind]))
    return out


@st.composite
def logs(draw: st.DrawFn) -> list[bytes]:
    """Events of several series, mixed."""
    events = [one for part in draw(st.lists(series(), min_size=1, max_size=4)) for one in part]
    return draw(st.permutations(events)) if draw(st.booleans()) else events


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / NAME


def read(path: Path, *, max_bytes: int = MAX_BYTES) -> Read:
    return read_all(TensorBoardReader(path.parent, clock=Clock()), max_bytes=max_bytes)


@given(events=logs())
@settings(max_examples=60)
def test_both_ways_of_reading_agree(tmp_path_factory: pytest.TempPathFactory, events: list[bytes]) -> None:
    """What is decoded by the thousand is what a plain loop over records finds."""
    path = tmp_path_factory.mktemp("log") / NAME
    path.write_bytes(file_of(events))
    assert by_name(read(path).points) == by_name(plain_points(path.read_bytes()))


@given(events=logs(), data=st.data(), max_bytes=st.integers(16, 4000))
@settings(max_examples=40)
def test_a_growing_file_gives_the_same_points(
    tmp_path_factory: pytest.TempPathFactory, events: list[bytes], data: st.DataObject, max_bytes: int
) -> None:
    """However the file's bytes arrive, and however few are taken at a time."""
    path = tmp_path_factory.mktemp("log") / NAME
    content = file_of(events)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=5)))
    reader, out = TensorBoardReader(path.parent, clock=Clock()), Read()
    for start, stop in zip([0, *cuts], [*cuts, len(content)], strict=True):
        with path.open("ab") as file:
            file.write(content[start:stop])
        out = read_all(reader, out, max_bytes=max_bytes)
    assert by_name(out.points) == by_name(plain_points(content))
    assert not out.damaged[GAPS]
    assert out.last.pending == 0


@given(events=logs(), data=st.data())
@settings(max_examples=40)
def test_a_torn_end_waits(tmp_path_factory: pytest.TempPathFactory, events: list[bytes], data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("log") / NAME
    content = file_of(events)
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    out = read(path)
    assert by_name(out.points) == by_name(plain_points(content[:cut]))
    assert out.last.read + out.last.pending == cut
    assert not out.damaged[GAPS]


def check_flipped_bit(path: Path, events: list[bytes], bit: int) -> None:
    """One damaged record is counted and gives no point; all other records are still read."""
    content = bytearray(file_of(events))
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    ends = list(accumulate((len(record(one)) for one in events), initial=len(file_of([]))))
    hit = bisect_right(ends, bit // 8)  # 0 is the file's version
    kept = [one for number, one in enumerate(events, 1) if number != hit]
    out = read(path)
    assert by_name(out.points) == by_name(plain_points(file_of(kept)))
    assert out.damaged[BROKEN_RECORDS] + out.damaged[GAPS] == 1
    # Behind a broken header the next one is searched for, and the last bytes may be the beginning of one.
    searching = hit == len(events) and bit // 8 - ends[hit - 1] < HEADER
    assert out.last.pending == (HEADER - 1 if searching else 0)


@given(events=logs(), data=st.data())
@settings(max_examples=60)
def test_a_flipped_bit_costs_one_record(
    tmp_path_factory: pytest.TempPathFactory, events: list[bytes], data: st.DataObject
) -> None:
    bit = data.draw(st.integers(0, 8 * len(file_of(events)) - 1))
    check_flipped_bit(tmp_path_factory.mktemp("log") / NAME, events, bit)


@pytest.mark.parametrize("last", [False, True])
def test_a_flipped_bit_of_a_header_costs_one_record(path: Path, last: bool) -> None:
    events = [event(1.7e9, step, [simple("loss", 1.0)]) for step in range(3)]
    begin = len(file_of(events[:2] if last else events[:1]))
    for bit in range(8 * begin, 8 * (begin + HEADER)):
        check_flipped_bit(path, events, bit)


@given(junk=st.binary(max_size=600), behind=st.booleans())
@settings(max_examples=60)
def test_junk_is_never_fatal(tmp_path_factory: pytest.TempPathFactory, junk: bytes, behind: bool) -> None:
    path = tmp_path_factory.mktemp("log") / NAME
    good = file_of(event(1.7e9, step, [simple("loss", 1.0)]) for step in range(20))
    path.write_bytes(good + junk if behind else junk + good)
    out = read(path)
    assert len(out.values("loss")) in ((20,) if behind else (20, 19, 0))


@given(junk=st.binary(max_size=60))
@settings(max_examples=60)
def test_a_sound_record_may_hold_anything(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / NAME
    good = [event(1.7e9, step, [simple("loss", 1.0)]) for step in range(10)]
    path.write_bytes(file_of([*good, junk, *[field(5, junk)] * 9, *good]))
    assert len(read(path).values("loss")) >= 20


def test_a_writer_that_died_inside_a_record_costs_that_record(path: Path) -> None:
    """The next writer goes on in the same file, in the middle of the torn record."""
    events = [event(1.7e9 + step, step, [simple("loss", step)]) for step in range(40)]
    torn = record(event(1.7e9, 7, [simple("a tag of another length", 5.0)]))[:-9]
    path.write_bytes(file_of(events[:20]) + torn + b"".join(map(record, events[20:])))
    out = read(path)
    assert out.values("loss") == list(range(40))
    assert out.damaged == {GAPS: 1}


def test_zeros_at_the_end_are_reported(path: Path) -> None:
    """A crash of the machine may leave blocks that were never written."""
    path.write_bytes(file_of([event(1.7e9, 1, [simple("loss", 1.0)])]) + bytes(5000))
    out = read(path)
    assert out.values("loss") == [1.0]
    assert out.damaged == {GAPS: 1}


@given(hole=st.integers(1, 3000), looks=st.sampled_from([64, 500, MAX_BYTES]))
@settings(max_examples=60)
def test_records_behind_a_hole_of_zeros_are_read(
    tmp_path_factory: pytest.TempPathFactory, hole: int, looks: int
) -> None:
    path = tmp_path_factory.mktemp("log") / NAME
    events = [event(1.7e9 + step, step, [simple("loss", step)]) for step in range(40)]
    path.write_bytes(file_of(events[:20]) + bytes(hole) + b"".join(map(record, events[20:])))
    out = read(path, max_bytes=looks)
    assert out.values("loss") == list(range(40))
    assert out.damaged == {GAPS: 1}


def test_values_that_are_no_curve_are_counted(path: Path) -> None:
    events = [event(1.7e9, step, [image("picture", 5000)]) for step in range(3)]
    path.write_bytes(file_of([*events, event(1.7e9, 1, [tensor("text", 1.0, plugin="text")])]))
    out = read(path)
    assert out.points == []
    assert out.skipped == {IMAGES_AND_SUCH: 4}
    assert not out.damaged


def test_points_without_a_place_in_the_run_are_counted(path: Path) -> None:
    moments = ((math.inf, 3), (math.nan, 3), (1e13, 3), (1.7e9, -1), (1.7e9, 10**15 + 1))
    odd = [event(t, step, [simple("loss", 1.0)]) for t, step in moments]
    path.write_bytes(file_of([*odd, *[one for one in odd for _ in range(10)]]))
    out = read(path)
    assert out.points == []
    assert out.damaged == {NO_STEP: 55}


def test_nan_and_infinity_are_values(path: Path) -> None:
    numbers = [math.nan, math.inf, -math.inf, 0.5]
    path.write_bytes(file_of(event(1.7e9, step, [simple("loss", value)]) for step, value in enumerate(numbers)))
    assert list(map(str, read(path).values("loss"))) == ["nan", "inf", "-inf", "0.5"]


def test_whole_numbers_and_halves_are_values(path: Path) -> None:
    def number(dtype: int, payload: bytes) -> bytes:
        return event(1.7e9, 1, [field(1, b"n") + field(8, field(1, dtype) + payload)])

    kinds = [number(3, field(7, 12)), number(9, field(10, -5)), number(19, field(13, 0x3C00))]
    several = number(1, field(2, field(2, field(1, 3))) + field(5, struct.pack("<3f", 1, 2, 3)))
    path.write_bytes(file_of([*kinds, several]))
    out = read(path)
    assert out.values("n") == [12.0, -5.0, 1.0]
    assert out.skipped == {IMAGES_AND_SUCH: 1}


def test_records_that_are_no_events_are_counted(path: Path) -> None:
    path.write_bytes(file_of([b"\xff\xff\xff", event(1.7e9, 1, [simple("loss", 1.0)])]))
    out = read(path)
    assert out.damaged == {NOT_EVENTS: 1}
    assert out.values("loss") == [1.0]


def test_a_record_too_long_for_numbers_is_passed_over(path: Path) -> None:
    film = record(event(1.7e9, 1, [image("film", MAX_RECORD)]), sealed=False)
    path.write_bytes(file_of([]) + film + record(event(1.7e9, 1, [simple("loss", 1.0)])))
    out = read(path, max_bytes=1000)
    assert out.values("loss") == [1.0]
    assert out.skipped == {TOO_LONG: 1}


def test_a_record_longer_than_a_look_is_read(path: Path) -> None:
    many = [simple(f"metric {place}", place) for place in range(3000)]
    path.write_bytes(file_of([event(1.7e9, 1, many)]))
    assert len(read(path, max_bytes=100).points) == 3000


def test_a_session_makes_later_steps_void(path: Path) -> None:
    """The session's own step is written anew, so the last one that counts is one before."""
    path.write_bytes(file_of([event(1.7e9, 100, session=1), event(1.7e9, 120, session=2)]))
    (resumed,) = read(path).events
    assert (resumed.kind, resumed.t, resumed.step, dict(resumed.data)) == ("resumed", 1.7e9, 99, {"step": 99})


def test_files_are_read_in_the_order_of_their_time_stamps(tmp_path: Path) -> None:
    for stamp, value in ((900, 1.0), (10_000, 2.0), (9_000, 3.0)):
        name = tmp_path / f"events.out.tfevents.{stamp}.host"
        name.write_bytes(file_of([event(1.7e9, stamp, [simple("loss", value)])]))
    out = read_all(TensorBoardReader(tmp_path, clock=Clock()))
    assert out.values("loss") == [1.0, 3.0, 2.0]
    assert [path.name.split(".")[3] for path in event_files(tmp_path)] == ["900", "9000", "10000"]


def test_new_files_and_growth_of_old_ones_are_noticed(tmp_path: Path) -> None:
    clock = Clock()
    old, new = tmp_path / "events.out.tfevents.1.host", tmp_path / "events.out.tfevents.2.host"
    old.write_bytes(file_of([event(1.7e9, 1, [simple("loss", 1.0)])]))
    reader = TensorBoardReader(tmp_path, clock=clock)
    out = read_all(reader)
    new.write_bytes(file_of([event(1.7e9, 2, [simple("loss", 2.0)])]))
    with old.open("ab") as file:
        file.write(record(event(1.7e9, 3, [simple("loss", 3.0)])))
    clock.now += 1
    assert sorted(read_all(reader, out).values("loss")) == [1.0, 2.0, 3.0]


def test_a_replaced_file_is_read_anew(path: Path) -> None:
    clock = Clock()
    path.write_bytes(file_of(event(1.7e9, step, [simple("loss", 1.0)]) for step in range(9)))
    reader = TensorBoardReader(path.parent, clock=clock)
    out = read_all(reader)
    path.write_bytes(file_of([event(1.7e9, 1, [simple("loss", 5.0)])]))
    assert read_all(reader, out).resets == 0, "file systems may lag: not at the first sign"
    clock.now += 1
    out = read_all(reader, out)
    assert (out.resets, out.values("loss")) == (1, [5.0])


def test_a_look_at_the_end_begins_anywhere(tmp_path: Path) -> None:
    """The first chart needs the newest points, not the whole log."""
    events = [event(1.7e9 + step, step, [simple("loss", step)]) for step in range(2000)]
    (tmp_path / "events.out.tfevents.1.host").write_bytes(file_of(events[:1000]))
    (tmp_path / "events.out.tfevents.2.host").write_bytes(file_of(events[1000:]))
    out = read_all(TensorBoardReader(tmp_path, start=-1001, clock=Clock()))
    steps = out.steps("loss")
    assert steps == list(range(steps[0], 2000))
    assert 10 < len(steps) < 30
    assert not out.damaged


def test_one_file_may_be_read_alone(path: Path) -> None:
    path.write_bytes(file_of([event(1.7e9, 1, [simple("loss", 1.0)])]))
    path.with_name(NAME + ".other").write_bytes(file_of([event(1.7e9, 2, [simple("loss", 2.0)])]))
    assert read_all(TensorBoardReader(path, clock=Clock())).values("loss") == [1.0]


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    assert TensorBoardReader(tmp_path, clock=Clock()).poll().missing
    assert TensorBoardReader(tmp_path / "none", clock=Clock()).poll().missing


def test_files_of_torchs_writer_are_read(tmp_path: Path) -> None:
    """With every way that its writer has to log a number."""
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(300):
            writer.add_scalar("train/loss", 1 / (step + 1), step, walltime=1.7e9 + step)
            writer.add_scalar("new", step, step, new_style=True)
            writer.add_scalar("double", 0.1, step, new_style=True, double_precision=True)
        writer.add_text("notes", "hello", 1)
    out = read_all(TensorBoardReader(tmp_path, clock=Clock()))
    assert out.values("train/loss") == pytest.approx([1 / (step + 1) for step in range(300)])
    assert out.values("new") == list(range(300))
    assert out.values("double") == [0.1] * 300
    assert out.skipped == {IMAGES_AND_SUCH: 1}
    assert not out.damaged
    assert [t for name, t, _, _ in out.points if name == "train/loss"] == [1.7e9 + step for step in range(300)]
