"""Files and directories are replaced as a whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from seqsetvae.atomic_file import check_place, creating, remove_unused, replacing, write_whole


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    write_whole(tmp_path / "a", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"new")]


def test_what_was_there_is_there_after_an_error(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with pytest.raises(OSError, match="disk"), replacing(tmp_path / "a") as partial:  # noqa: PT012 - the block fails
        partial.write_bytes(b"half")
        raise OSError("the disk is full")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


@pytest.mark.parametrize("fails", [False, True])
def test_a_directory_appears_when_it_is_whole(tmp_path: Path, fails: bool) -> None:
    def build() -> None:
        with replacing(tmp_path / "run") as partial:
            partial.mkdir()
            (partial / "file").touch()
            assert not (tmp_path / "run").exists()
            if fails:
                raise OSError("the disk is full")

    if fails:
        with pytest.raises(OSError, match="disk"):
            build()
    else:
        build()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ([] if fails else ["file", "run"])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_the_error_names_the_file_and_says_what_the_system_says(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(number, "Detail of a library")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match=os.strerror(number)) as raised:
        write_whole(tmp_path / "a", b"new")
    assert (raised.value.errno, raised.value.filename) == (number, str(tmp_path / "a"))
    assert not list(tmp_path.iterdir())


def test_an_error_about_another_file_names_that_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised, replacing(tmp_path / "a"):
        (tmp_path / "source").read_bytes()
    assert raised.value.filename == str(tmp_path / "source")


def test_in_a_directory_that_is_gone_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(tmp_path / "gone" / "a", b"new")
    assert raised.value.filename == str(tmp_path / "gone" / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("used", [False, True])
def test_a_directory_goes_where_nothing_has_come_into_it(tmp_path: Path, used: bool) -> None:
    (tmp_path / "run").mkdir()
    if used:
        (tmp_path / "run" / "file").touch()
    remove_unused(tmp_path / "run")
    assert (tmp_path / "run").exists() is used


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_file_is_never_created_in_the_place_of_another_or_of_a_link(tmp_path: Path, when: str) -> None:
    target, other = tmp_path / "a", tmp_path / "other"
    if when == "before":
        target.symlink_to(other)
    with pytest.raises(FileExistsError), creating(target) as part:  # noqa: PT012 - the block fails
        part.write_bytes(b"new")
        target.symlink_to(other)
    assert not other.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_that_fills_its_disk_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space"), creating(tmp_path / "a") as part:  # noqa: PT012 - the block fails
        part.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_place_is_tried_without_a_trace(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    check_place(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1
    for place, error in ((tmp_path, IsADirectoryError), (tmp_path / "gone" / "a", FileNotFoundError)):
        with pytest.raises(error):
            check_place(place)
