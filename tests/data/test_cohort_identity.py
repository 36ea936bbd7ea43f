"""What is other data, and what is the same in other files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.data.cohort_identity import cohort_identity
from seqsetvae.data.packed_store import open_cohort
from tests.data.cohorts import STATS, patient_path, write_tables

LABELS = {str(number): (number - 100) % 3 % 2 for number in range(100, 109)}


def swap_patients(root: Path) -> None:
    aside = root / "aside.parquet"
    patient_path(root, "train", "100").rename(aside)
    patient_path(root, "test", "106").rename(patient_path(root, "train", "106"))
    aside.rename(patient_path(root, "test", "100"))


DIFFERENCES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "another std": (lambda root: write_tables(root, LABELS, {**STATS, "HR": (80.0, 12.0)}), {"scales"}),
    "another variable": (lambda root: write_tables(root, LABELS, {**STATS, "K": (4.0, 1.0)}), {"scales", "vocabulary"}),
    "another label": (lambda root: write_tables(root, {**LABELS, "100": 1}), {"labels"}),
    "other splits": (swap_patients, {"splits"}),
    "rows in another order": (lambda root: write_tables(root, dict(reversed(LABELS.items()))), set()),
    "another spelling": (
        lambda root: write_tables(root, {f"{name}.0": label for name, label in LABELS.items()}),
        set(),
    ),
}


@pytest.mark.parametrize(("change", "names"), DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_what_differs_is_named(data_dir: Path, change: Callable[[Path], object], names: set[str]) -> None:
    write_tables(data_dir, LABELS)
    before = cohort_identity(open_cohort(data_dir))
    change(data_dir)
    after = cohort_identity(open_cohort(data_dir))
    assert {name for name in before if before[name] != after[name]} == names


def test_a_directory_that_moved_is_the_same_data(data_dir: Path) -> None:
    before = cohort_identity(open_cohort(data_dir))
    moved = Path(shutil.move(data_dir, data_dir.with_name("moved")))
    assert cohort_identity(open_cohort(moved)) == before
