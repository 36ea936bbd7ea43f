"""W&B's offline files, from bytes that are framed here and, where it is installed, from the package itself."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.logs.chunk_log import BLOCK
from seqsetvae.logs.wandb_file import (
    BROKEN_CHUNKS,
    NO_STEP,
    NOT_RECORDS,
    NOT_WANDB,
    OTHER_VALUES,
    WandbReader,
)
from tests.logs.event_files import field
from tests.logs.reading import Clock, Read, read_all
from tests.logs.wandb_files import file_of, item, row


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run-abc.wandb"


def read(path: Path) -> Read:
    return read_all(WandbReader(path, clock=Clock()))


def test_rows_become_points(path: Path) -> None:
    path.write_bytes(file_of(row(step, train__loss=0.5**step, epoch=step / 10) for step in range(20)))
    out = read(path)
    assert out.values("train/loss") == [0.5**step for step in range(20)]
    assert out.steps("train/loss") == list(range(20))
    assert [t for name, t, _, _ in out.points if name == "epoch"] == [1.7e9 + step for step in range(20)]
    assert not out.damaged


def test_nested_and_plain_keys_are_names(path: Path) -> None:
    plain = field(2, item("old", 2, nested=False) + field(2, field(1, 4)))
    path.write_bytes(file_of([row(1, **{"a.b": 1}), plain]))
    out = read(path)
    assert [(name, step) for name, _, step, _ in out.points] == [("a.b", 1), ("old", 4)]


@pytest.mark.parametrize("key", ["", "k", "k" * 120, "k" * 127, "k" * 128, "k" * 300])
@pytest.mark.parametrize("digits", [1, 120, 127, 128, 200])
def test_names_and_numbers_of_any_length_are_read(path: Path, key: str, digits: int) -> None:
    number = field(1, field(2, key.encode()) + field(16, b"0" * (digits - 1) + b"7"))
    both = field(1, field(1, b"ignored") + field(2, key.encode()) + field(16, b"7"))
    path.write_bytes(file_of([field(2, one + field(2, field(1, 4))) for one in (number, both)]))
    named = key or "ignored"
    assert [(name, step, value) for name, _, step, value in read(path).points] == [(key, 4, 7.0), (named, 4, 7.0)]


def test_numbers_that_are_none_are_values_and_other_values_are_counted(path: Path) -> None:
    path.write_bytes(file_of([row(1, a=math.nan, b="Infinity", c="text", d={"_type": "histogram"}, e=True, f=10**400)]))
    out = read(path)
    assert str([(name, value) for name, _, _, value in out.points]) == "[('a', nan), ('b', inf), ('f', inf)]"
    assert out.skipped == {OTHER_VALUES: 3}


def test_name_host_and_settings_are_facts(path: Path) -> None:
    config = field(1, field(1, b"lr") + field(16, b"0.1")) + field(1, field(1, b"_wandb") + field(16, b"{}"))
    run = field(1, b"abc") + field(4, config) + field(8, b"my run") + field(13, b"gpu7")
    path.write_bytes(file_of([field(17, run)]))
    reader = WandbReader(path, clock=Clock())
    reader.poll()
    assert (reader.facts.run, reader.facts.host, reader.facts.config) == ("my run", "gpu7", {"lr": 0.1})


def test_records_go_over_the_ends_of_blocks(path: Path) -> None:
    rows = [row(step, **{f"metric_{place}": place for place in range(900)}) for step in range(5)]
    assert len(file_of(rows)) > 2 * BLOCK
    path.write_bytes(file_of(rows))
    assert len(read_all(WandbReader(path, clock=Clock()), max_bytes=1).points) == 4500


@given(cuts=st.lists(st.integers(0, 90_000), max_size=6), width=st.integers(1, 40_000))
@settings(max_examples=30)
def test_a_growing_file_gives_the_same_points(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], width: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "run.wandb"
    content = file_of(row(step, loss=step, padding="x" * width) for step in range(8))
    reader, out = WandbReader(path, clock=Clock()), Read()
    for end in [*sorted(cuts), len(content)]:
        path.write_bytes(content[:end])
        out = read_all(reader, out)
        if end > len(content):
            break
    assert out.steps("loss") == list(range(8))
    assert not out.damaged


LONG = file_of(row(step, loss=step) for step in range(600))


@given(place=st.integers(7, len(LONG) - 1), bit=st.integers(0, 7))
@settings(max_examples=25)
def test_a_flipped_bit_costs_a_block_at_most(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    path = tmp_path_factory.mktemp("log") / "run.wandb"
    content = bytearray(LONG)
    content[place] ^= 1 << bit
    path.write_bytes(content)
    out = read(path)
    kept = set(out.steps("loss"))
    assert [value for name, _, _, value in out.points if name == "loss"] == sorted(kept)
    in_last_block = place // BLOCK == len(content) // BLOCK
    assert out.damaged[BROKEN_CHUNKS] >= 1 or (in_last_block and out.last.pending > 0)
    assert len(kept) > 600 - BLOCK // 60


@given(junk=st.binary(max_size=100))
@settings(max_examples=50)
def test_a_sound_record_may_hold_anything(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "run.wandb"
    odd = [junk, field(2, junk), field(2, field(1, junk)), field(17, junk), field(2, field(1, field(16, junk)))]
    path.write_bytes(file_of([*odd, row(3, loss=1)]))
    assert read(path).steps("loss")[-1:] == [3]


def test_what_cannot_be_understood_is_counted(path: Path) -> None:
    path.write_bytes(file_of([b"\xff\xff", field(2, item("a", 1))]))
    assert read(path).damaged == {NOT_RECORDS: 1, NO_STEP: 1}


def test_another_file_is_reported_once(path: Path) -> None:
    path.write_bytes(b"SQLite format 3")
    reader = WandbReader(path, clock=Clock())
    assert read_all(reader).damaged == {NOT_WANDB: 1}
    assert not reader.poll().damaged
    assert WandbReader(path.with_name("none"), clock=Clock()).poll().missing


def test_a_replaced_file_is_read_anew(path: Path) -> None:
    clock = Clock()
    path.write_bytes(file_of(row(step, loss=step) for step in range(9)))
    reader = WandbReader(path, clock=clock)
    out = read_all(reader)
    path.write_bytes(file_of([row(1, loss=5)]))
    read_all(reader, out)
    clock.now += 1
    out = read_all(reader, out)
    assert (out.resets, out.values("loss")) == (1, [5.0])


def test_a_look_at_the_end_begins_at_a_block(path: Path) -> None:
    path.write_bytes(file_of(row(step, loss=step) for step in range(3000)))
    out = read_all(WandbReader(path, start=-100, clock=Clock()))
    steps = out.steps("loss")
    assert steps == list(range(steps[0], 3000))
    assert steps[0] > 0
    assert not out.damaged


PROGRAM = """
import sys, wandb
run = wandb.init(mode="offline", dir=sys.argv[1], project="p", name="my run", config={"lr": 0.1})
for step in range(30):
    run.log({"train/loss": 1 / (step + 1)})
run.finish()
"""


def test_files_of_the_package_itself_are_read(tmp_path: Path) -> None:
    """It writes from a process of its own, which has surely ended when the program has."""
    pytest.importorskip("wandb")
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], check=True, capture_output=True, timeout=120)
    (found,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    reader = WandbReader(found, clock=Clock())
    assert read_all(reader).values("train/loss") == pytest.approx([1 / (step + 1) for step in range(30)])
    assert (reader.facts.run, reader.facts.config) == ("my run", {"lr": 0.1})
