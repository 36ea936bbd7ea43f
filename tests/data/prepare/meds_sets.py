"""MEDS data sets, written for the tests of this folder."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from seqsetvae.data.prepare.meds_tables import SUBJECT_SPLITS

ADMITTED = datetime(2020, 1, 1, 12, 0)

#: A subject, minutes since admission (None for what has no time), a code, and a value or None.
Row = tuple[int, float | None, str, float | None]


def at(minutes: float) -> datetime:
    """Return a time, in minutes since admission."""
    return ADMITTED + timedelta(minutes=minutes)


def write_table(path: Path, columns: Mapping[str, Any]) -> Path:
    """Write a parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def write_shard(root: Path, name: str, rows: Sequence[Row], **changes: Any) -> Path:
    """Write a shard; `changes` replace columns, or take them away when None."""
    columns = {
        "subject_id": pa.array([row[0] for row in rows], pa.int64()),
        "time": pa.array([None if row[1] is None else at(row[1]) for row in rows], pa.timestamp("us")),
        "code": pa.array([row[2] for row in rows], pa.string()),
        "numeric_value": pa.array([row[3] for row in rows], pa.float32()),
        **changes,
    }
    return write_table(
        root / "data" / f"{name}.parquet", {key: column for key, column in columns.items() if column is not None}
    )


def write_labels(path: Path, labels: Sequence[tuple[int, float, bool]], **changes: Any) -> Path:
    """Write labels: subject, minutes from admission to the prediction, and what happens."""
    columns = {
        "subject_id": pa.array([label[0] for label in labels], pa.int64()),
        "prediction_time": pa.array([at(label[1]) for label in labels], pa.timestamp("us")),
        "boolean_value": pa.array([label[2] for label in labels]),
        **changes,
    }
    return write_table(path, {key: column for key, column in columns.items() if column is not None})


def write_splits(root: Path, splits: Mapping[int, str]) -> Path:
    """Write who belongs to which split."""
    return write_table(root / SUBJECT_SPLITS, {"subject_id": list(splits), "split": list(splits.values())})


def write_set(root: Path, *, subjects: int = 12) -> Path:
    """Write two shards of subjects with a heart rate every minute and a presence event, and return their labels.

    Of four subjects two are in train and one in each other split.
    """
    for shard in range(2):
        rows: list[Row] = []
        for subject in range(shard, subjects, 2):
            rows += [(subject, None, "SEX//F", None), (subject, 0, "ADMISSION//ICU", None)]
            rows += [(subject, minute, "HR", 60.0 + subject + minute) for minute in range(1, 20)]
        write_shard(root, str(shard), rows)
    write_splits(root, {s: ("train", "tuning", "train", "held_out")[s // 2 % 4] for s in range(subjects)})
    return write_labels(root / "labels.parquet", [(s, 10, s % 3 == 0) for s in range(subjects)])
