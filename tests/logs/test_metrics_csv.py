"""Lightning's metrics.csv, written row by row or as a whole."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.logs.metrics_csv import NO_HEADER, NO_NUMBERS, ODD_ROWS, MetricsCsvReader
from tests.logs.reading import Clock, Read, read_all

HEADER = "epoch,step,train_loss,val_loss\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.csv"


def write(path: Path, text: str, modified: float = 1.7e9) -> None:
    path.write_text(text, encoding="utf-8")
    os.utime(path, (modified, modified))


def read(path: Path) -> Read:
    return read_all(MetricsCsvReader(path, clock=Clock()))


def test_empty_cells_are_holes(path: Path) -> None:
    write(path, HEADER + "0,49,0.5,\n0,49,,0.75\n1,99,0.25,\n")
    out = read(path)
    assert (out.steps("train_loss"), out.values("train_loss")) == ([49, 99], [0.5, 0.25])
    assert (out.steps("val_loss"), out.values("val_loss")) == ([49], [0.75])
    assert out.epochs == [0.0, 0.0, 1.0]
    assert not out.damaged


def test_the_last_row_has_the_time_of_the_files_last_write(path: Path) -> None:
    """There are no times in the file: earlier rows are a second apart, those that come later have their write's."""
    write(path, HEADER + "0,1,1,\n0,2,1,\n0,3,1,\n")
    reader = MetricsCsvReader(path, clock=Clock())
    out = read_all(reader)
    assert [t for _, t, _, _ in out.points] == [1.7e9 - 2, 1.7e9 - 1, 1.7e9]
    write(path, path.read_text() + "0,4,1,\n0,5,1,\n", modified=1.7e9 + 60)
    assert [t for _, t, _, _ in read_all(reader, out).points[3:]] == [1.7e9 + 60] * 2


def test_times_do_not_depend_on_how_much_is_read_at_once(path: Path) -> None:
    write(path, HEADER + "".join(f"0,{step},1,\n" for step in range(200)))
    out = read_all(MetricsCsvReader(path, clock=Clock()), max_bytes=50)
    assert [t for _, t, _, _ in out.points] == [1.7e9 - 199 + step for step in range(200)]


def test_nan_and_infinity_are_values(path: Path) -> None:
    write(path, HEADER + "0,1,nan,inf\n")
    out = read(path)
    assert math.isnan(out.values("train_loss")[0])
    assert out.values("val_loss") == [math.inf]


def test_a_longer_header_is_a_reset(path: Path) -> None:
    """The logger writes the whole file anew when a metric is new, and the file may be longer than before."""
    write(path, "step,a\n1,0.5\n")
    reader = MetricsCsvReader(path, clock=Clock())
    out = read_all(reader)
    write(path, "step,a,b\n1,0.5,\n2,0.25,7\n")
    out = read_all(reader, out)
    assert (out.resets, out.values("a"), out.values("b")) == (1, [0.5, 0.25], [7.0])


def test_a_shorter_file_is_read_anew_after_a_second_look(path: Path) -> None:
    clock = Clock()
    write(path, HEADER + "0,1,1,\n0,2,2,\n0,3,3,\n")
    reader = MetricsCsvReader(path, clock=clock)
    out = read_all(reader)
    write(path, HEADER + "0,1,9,\n")
    assert read_all(reader, out).resets == 0
    clock.now += 1
    out = read_all(reader, out)
    assert (out.resets, out.values("train_loss")) == (1, [9.0])


def test_a_row_that_is_being_written_waits(path: Path) -> None:
    write(path, HEADER + "0,1,0.5,\n0,2,0.12")
    reader = MetricsCsvReader(path, clock=Clock())
    out = read_all(reader)
    assert (out.values("train_loss"), out.last.pending) == ([0.5], 8)
    write(path, HEADER + "0,1,0.5,\n0,2,0.125,\n")
    assert read_all(reader, out).values("train_loss") == [0.5, 0.125]


def test_what_cannot_be_understood_is_counted(path: Path) -> None:
    write(path, HEADER + "0,1,low,0.5\n0,2\n0,-3,1,1\n0,4.5,1,1\nx,5,1,1\n\n")
    out = read(path)
    assert out.values("val_loss") == [0.5, 1.0]
    assert out.damaged == {NO_NUMBERS: 2, ODD_ROWS: 3}


def test_names_may_be_quoted(path: Path) -> None:
    write(path, 'step,"loss, total"\r\n1,0.5\r\n')
    assert read(path).values("loss, total") == [0.5]


def test_a_table_without_steps_is_reported_once(path: Path) -> None:
    write(path, "a,b\n1,2\n")
    reader = MetricsCsvReader(path, clock=Clock())
    out = read_all(reader)
    assert (out.points, out.damaged) == ([], {NO_HEADER: 1})
    assert not reader.poll().damaged


def test_a_header_without_an_end_is_reported(path: Path) -> None:
    write(path, "step," + "x" * (1 << 20))
    assert read(path).damaged == {NO_HEADER: 1}


def test_nothing_is_said_before_the_header_is_whole(path: Path) -> None:
    write(path, "step,tra")
    out = read(path)
    assert (out.points, dict(out.damaged)) == ([], {})
    assert MetricsCsvReader(path.with_name("none"), clock=Clock()).poll().missing


def test_a_look_at_the_end_knows_the_header(path: Path) -> None:
    write(path, HEADER + "".join(f"0,{step},1,\n" for step in range(1000)))
    steps = read_all(MetricsCsvReader(path, start=-100, clock=Clock())).steps("train_loss")
    assert steps == list(range(steps[0], 1000))
    assert 5 < len(steps) < 15


@given(junk=st.binary(max_size=300))
@settings(max_examples=50)
def test_junk_is_never_fatal(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "metrics.csv"
    path.write_bytes(HEADER.encode() + junk + b"\n0,7,1.5,\n")
    assert read(path).values("train_loss")[-1:] in ([1.5], []) or b'"' in junk
