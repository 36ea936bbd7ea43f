"""The tailer reads every whole line once, and lives through all that happens to files."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqsetvae.logs.tailer import Chunk, Tailer
from seqsetvae.small_file import open_nonblocking


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics.jsonl"


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def read_all(tailer: Tailer, max_bytes: int) -> list[Chunk]:
    """Poll until the tailer says that it is at the end."""
    chunks = [tailer.poll(max_bytes)]
    while not chunks[-1].at_end:
        assert len(chunks) < 10_000, "no progress"
        chunks.append(tailer.poll(max_bytes))
    return chunks


def lines_of(chunks: list[Chunk]) -> list[bytes]:
    return [line for chunk in chunks for line in chunk.lines]


class TestGrowing:
    def test_a_missing_file_is_nothing_yet(self, path: Path) -> None:
        tailer = Tailer(path)
        assert tailer.poll() == Chunk(missing=True)
        append(path, b"a\n")
        assert tailer.poll() == Chunk(data=b"a\n", offset=0)

    def test_a_last_line_without_newline_is_not_yet_a_line(self, path: Path) -> None:
        append(path, b"one\ntw")
        tailer = Tailer(path)
        assert tailer.poll() == Chunk(data=b"one\n", pending=2)
        assert tailer.poll() == Chunk(offset=4, pending=2)
        append(path, b"o\n")
        assert tailer.poll() == Chunk(data=b"two\n", offset=4)
        assert tailer.poll() == Chunk(offset=8)

    def test_a_file_that_has_not_grown_is_not_read_again(self, path: Path) -> None:
        append(path, b"one\n" + b"a long torn line" * 1000)
        asked: list[int] = []
        tailer = Tailer(path, opener=watching(asked))
        tailer.poll()
        asked.clear()
        assert tailer.poll().pending == 16_000
        assert asked == []

    def test_a_look_is_bounded_and_says_whether_there_is_more(self, path: Path) -> None:
        append(path, b"aaa\nbbb\nccc\n")
        tailer = Tailer(path)
        first = tailer.poll(max_bytes=9)
        assert (first.lines, first.at_end, first.next_offset) == ([b"aaa", b"bbb"], False, 8)
        assert tailer.poll(max_bytes=9).lines == [b"ccc"]

    def test_a_line_longer_than_a_look_is_read_whole(self, path: Path) -> None:
        append(path, b"x" * 1000 + b"\nend\n")
        assert lines_of(read_all(Tailer(path), max_bytes=10)) == [b"x" * 1000, b"end"]

    def test_carriage_returns_and_empty_lines_are_left_to_the_reader(self, path: Path) -> None:
        append(path, b"a\r\n\nb\n")
        assert Tailer(path).poll().lines == [b"a\r", b"", b"b"]

    @given(
        content=st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\n", b"\xff\x00"]), max_size=60).map(b"".join),
        data=st.data(),
    )
    def test_lines_survive_any_split_of_writes_and_looks(
        self, tmp_path_factory: pytest.TempPathFactory, content: bytes, data: st.DataObject
    ) -> None:
        path = tmp_path_factory.mktemp("split") / "f"
        tailer = Tailer(path)
        chunks: list[Chunk] = []
        rest = content
        while rest:
            size = data.draw(st.integers(1, len(rest)))
            append(path, rest[:size])
            rest = rest[size:]
            chunks += read_all(tailer, data.draw(st.integers(1, 20)))
        assert lines_of(chunks) == content.split(b"\n")[:-1]
        position = 0
        for chunk in chunks:
            assert chunk.offset == position
            assert content[chunk.offset : chunk.next_offset] == chunk.data
            position = chunk.next_offset


class TestStart:
    content = b"one\ntwo\nthree\n"

    @pytest.mark.parametrize(
        ("start", "lines", "offset"),
        [
            (0, [b"one", b"two", b"three"], 0),
            (1, [b"two", b"three"], 4),
            (3, [b"two", b"three"], 4),
            (4, [b"two", b"three"], 4),
            (5, [b"three"], 8),
            (14, [], 14),
            (-6, [b"three"], 8),
            (-7, [b"three"], 8),
            (-14, [b"one", b"two", b"three"], 0),
            (-99, [b"one", b"two", b"three"], 0),
        ],
    )
    def test_reading_begins_at_the_first_line_from_there(
        self, path: Path, start: int, lines: list[bytes], offset: int
    ) -> None:
        append(path, self.content)
        chunks = read_all(Tailer(path, start=start), max_bytes=100)
        assert lines_of(chunks) == lines
        assert chunks[-1].offset == offset
        assert sum(chunk.long_lines for chunk in chunks) == 0

    @given(start=st.integers(-40, 36), max_bytes=st.integers(1, 20))
    def test_any_start_gives_a_tail_of_the_lines(
        self, tmp_path_factory: pytest.TempPathFactory, start: int, max_bytes: int
    ) -> None:
        path = tmp_path_factory.mktemp("start") / "f"
        content = b"".join(b"%d\n" % (10**n) for n in range(7))
        append(path, content)
        lines = lines_of(read_all(Tailer(path, start=start), max_bytes))
        byte = start if start >= 0 else max(0, len(content) + start)
        begins = [len(b"".join(content.splitlines(True)[:n])) for n in range(8)]
        assert lines == content.splitlines()[sum(begin < byte for begin in begins) :]

    def test_a_start_beyond_the_end_is_a_file_that_shrank(self, path: Path) -> None:
        append(path, b"one\n")
        clock = Clock()
        tailer = Tailer(path, start=100, clock=clock)
        assert tailer.poll().data == b""
        clock.now += 1.0
        assert tailer.poll() == Chunk(data=b"one\n", reset=True)


class TestReplacement:
    """A file that was cut or replaced is read anew, but only after a second look: NFS clients lag."""

    def read_two_lines(self, path: Path, clock: Clock) -> Tailer:
        append(path, b"one\ntwo\n")
        tailer = Tailer(path, clock=clock)
        assert tailer.poll().lines == [b"one", b"two"]
        return tailer

    def test_a_file_that_shrank(self, path: Path) -> None:
        clock = Clock()
        tailer = self.read_two_lines(path, clock)
        path.write_bytes(b"new\n")
        assert tailer.poll() == Chunk(offset=8)
        clock.now += 0.5
        assert not tailer.poll().reset
        clock.now += 0.5
        assert tailer.poll() == Chunk(data=b"new\n", reset=True)
        assert tailer.poll() == Chunk(offset=4)

    def test_another_file_under_the_name(self, path: Path) -> None:
        clock = Clock()
        tailer = self.read_two_lines(path, clock)
        other = path.with_name("other")
        other.write_bytes(b"one\nTWO\nthree\n")
        other.replace(path)
        assert tailer.poll().data == b""
        clock.now += 1.0
        assert tailer.poll() == Chunk(data=b"one\nTWO\nthree\n", reset=True)

    def test_a_file_cut_and_grown_again_past_the_place(self, path: Path) -> None:
        clock = Clock()
        tailer = self.read_two_lines(path, clock)
        path.write_bytes(b"something else\n")
        assert tailer.poll().data == b""
        clock.now += 1.0
        assert tailer.poll() == Chunk(data=b"something else\n", reset=True)

    def test_a_passing_sign_is_forgotten(self, path: Path) -> None:
        clock = Clock()
        tailer = self.read_two_lines(path, clock)
        path.write_bytes(b"one\n")
        assert tailer.poll().data == b""
        path.write_bytes(b"one\ntwo\nthree\n")
        clock.now += 5.0
        assert tailer.poll() == Chunk(data=b"three\n", offset=8)
        path.write_bytes(b"one\n")
        assert not tailer.poll().reset, "the earlier sign does not count as the first look"

    def test_a_file_that_vanishes_and_comes_back_grown_is_continued(self, path: Path) -> None:
        tailer = self.read_two_lines(path, Clock())
        away = path.rename(path.with_name("away"))
        assert tailer.poll() == Chunk(offset=8, missing=True)
        append(away, b"three\n")
        away.rename(path)
        assert tailer.poll() == Chunk(data=b"three\n", offset=8)


class TestLongLines:
    def test_a_line_over_the_cap_is_skipped_and_counted_once(self, path: Path) -> None:
        append(path, b"a\n" + b"x" * 1000 + b"\nb\n")
        chunks = read_all(Tailer(path, max_line=64), max_bytes=16)
        assert lines_of(chunks) == [b"a", b"b"]
        assert sum(chunk.long_lines for chunk in chunks) == 1

    def test_it_is_skipped_while_it_still_grows(self, path: Path) -> None:
        tailer = Tailer(path, max_line=64)
        chunks: list[Chunk] = []
        for _ in range(10):
            append(path, b"x" * 50)
            chunks += read_all(tailer, max_bytes=16)
        append(path, b"\nb\n")
        chunks += read_all(tailer, max_bytes=16)
        assert lines_of(chunks) == [b"b"]
        assert sum(chunk.long_lines for chunk in chunks) == 1

    def test_a_file_without_newlines_is_never_held_in_memory(self, path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(50 << 20)
        asked: list[int] = []
        tailer = Tailer(path, max_line=1 << 20, opener=watching(asked))
        chunks = read_all(tailer, max_bytes=1 << 20)
        assert max(asked) <= 1 << 20
        assert sum(chunk.long_lines for chunk in chunks) == 1


class TestProblems:
    """What goes wrong is a sentence in the chunk; the next look tries again."""

    @pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
    def test_an_error_is_a_sentence_and_passes(self, path: Path, number: int) -> None:
        append(path, b"one\n")
        fails = True

        def opener(path: Path) -> BinaryIO:
            if fails:
                raise OSError(number, os.strerror(number), str(path))
            return open_nonblocking(path)

        tailer = Tailer(path, opener=opener)
        assert tailer.poll().problem == f"cannot read {path}: {os.strerror(number)}; trying again"
        fails = False
        assert tailer.poll() == Chunk(data=b"one\n")

    def test_an_error_while_reading_loses_nothing(self, path: Path) -> None:
        append(path, b"one\n")
        tailer = Tailer(path)
        tailer.poll()
        append(path, b"two\n")
        broken = Tailer(path, start=4, fstat=_failing_once())
        assert broken.poll().problem is not None
        assert broken.poll().lines == [b"two"]

    def test_a_directory_in_the_files_place(self, path: Path) -> None:
        path.mkdir()
        problem = Tailer(path).poll().problem
        assert problem is not None
        assert str(path) in problem

    @pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a system that lists a process's open files")
    def test_whatever_cannot_be_read_is_left_closed(self, path: Path) -> None:
        path.mkdir()
        tailer, before = Tailer(path), len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            tailer.poll()
        assert len(list(Path("/proc/self/fd").iterdir())) == before

    def test_a_named_pipe_in_the_files_place_does_not_block(self, path: Path) -> None:
        os.mkfifo(path)
        assert Tailer(path).poll().problem == f"{path} is not a regular file; nothing is read from it"


class _Watched(io.FileIO):
    """A file that notes how many bytes it was asked for."""

    asked: list[int]

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(-1 if size is None else size)
        return super().read(size) or b""


def watching(asked: list[int]) -> Callable[[Path], BinaryIO]:
    """An opener whose files add to `asked` how many bytes each read wants."""

    def opener(path: Path) -> BinaryIO:
        file = _Watched(path)
        file.asked = asked
        return file

    return opener


def _failing_once() -> Callable[[int], os.stat_result]:
    failures = [OSError(errno.EIO, "Input/output error")]

    def fstat(fd: int) -> os.stat_result:
        if failures:
            raise failures.pop()
        return os.fstat(fd)

    return fstat
