"""Lines of a text, of which none may be so long that it takes the memory."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from seqsetvae.errors import InputError
from seqsetvae.text_lines import text_lines


def read(path: Path, *, longest: int = 10) -> list[str]:
    with text_lines(path, longest=longest) as lines:
        return list(lines)


def test_lines_keep_their_ends(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes("a\nb\r\nσ²\rlast".encode())
    assert read(path) == ["a\n", "b\r\n", "σ²\r", "last"]


def test_a_line_of_the_longest_length_is_read_and_the_next_longer_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x\n" + "y" * 9 + "\n")
    assert read(path) == ["x\n", "y" * 9 + "\n"]
    path.write_text("x\n" + "y" * 10 + "\n")
    with pytest.raises(InputError, match="a:2: the line is longer than 10 characters"):
        read(path)


def test_a_line_without_an_end_costs_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(500 << 20)
    tracemalloc.start()
    with pytest.raises(InputError, match="a:1: the line is longer"):
        read(path, longest=1 << 20)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(InputError, match=f"{name} is not a regular file"):
            read(tmp_path / name)
