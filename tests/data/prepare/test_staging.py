from pathlib import Path

import pytest

from seqsetvae.data import layout
from seqsetvae.data.prepare.staging import PARTS, staged_output
from seqsetvae.errors import InputError


def write_parts(stage: Path, text: str) -> None:
    for name in PARTS:
        if name != layout.PATIENTS:
            (stage / name).write_text(text)
    (layout.split_directory(stage, "train") / f"{text}.parquet").write_text(text)


def produce(out: Path, text: str, *, force: bool = False) -> None:
    with staged_output(out, force=force) as stage:
        write_parts(stage, text)


def test_parts_appear_when_the_block_ends(tmp_path: Path) -> None:
    with staged_output(tmp_path / "deep" / "out") as stage:
        write_parts(stage, "one")
        assert [path.name for path in (tmp_path / "deep" / "out").iterdir()] == [stage.name]
    assert {path.name for path in (tmp_path / "deep" / "out").iterdir()} == set(PARTS)


def test_an_earlier_output_is_replaced_with_its_packed_store(tmp_path: Path) -> None:
    produce(tmp_path, "one")
    (tmp_path / ".seqsetvae").mkdir()
    produce(tmp_path, "two")
    assert [path.name for path in (tmp_path / "patient_ehr" / "train").iterdir()] == ["two.parquet"]
    assert not (tmp_path / ".seqsetvae").exists()


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    produce(tmp_path, "one")

    def fail_halfway() -> None:
        with staged_output(tmp_path) as stage:
            write_parts(stage, "two")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert (tmp_path / "stats.csv").read_text() == "one"
    assert {path.name for path in tmp_path.iterdir()} == set(PARTS)


def test_an_output_that_was_killed_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".partial-1").mkdir()
    produce(tmp_path, "one")
    assert (tmp_path / "stats.csv").exists()


def test_foreign_files_are_not_mixed_with(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(InputError, match=r"is not empty .* \(it holds thesis\.tex\); .* --force"):
        produce(tmp_path, "one")
    produce(tmp_path, "one", force=True)
    assert (tmp_path / "thesis.tex").exists()


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(InputError, match="out is a file"):
        produce(tmp_path / "out", "one")
    with pytest.raises(InputError, match=r"out.*: Not a directory; choose another place"):
        produce(tmp_path / "out" / "below", "one")
