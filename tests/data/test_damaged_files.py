"""Every file that a reader of data takes, damaged: it is read, or refused in a sentence."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqsetvae.cli.train import main as train_main
from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.patient_file import read_patient
from seqsetvae.data.prepare import meds_tables
from seqsetvae.data.prepare.meds_columns import Clock
from seqsetvae.data.prepare.physionet2012 import Stay, read_stay
from seqsetvae.data.prepare.physionet2012_sets import read_outcomes
from seqsetvae.data.tables import read_embeddings, read_labels, read_scaling
from seqsetvae.errors import InputError
from tests.data.cohorts import EVENTS, write_cohort, write_patient, write_tables
from tests.data.prepare import meds_sets, raw_sets

#: Pieces that programs stumble over.
AWKWARD = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x80\x80\x80\x80", b"\x7f\xff\xff\xff", b"PAR1"),
    *(b"\r", b"\n", b"\t", b";", b'"', b"-", b"1_0", b"1e400", b"NaN", b"null", b"9" * 400, b"[" * 40, b"&a *a"),
)

#: Where (a share of the length), how many bytes are taken out, and what is put in.
Edit = tuple[float, int, bytes]
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(AWKWARD) | st.binary(max_size=4)),
    min_size=1,
    max_size=6,
)


def edited(content: bytes, edits: list[Edit]) -> bytes:
    """Return the content with pieces replaced."""
    for where, length, piece in edits:
        start = int(where * len(content))
        content = content[:start] + piece + content[start + length :]
    return content


def read_two_embeddings(path: Path) -> object:
    return read_embeddings(path, ("HR", "pH"))


def read_one_stay(path: Path) -> object:
    return read_stay(Stay(path=path, split="train", label=0))


def read_shard(path: Path) -> object:
    clock = Clock(zoned=False, labels=path)
    return [list(meds_tables.read_subjects(piece, clock)) for piece in meds_tables.pieces_of(path)]


def read_splits(path: Path) -> object:
    return meds_tables.read_splits(path.parent.parent)


def read_config(path: Path) -> None:
    assert train_main(["--config", str(path), "--data_dir", "x", "--print_config"]) in (0, 2)


def patient(root: Path) -> Path:
    return write_patient(root / "1.parquet", EVENTS, set_index=[0, 1, 1, 2, 2])


def table(root: Path, name: str) -> Path:
    write_tables(root, {"100": 0, "101": 1})
    return root / name


def embeddings(root: Path) -> Path:
    (root / "cached.csv").write_text("Key,0,1\nHR,1,2\npH,3,4\n")
    return root / "cached.csv"


def config(root: Path) -> Path:
    path = root / "train.yaml"
    path.write_bytes((Path(__file__).parents[2] / "examples" / "train.yaml").read_bytes())
    return path


READERS: dict[str, tuple[Callable[[Path], Path], Callable[[Path], object]]] = {
    "patient": (patient, read_patient),
    "scales": (lambda root: table(root, "stats.csv"), read_scaling),
    "labels": (lambda root: table(root, "oc.csv"), read_labels),
    "embeddings": (embeddings, read_two_embeddings),
    "stay": (lambda root: raw_sets.write_stay(root / "1.txt", ["00:07,HR,73"]), read_one_stay),
    "outcomes": (lambda root: raw_sets.write_set(root, "a").parent / "Outcomes-a.txt", read_outcomes),
    "MEDS shard": (lambda root: meds_sets.write_shard(root, "0", [(0, 1, "HR", 1.0), (1, 1, "K", None)]), read_shard),
    "MEDS labels": (meds_sets.write_set, meds_tables.read_labels),
    "MEDS splits": (lambda root: meds_sets.write_splits(root, {0: "train", 1: "tuning"}), read_splits),
    "settings": (config, read_config),
}


@pytest.mark.parametrize("name", READERS)
@given(edits=EDITS)
@settings(max_examples=40)
def test_a_damaged_file_is_read_or_refused(
    name: str, tmp_path_factory: pytest.TempPathFactory, edits: list[Edit]
) -> None:
    make, read = READERS[name]
    path = make(tmp_path_factory.mktemp("damaged"))
    path.write_bytes(edited(path.read_bytes(), edits))
    with io.StringIO() as nowhere, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", nowhere)
        patch.setattr("sys.stderr", nowhere)
        with contextlib.suppress(InputError):
            read(path)


@given(edits=EDITS, number=st.integers(0, 99))
@settings(max_examples=20)
def test_a_damaged_store_is_built_again_or_refused(
    tmp_path_factory: pytest.TempPathFactory, edits: list[Edit], number: int
) -> None:
    root = write_cohort(tmp_path_factory.mktemp("damaged"))
    files = sorted(path for path in open_cohort(root).store.rglob("*") if path.is_file())
    path = files[number % len(files)]
    path.write_bytes(edited(path.read_bytes(), edits))
    cohort = open_cohort(root)
    for split in (cohort.train, cohort.valid, cohort.test):
        for index in range(len(split)):
            with contextlib.suppress(InputError):
                _ = split[index]
