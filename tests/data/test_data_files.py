import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.data.data_files import data_files
from seqsetvae.errors import InputError


def names(directory: Path, *, nested: bool = False) -> set[str]:
    return {str(path.relative_to(directory)) for path, _ in data_files(directory, ".parquet", nested=nested)}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with data in upper and lower case, a directory below, and what is no data."""
    for name in ("0.parquet", "1.PARQUET", "._0.parquet", ".cache/0.parquet", "more/2.parquet", "more/.x/3.parquet"):
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path / "d"


def test_hidden_names_are_no_data_and_upper_case_is(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert names(directory, nested=True) == {"0.parquet", "1.PARQUET", "more/2.parquet"}
    assert not caplog.records


def test_what_is_left_out_is_counted(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("0.parquet~", "0.parquet.gz"):
        (directory / name).write_bytes(b"x")
    assert names(directory) == {"0.parquet", "1.PARQUET"}
    (record,) = caplog.records
    assert "3 entries are left out, since they are not *.parquet files (the first: 0.parquet.gz)" in record.getMessage()


def test_links_to_files_and_directories_are_followed(directory: Path) -> None:
    (directory.parent / "elsewhere").mkdir()
    (directory.parent / "elsewhere" / "4.parquet").write_bytes(b"x")
    (directory / "link").symlink_to("../elsewhere")
    (directory / "5.parquet").symlink_to("0.parquet")
    assert names(directory, nested=True) >= {"link/4.parquet", "5.parquet"}


BAD_ENTRIES: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: path.with_suffix("").symlink_to("."), "x leads back to a directory above it"),
    (lambda path: path.symlink_to("gone"), "x.parquet cannot be read (No such file or directory)"),
    (lambda path: path.symlink_to(path), "x.parquet cannot be read (Too many levels of symbolic links)"),
    (os.mkfifo, "x.parquet is not a regular file"),
    (lambda path: path.with_suffix("").symlink_to("gone"), "x cannot be read (No such file or directory)"),
]


@pytest.mark.parametrize(("make", "complaint"), BAD_ENTRIES)
def test_an_entry_that_cannot_be_read_is_one_sentence(
    directory: Path, make: Callable[[Path], object], complaint: str
) -> None:
    make(directory / "x.parquet")
    with pytest.raises(InputError) as caught:
        names(directory, nested=True)
    assert complaint in str(caught.value)


def test_a_directory_in_a_files_place_is_refused_where_nothing_is_nested(directory: Path) -> None:
    (directory / "x.parquet").mkdir()
    with pytest.raises(InputError, match=r"x\.parquet is not a regular file"):
        names(directory)


def test_a_directory_that_cannot_be_listed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone cannot be listed \(No such file or directory\)"):
        names(tmp_path / "gone")
