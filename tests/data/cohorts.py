"""Small cohorts in the exchange layout, written for the tests of this folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from seqsetvae.data.layout import SPLITS, Split

Events = Sequence[tuple[str, float, float]]

STATS = {"HR": (80.0, 10.0), "Temp": (37.0, 0.5), "pH": (7.4, 0.1)}

EVENTS: Events = [("HR", 90, 0), ("Temp", 38, 0), ("HR", 70, 60), ("HR", 85, 120), ("pH", 7.3, 120)]


def write_patient(path: Path, events: Events, *, set_index: Sequence[int] | None = None) -> Path:
    """Write one patient's events (variable, value, minute)."""
    columns: dict[str, list[str] | list[float] | list[int]] = {
        "variable": [name for name, _, _ in events],
        "value": [float(value) for _, value, _ in events],
        "minute": [float(minute) for _, _, minute in events],
    }
    if set_index is not None:
        columns["set_index"] = list(set_index)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def write_tables(root: Path, labels: Mapping[str, object], stats: Mapping[str, tuple[float, float]] = STATS) -> None:
    """Write stats.csv and oc.csv."""
    rows = "".join(f"{name},{mean},{std}\n" for name, (mean, std) in stats.items())
    (root / "stats.csv").write_text(f"variable,mean,std\n{rows}")
    rows = "".join(f"{patient_id},{label}\n" for patient_id, label in labels.items())
    (root / "oc.csv").write_text(f"ts_id,in_hospital_mortality\n{rows}")


def patient_path(root: Path, split: Split, patient_id: str) -> Path:
    """Return where a patient's file belongs."""
    return root / "patient_ehr" / split / f"{patient_id}.parquet"


def write_cohort(root: Path, *, patients_per_split: int = 3) -> Path:
    """Write a cohort whose patients, numbered from 100, have 1, 2, 3, … times the events of `EVENTS`, hours apart."""
    labels = {}
    number = 100
    for split in SPLITS:
        for position in range(patients_per_split):
            events = [
                (name, value, minute + 1000 * repeat)
                for repeat in range(position + 1)
                for name, value, minute in EVENTS
            ]
            write_patient(patient_path(root, split, str(number)), events)
            labels[str(number)] = position % 2
            number += 1
    write_tables(root, labels)
    return root
