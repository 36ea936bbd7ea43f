"""The writing thread keeps its promises: it never blocks its caller, and says what it could not do, once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seqsetvae.stream.append import OsCalls
from seqsetvae.stream.line_writer import Gap, LineWriter, replace_file
from tests.stream.faulty_disk import FaultyDisk

Make = Callable[..., LineWriter]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(tmp_path: Path, said: list[str]) -> Iterator[Make]:
    """Makes writers into `tmp_path` that write only when told to, and closes them."""
    made: list[LineWriter] = []

    def make(**options: Any) -> LineWriter:
        options = {"flush_interval": 60.0, "retry_interval": 60.0, "report": said.append, **options}
        made.append(LineWriter(tmp_path, **options))
        return made[-1]

    yield make
    for writer in made:
        writer.close()


def test_lines_arrive_in_order_and_each_in_its_file(make: Make, tmp_path: Path) -> None:
    writer = make()
    for number in range(100):
        writer.put(f"f{number % 2}", b"%d\n" % number)
    assert writer.flush()
    assert (tmp_path / "f0").read_bytes() == b"".join(b"%d\n" % number for number in range(0, 100, 2))
    assert (tmp_path / "f1").read_bytes() == b"".join(b"%d\n" % number for number in range(1, 100, 2))


def test_a_line_after_a_pause_is_written_at_once(make: Make) -> None:
    arrived = threading.Event()

    def write(fd: int, data: bytes) -> int:
        arrived.set()
        return os.write(fd, data)

    writer = make(calls=OsCalls(write=write))
    writer.put("f", b"one\n")
    assert arrived.wait(10.0), "without waiting for the interval of 60 s"


def test_lines_of_one_interval_are_one_write(make: Make) -> None:
    disk = FaultyDisk()
    writer = make(calls=disk.calls)
    writer.put("f", b"first\n")
    writer.flush()
    for _ in range(1000):
        writer.put("f", b"x\n")
    writer.flush()
    assert len(disk.written) <= 3
    assert b"".join(disk.written) == b"first\n" + b"x\n" * 1000


def test_files_are_written_in_the_given_order(make: Make, tmp_path: Path) -> None:
    opened: list[str] = []
    go = threading.Event()

    def slow_open(path: Path, flags: int, mode: int) -> int:
        opened.append(path.name)
        go.wait(10.0)
        return os.open(path, flags, mode)

    writer = make(order=("events", "metrics"), calls=OsCalls(open=slow_open))
    writer.put("other", b"hold the thread\n")
    writer.put("metrics", b"1\n")
    writer.put("events", b"2\n")
    go.set()
    writer.flush()
    assert opened.index("events") < opened.index("metrics")


def test_a_stuck_disk_blocks_nobody_but_the_thread(make: Make, tmp_path: Path) -> None:
    stuck, free = threading.Event(), threading.Event()

    def write(fd: int, data: bytes) -> int:
        stuck.set()
        free.wait(30.0)
        return os.write(fd, data)

    writer = make(calls=OsCalls(write=write))
    writer.put("f", b"one\n")
    assert stuck.wait(10.0)
    writer.put("f", b"two\n")
    assert not writer.flush(timeout=0.01)
    free.set()
    assert writer.flush()
    assert (tmp_path / "f").read_bytes() == b"one\ntwo\n"


def test_a_full_disk_is_said_once_and_loses_nothing_while_the_backlog_holds(
    make: Make, tmp_path: Path, said: list[str]
) -> None:
    disk = FaultyDisk()
    disk.always = "ENOSPC"
    writer = make(calls=disk.calls)
    for number in range(5):
        writer.put("f", b"%d\n" % number)
        assert not writer.flush()
    assert len(said) == 1
    assert f"cannot write {tmp_path / 'f'}: No space left on device" in said[0]
    disk.always = None
    assert writer.flush()
    assert said[1:] == [f"writing to {tmp_path} again; 0 lines were dropped"]
    assert (tmp_path / "f").read_bytes() == b"0\n1\n2\n3\n4\n"


def test_lines_beyond_the_backlog_are_dropped_counted_and_reported_in_the_stream(make: Make, tmp_path: Path) -> None:
    gaps: list[Gap] = []

    def on_recovery(gap: Gap) -> list[tuple[str, bytes]]:
        gaps.append(gap)
        return [("f", b"gap\n")]

    disk = FaultyDisk()
    disk.always = "EIO"
    writer = make(calls=disk.calls, backlog_bytes=10, on_recovery=on_recovery, clock=lambda: 7.0)
    for _ in range(8):
        writer.put("f", b"abc\n")
    writer.flush()
    assert writer.dropped == 6
    disk.always = None
    writer.flush()
    assert gaps == [Gap(since=7.0, reason=f"cannot write {tmp_path / 'f'}: Input/output error", dropped=6)]
    assert (tmp_path / "f").read_bytes() == b"abc\nabc\ngap\n"


def test_a_lost_mount_that_comes_back(make: Make, tmp_path: Path) -> None:
    disk = FaultyDisk()
    disk.always = "ESTALE"
    writer = make(calls=disk.calls)
    writer.put("f", b"one\n")
    assert not writer.flush()
    disk.always = None
    assert writer.flush()
    assert (tmp_path / "f").read_bytes() == b"one\n"


def test_closing_writes_what_is_queued(make: Make, tmp_path: Path) -> None:
    writer = make()
    writer.put("f", b"one\n")
    writer.replace("whole", b"content")
    assert writer.close()
    assert (tmp_path / "f").read_bytes() == b"one\n"
    assert (tmp_path / "whole").read_bytes() == b"content"


def test_closing_on_a_full_disk_ends_and_says_what_is_given_up(make: Make, said: list[str]) -> None:
    disk = FaultyDisk()
    disk.always = "ENOSPC"
    writer = make(calls=disk.calls)
    writer.put("f", b"one\n")
    writer.put("f", b"two\n")
    assert not writer.close()
    assert "the last 2 lines" in said[-1]


def test_lines_after_closing_are_counted_as_dropped(make: Make) -> None:
    writer = make()
    writer.close()
    writer.put("f", b"one\n")
    assert writer.dropped == 1


def test_a_forked_child_is_mute_and_does_not_hang(make: Make, tmp_path: Path) -> None:
    writer = make()
    writer.put("f", b"parent\n")
    writer.flush()
    # What a fork leaves in the child: the object, another pid, and no thread.
    writer._pid += 1
    writer.put("f", b"child\n")
    assert not writer.flush()
    assert not writer.close()
    writer._pid -= 1
    assert writer.flush()
    assert (tmp_path / "f").read_bytes() == b"parent\n"


class TestReplacingAFile:
    def test_the_old_content_stays_until_the_new_is_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "run.json"
        path.write_bytes(b"old")
        with pytest.raises(OSError, match="No space"):
            replace_file(path, b"new content", FaultyDisk(4, "ENOSPC").calls)
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path], "no partial file is left"
        replace_file(path, b"new content", FaultyDisk(4).calls)
        assert path.read_bytes() == b"new content"

    def test_the_last_content_is_written_when_it_can_be(self, make: Make, tmp_path: Path) -> None:
        disk = FaultyDisk()
        disk.always = "ENOSPC"
        writer = make(calls=disk.calls)
        writer.replace("run.json", b"1")
        assert not writer.flush()
        writer.replace("run.json", b"2")
        disk.always = None
        assert writer.flush()
        assert (tmp_path / "run.json").read_bytes() == b"2"

    def test_at_the_end_a_full_disk_takes_the_last_content_in_the_room_of_the_old(
        self, make: Make, tmp_path: Path
    ) -> None:
        (tmp_path / "run.json").write_bytes(b"running")
        disk = FaultyDisk()
        disk.always = "ENOSPC"
        writer = make(calls=disk.calls)
        writer.replace("run.json", b"finished")
        writer.flush()
        assert (tmp_path / "run.json").read_bytes() == b"running"
        assert writer.close(240.0)
        assert (tmp_path / "run.json").read_bytes() == b"finished"
