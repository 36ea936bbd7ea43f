"""Which splits have one label, and what is said of them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from seqsetvae.data.packed_store import open_cohort
from seqsetvae.training.one_class import one_class_notices, validation_has_one_class
from tests.training_runs import settings


@pytest.mark.parametrize(
    ("limit", "one_class"),
    [(1.0, False), (0.5, True), (0.75, False), (2.0, True), (3.0, False), (50.0, False)],
)
def test_validation_that_is_cut_short_may_see_one_label_where_the_split_has_two(
    tiny_cohort: Path, tmp_path: Path, limit: float, one_class: bool
) -> None:
    """Validation sees the longest patients first: here the four longest of seven, in batches of two, have label 0."""
    valid = open_cohort(tiny_cohort).valid
    longest_first = np.argsort(-valid.set_counts, kind="stable")
    ids = [path.stem for path in sorted((tiny_cohort / "patient_ehr").glob("*/*.parquet"))]
    negative = {valid.patient_ids[place] for place in longest_first[:4]}
    rows = [f"{name},{int(name not in negative)}" for name in ids]
    table = tmp_path / "oc.csv"
    table.write_text("\n".join(["ts_id,in_hospital_mortality", *rows, ""]))
    config = settings(tiny_cohort, tmp_path, batch_size=2, limit_val_batches=limit)
    cohort = open_cohort(tiny_cohort, label_path=table)
    assert validation_has_one_class(cohort, config) is one_class
    said = " ".join(one_class_notices(cohort, config))
    assert ("All 4 patients that validation sees have label 0" in said) is one_class


def test_only_what_a_run_uses_is_named(tiny_cohort: Path, tmp_path: Path) -> None:
    table = tmp_path / "oc.csv"
    ids = [path.stem for path in (tiny_cohort / "patient_ehr").glob("*/*.parquet")]
    table.write_text("\n".join(["ts_id,in_hospital_mortality", *(f"{name},1" for name in ids), ""]))
    cohort = open_cohort(tiny_cohort, label_path=table)
    training = settings(tiny_cohort, tmp_path)
    for changes, splits in (
        ({}, ("train split", "validation sees")),
        ({"test_after_training": True}, ("train split", "validation sees", "test split")),
        ({"test_checkpoint": "a.ckpt"}, ("test split",)),
    ):
        notices = one_class_notices(cohort, dataclasses.replace(training, **changes))
        assert len(notices) == len(splits)
        for notice, split in zip(notices, splits, strict=True):
            assert split in notice
            assert "label 1" in notice
