"""A small file on a full disk takes its new content or keeps its old one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import orjson
import pytest

from seqsetvae.stream.overwriting import overwrite


@pytest.mark.parametrize("old", [b"{}", b'{"state": "running", "reason": null}' + b" " * 100])
def test_the_new_content_is_read_whatever_the_lengths(tmp_path: Path, old: bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(old)
    assert overwrite(path, b'{"state": "failed"}')
    assert orjson.loads(path.read_bytes()) == {"state": "failed"}


def test_where_there_is_no_room_the_old_content_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b"{}")
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        return write(descriptor, data[:4])

    monkeypatch.setattr(os, "write", half)
    assert not overwrite(path, b'{"state": "failed"}')
    assert path.read_bytes() == b"{}"

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert not overwrite(path, b'{"state": "failed"}')
    assert path.read_bytes() == b"{}"


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert not overwrite(tmp_path / "run.json", b"{}")
    assert not list(tmp_path.iterdir())
