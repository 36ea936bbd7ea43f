"""A file of bytes that grows, is cut, is replaced or cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import pytest

from seqsetvae.logs.growing_file import GrowingFile
from tests.logs.reading import Clock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_bytes_stay_until_their_owner_leaves_them_behind(path: Path) -> None:
    path.write_bytes(b"abcdef")
    file = GrowingFile(path, clock=Clock())
    assert file.read(4).data == b"abcd"
    file.advance(2)
    piece = file.read(10)
    assert (piece.data, piece.offset, piece.size) == (b"cdef", 2, 6)


def test_a_negative_start_counts_from_the_end_of_the_first_look(path: Path) -> None:
    path.write_bytes(b"abcdef")
    file = GrowingFile(path, start=-2, clock=Clock())
    assert file.read(10).data == b"ef"
    path.write_bytes(b"abcdefgh")
    assert file.read(10).data == b"efgh"


def test_a_cut_or_replaced_file_is_believed_at_the_second_look(path: Path) -> None:
    clock = Clock()
    path.write_bytes(b"abcdef")
    file = GrowingFile(path, clock=clock)
    file.advance(len(file.read(10).data))
    path.unlink()
    path.write_bytes(b"xy")
    piece = file.read(10)
    assert (piece.data, piece.reset) == (b"", False)
    clock.now += 1
    piece = file.read(10)
    assert (piece.data, piece.offset, piece.reset) == (b"xy", 0, True)
    assert not file.read(10).reset


def test_what_is_missing_or_no_file_is_reported(path: Path) -> None:
    assert GrowingFile(path, clock=Clock()).read(10).missing
    os.mkfifo(path)
    assert f"{path} is not a regular file" in (GrowingFile(path, clock=Clock()).read(10).problem or "")


def test_a_file_that_cannot_be_read_is_reported(path: Path) -> None:
    def refuse(path: Path) -> BinaryIO:
        raise PermissionError(13, "Permission denied")

    problem = GrowingFile(path, clock=Clock(), opener=refuse).read(10).problem
    assert problem == f"cannot read {path}: Permission denied; trying again"
