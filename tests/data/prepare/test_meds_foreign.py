"""Data sets made by the standard's own package and its generator go through preparation, and training opens them."""

import subprocess
import sysconfig
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from meds import schema as meds

from seqsetvae.data.packed_store import open_cohort
from seqsetvae.data.prepare import meds_tables
from seqsetvae.data.prepare.meds import prepare_meds
from seqsetvae.data.prepare.meds_selection import BIRTH, MedsPlan
from seqsetvae.data.prepare.splitting import SplitPlan
from tests.data.prepare.meds_sets import write_set


def test_names_are_the_standards() -> None:
    assert meds.data_subdirectory == meds_tables.DATA
    assert str(meds_tables.SUBJECT_SPLITS) == meds.subject_splits_filepath
    assert list(meds_tables.SPLIT_NAMES) == [meds.train_split, meds.tuning_split, meds.held_out_split]
    assert meds.birth_code == BIRTH


def test_the_tests_own_sets_are_of_the_standard(tmp_path: Path) -> None:
    labels = write_set(tmp_path)
    meds.LabelSchema.validate(pq.read_table(labels))
    meds.SubjectSplitSchema.validate(pq.read_table(tmp_path / meds.subject_splits_filepath))
    meds.DataSchema.validate(pq.read_table(tmp_path / "data" / "0.parquet"))


def test_the_static_sample_with_its_task(tmp_path: Path) -> None:
    from meds_testing_helpers.dataset import MEDSDataset  # type: ignore[import-untyped]
    from meds_testing_helpers.static_sample_data import (  # type: ignore[import-untyped]
        SIMPLE_STATIC_SHARDED_BY_SPLIT_WITH_TASKS,
    )

    MEDSDataset.from_yaml(SIMPLE_STATIC_SHARDED_BY_SPLIT_WITH_TASKS).write(tmp_path)
    labels = tmp_path / "task_labels"
    report = prepare_meds(tmp_path, labels, tmp_path / "out", meds=MedsPlan(min_count=2), split=SplitPlan(), jobs=1)
    given = pa.concat_tables([pq.read_table(file) for file in sorted(labels.rglob("*.parquet"))])
    assert report.total().patients == given.num_rows
    assert report.total().positive == pc.sum(given["boolean_value"]).as_py()
    assert {"HR", "TEMP", "HEIGHT", BIRTH} <= {variable.variable for variable in report.variables}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("generated") / "set"
    program = Path(sysconfig.get_path("scripts")) / "build_sample_MEDS_dataset"
    words = ["seed=1", "N_subjects=200", f"output_dir={root}", "dataset_spec/data_generator=sample"]
    done = subprocess.run([program, *words], cwd=root.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return root


def write_median_labels(root: Path) -> Path:
    """Predict at the middle of each subject's history; it is positive for every third."""
    events = pa.concat_tables([pq.read_table(shard) for shard in sorted((root / "data").rglob("*.parquet"))])
    timed = events.filter(pc.is_valid(events["time"]))
    times: dict[int, list[object]] = {}
    for subject, time in zip(timed["subject_id"].to_pylist(), timed["time"].to_pylist(), strict=True):
        times.setdefault(subject, []).append(time)
    table = pa.table(
        {
            "subject_id": pa.array(times, pa.int64()),
            "prediction_time": pa.array([its[len(its) // 2] for its in times.values()], pa.timestamp("us")),
            "boolean_value": [subject % 3 == 0 for subject in times],
        }
    )
    meds.LabelSchema.validate(table)
    path = root / "labels.parquet"
    pq.write_table(table, path)
    return path


def test_a_generated_set(generated: Path, tmp_path: Path) -> None:
    labels = write_median_labels(generated)
    report = prepare_meds(generated, labels, tmp_path / "out", meds=MedsPlan(), split=SplitPlan(), jobs=2)
    splits: Counter[str] = Counter(pq.read_table(generated / meds.subject_splits_filepath)["split"].to_pylist())
    assert sum(counts.patients for counts in report.splits.values()) <= sum(splits.values())
    assert report.splits["train"].patients > report.splits["test"].patients
    assert any(variable.variable.endswith("//NO_VALUE") for variable in report.variables)
    assert open_cohort(tmp_path / "out") is not None
