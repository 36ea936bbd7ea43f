"""A file grows by whole lines, whatever the disk does in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.stream.append import AppendFile
from tests.stream.faulty_disk import FaultyDisk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def drained(file: AppendFile) -> AppendFile:
    file.drain()
    file.close()
    return file


def test_a_batch_of_lines_is_one_write(path: Path) -> None:
    disk = FaultyDisk()
    file = AppendFile(path, disk.calls)
    file.pending = b"one\ntwo\n"
    drained(file)
    assert disk.written == [b"one\ntwo\n"]


def test_nothing_is_made_before_there_is_a_line(path: Path) -> None:
    drained(AppendFile(path))
    assert not path.exists()


def test_a_torn_line_of_an_earlier_process_is_ended_first(path: Path) -> None:
    path.write_bytes(b"one\ntor")
    disk = FaultyDisk()
    file = AppendFile(path, disk.calls)
    file.pending = b"two\n"
    drained(file)
    assert path.read_bytes() == b"one\ntor\ntwo\n"
    assert disk.written == [b"\ntwo\n"], "in the same write, so that no reader sees an empty line"


def test_ending_a_torn_line_survives_a_short_write(path: Path) -> None:
    path.write_bytes(b"tor")
    file = AppendFile(path, FaultyDisk(0, 1, 2).calls)
    file.pending = b"two\n"
    drained(file)
    assert path.read_bytes() == b"tor\ntwo\n"


def test_a_short_write_is_continued(path: Path) -> None:
    file = AppendFile(path, FaultyDisk(3, 1).calls)
    file.pending = b"one\ntwo\n"
    drained(file)
    assert path.read_bytes() == b"one\ntwo\n"


def test_after_a_full_disk_the_torn_line_is_completed(path: Path) -> None:
    file = AppendFile(path, FaultyDisk(6, "ENOSPC").calls)
    file.pending = b"one\ntwo\n"
    with pytest.raises(OSError, match="No space"):
        file.drain()
    assert path.read_bytes() == b"one\ntw"
    file.pending += b"three\n"
    assert drained(file).lost == 0
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def test_after_another_error_the_line_is_given_up_and_counted(path: Path) -> None:
    file = AppendFile(path, FaultyDisk(6, "EIO").calls)
    file.pending = b"one\ntwo\nthree\n"
    with pytest.raises(OSError, match="Input/output"):
        file.drain()
    assert drained(file).lost == 1
    assert path.read_bytes() == b"one\ntw\nthree\n"


def test_a_file_that_vanished_is_made_again(path: Path) -> None:
    file = AppendFile(path)
    file.pending = b"one\n"
    file.drain()
    path.unlink()
    file.pending = b"two\n"
    assert drained(file).lost == 0
    assert path.read_bytes() == b"two\n"


def test_a_file_put_in_its_place_is_continued(path: Path) -> None:
    file = AppendFile(path)
    file.pending = b"one\n"
    file.drain()
    path.rename(path.with_name("rotated"))
    path.write_bytes(b"other\n")
    file.pending = b"two\n"
    drained(file)
    assert path.read_bytes() == b"other\ntwo\n"


def test_a_vanished_directory_is_an_error_and_not_made_again(tmp_path: Path) -> None:
    directory = tmp_path / "mount"
    directory.mkdir()
    file = AppendFile(directory / "f")
    file.pending = b"one\n"
    directory.rmdir()
    with pytest.raises(FileNotFoundError):
        file.drain()
    assert not directory.exists()
    directory.mkdir()
    drained(file)
    assert (directory / "f").read_bytes() == b"one\n"


faults = st.lists(
    st.one_of(st.none(), st.integers(0, 9), st.sampled_from(["ENOSPC", "EIO", "ESTALE", "vanish"])), max_size=12
)


@given(batches=st.lists(st.integers(0, 3), min_size=1, max_size=10), script=faults)
def test_no_whole_line_is_lost_or_doubled_by_any_faults(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int], script: list[int | str | None]
) -> None:
    path = tmp_path_factory.mktemp("faults") / "f"
    disk = FaultyDisk(*(outcome for outcome in script if outcome != "vanish"))
    vanishes = script.count("vanish")
    file = AppendFile(path, disk.calls)
    count, seen = 0, []
    for size in batches:
        file.pending += b"".join(b"line-%d\n" % (count + n) for n in range(size))
        count += size
        if vanishes and path.exists():
            vanishes -= 1
            seen += path.read_bytes().split(b"\n")
            path.unlink()
        try:
            file.drain()
        except OSError:
            continue
    disk.script.clear()
    drained(file)
    seen += path.read_bytes().split(b"\n") if path.exists() else []
    whole = [line for line in seen if line in {b"line-%d" % n for n in range(count)}]
    # A line cut after all of its text, before its newline, may still be counted as lost; never the other way round.
    assert len(set(whole)) == len(whole), "no line is written twice"
    assert count - len(whole) <= file.lost
    assert whole == sorted(whole, key=lambda line: int(line[5:]))


def test_lines_are_appended_wherever_another_writer_left_the_end(path: Path) -> None:
    file = AppendFile(path)
    file.pending = b"one\n"
    file.drain()
    with path.open("ab") as other:
        other.write(b"two\n")
    file.pending = b"three\n"
    drained(file)
    assert path.read_bytes() == b"one\ntwo\nthree\n"
