"""Files and directories are replaced as a whole, or not at all."""

from pathlib import Path

import pytest

from seqsetvae.atomic_file import replacing, write_whole


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
