"""A MEDS data set of any size whose events are noise: what counts is how many there are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SUBJECTS_PER_SHARD = 1000
SETS = 75
EVENTS_PER_SET = 6
CODES = 40
START = 1_577_836_800_000_000
MINUTE = 60_000_000


def write_meds(root: Path, subjects: int) -> Path:
    """Write shards and labels, without splits of its own; return the file of labels."""
    (root / "data").mkdir(parents=True)
    for first in range(0, subjects, SUBJECTS_PER_SHARD):
        _write_shard(root / "data" / f"{first}.parquet", first, min(SUBJECTS_PER_SHARD, subjects - first))
    ids = np.arange(subjects)
    labels = {
        "subject_id": ids,
        "prediction_time": pa.array(np.full(subjects, START + SETS * 60 * MINUTE), pa.timestamp("us")),
        "boolean_value": ids % 7 == 0,
    }
    pq.write_table(pa.table(labels), root / "labels.parquet")
    return root / "labels.parquet"


def _write_shard(path: Path, first: int, subjects: int) -> None:
    rng = np.random.default_rng(first)
    per_subject = SETS * EVENTS_PER_SET
    events = subjects * per_subject
    code = rng.integers(0, CODES, events)
    time = START + np.tile(np.repeat(np.arange(SETS), EVENTS_PER_SET), subjects) * 30 * MINUTE
    columns = {
        "subject_id": np.repeat(np.arange(first, first + subjects), per_subject),
        "time": pa.array(time, pa.timestamp("us")),
        "code": pa.DictionaryArray.from_arrays(code.astype(np.int32), [f"LAB//{number}" for number in range(CODES)]),
        "numeric_value": rng.normal(code + 1.0, 1.0).astype(np.float32),
    }
    pq.write_table(pa.table(columns), path)
