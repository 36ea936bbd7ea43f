"""A disk that fails under a conversion: one sentence, nothing left of it, and an earlier result as it was."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from seqsetvae.data.prepare import conversion
from seqsetvae.data.prepare.conversion_report import PrepareReport
from seqsetvae.data.prepare.meds import prepare_meds
from seqsetvae.data.prepare.meds_selection import MedsPlan
from seqsetvae.data.prepare.physionet2012 import prepare_physionet2012
from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic
from seqsetvae.data.prepare.value_spool import ValueSpool
from seqsetvae.errors import InputError
from tests.data.prepare.meds_sets import write_labels, write_shard
from tests.data.prepare.raw_sets import write_set

ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO]
WRITERS = [
    (pq, "write_table"),
    (ValueSpool, "add"),
    (conversion, "_write_csv"),
    (PrepareReport, "write"),
    (Path, "rename"),
]

Convert = Callable[[Path, Path], object]


def synthetic(source: Path, out: Path) -> object:
    return prepare_synthetic(out, cohort=CohortPlan(patients=20, mean_sets=3.0), shares=SplitPlan(), jobs=1)


def physionet2012(source: Path, out: Path) -> object:
    write_set(source, "a")
    return prepare_physionet2012([source], out, plan=SplitPlan(), jobs=1)


def meds(source: Path, out: Path) -> object:
    write_shard(source, "0", [(subject, float(subject), "HR", 80.0) for subject in range(20)])
    labels = write_labels(source / "labels.parquet", [(subject, 100.0, subject % 2 == 0) for subject in range(20)])
    plan = MedsPlan(min_count=1)
    return prepare_meds(source, labels, out, meds=plan, split=SplitPlan(), jobs=1)


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def failing(number: int) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(number, "Error writing bytes to file")  # as pyarrow has it, which names no file

    return fail


@pytest.mark.parametrize("convert", [synthetic, physionet2012, meds])
def test_every_converter_says_it_in_one_sentence(
    tmp_path: Path, convert: Convert, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    convert(tmp_path / "source", tmp_path / "works")
    write = pq.write_table

    def fill(table: Any, where: Path, **options: Any) -> None:
        if Path(where).is_relative_to(out):
            raise OSError(errno.ENOSPC, "Error writing bytes to file")
        write(table, where, **options)

    monkeypatch.setattr(pq, "write_table", fill)
    with pytest.raises(InputError, match=rf"^{out}: No space left on device; free some space"):
        convert(tmp_path / "source", out)
    assert not out.exists()


@pytest.mark.parametrize("number", ERRORS)
@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer[1])
def test_whatever_fails_an_earlier_result_stays(
    tmp_path: Path, writer: tuple[Any, str], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthetic(tmp_path, tmp_path / "out")
    before = contents(tmp_path / "out")
    monkeypatch.setattr(*writer, failing(number))
    with pytest.raises(InputError, match=rf"^{tmp_path / 'out'}: {os.strerror(number)}; "):
        synthetic(tmp_path, tmp_path / "out")
    assert contents(tmp_path / "out") == before


def test_a_part_that_cannot_be_put_in_place_leaves_the_earlier_one_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthetic(tmp_path, tmp_path / "out")
    before = contents(tmp_path / "out")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "patient_ehr" and path.parent.name.startswith(".partial-"):
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(InputError, match="Input/output error"):
        synthetic(tmp_path, tmp_path / "out")
    assert contents(tmp_path / "out").keys() == before.keys()


def test_a_source_that_cannot_be_read_is_the_one_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.EIO, "Input/output error", str(tmp_path / "set-a" / "1000.txt"))

    monkeypatch.setattr("seqsetvae.data.prepare.conversion.map_in_order", fail)
    with pytest.raises(InputError, match=r"1000\.txt: Input/output error; check the disk"):
        synthetic(tmp_path, tmp_path / "out")
