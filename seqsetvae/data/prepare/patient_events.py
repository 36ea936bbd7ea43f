"""The events of one converted patient, and the summary of a chunk of patients.

A converter turns sources into `PatientEvents`; everything after that (parquet, scaling, labels, report) is the same
for all converters. Chunks are converted in worker processes, which write the parquet files and send back only this
summary and the bare values.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from seqsetvae.data import layout
from seqsetvae.data.layout import Split
from seqsetvae.data.patient_file import LARGEST_VALUE
from seqsetvae.errors import InputError

SCHEMA = pa.schema(
    [("variable", pa.dictionary(pa.int32(), pa.string())), ("value", pa.float32()), ("minute", pa.float64())]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientEvents:
    """One patient's events, sorted by minute.

    Attributes:
        patient_id: Names the file.
        split: Where the patient belongs.
        label: 0 or 1.
        variable: `[events]` names.
        value, minute: `[events]`; values are kept in single precision, minutes exactly.
    """

    patient_id: str
    split: Split
    label: int
    variable: Sequence[str]
    value: NDArray[np.float64]
    minute: NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class SplitCounts:
    """How much a split holds."""

    patients: int = 0
    positive: int = 0
    events: int = 0
    sets: int = 0
    largest_set: int = 0
    most_sets: int = 0
    fewest_events: int | None = None
    most_events: int = 0

    def add(self, other: "SplitCounts") -> None:
        """Add what another chunk of the same split holds."""
        self.patients += other.patients
        self.positive += other.positive
        self.events += other.events
        self.sets += other.sets
        self.largest_set = max(self.largest_set, other.largest_set)
        self.most_sets = max(self.most_sets, other.most_sets)
        self.most_events = max(self.most_events, other.most_events)
        fewest = [count for count in (self.fewest_events, other.fewest_events) if count is not None]
        self.fewest_events = min(fewest, default=None)


@dataclass(slots=True, kw_only=True)
class ChunkSummary:
    """What a worker sends back about the patients that it wrote.

    Attributes:
        files: How many sources were read.
        counts: Per split.
        values: Per (variable is of the train split, variable name): all values.
        labels: Id and label of every patient that was written.
        notes: How often something was left out, by reason.
    """

    files: int = 0
    counts: dict[Split, SplitCounts] = field(default_factory=dict)
    values: dict[tuple[bool, str], NDArray[np.float32]] = field(default_factory=dict)
    labels: list[tuple[str, int]] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    def note(self, reason: str, count: int = 1) -> None:
        """Count something that was left out."""
        self.notes[reason] = self.notes.get(reason, 0) + count


NO_EVENTS = "patients without a single event"


def write_patients(stage: Path, patients: Iterable[PatientEvents]) -> ChunkSummary:
    """Write one parquet file per patient below `stage` and add them up; patients without events are left out.

    Raises:
        InputError: a value is too large for single precision.
    """
    summary = ChunkSummary()
    pieces: defaultdict[tuple[bool, str], list[NDArray[np.float32]]] = defaultdict(list)
    for patient in patients:
        if not len(patient.variable):
            summary.note(NO_EVENTS)
            continue
        codes, names = _encode(patient.variable)
        value = _single_precision(patient)
        columns = [pa.DictionaryArray.from_arrays(codes, names), value, patient.minute]
        table = pa.table(columns, schema=SCHEMA)
        target = layout.split_directory(stage, patient.split) / f"{patient.patient_id}.parquet"
        # Statistics would double a file of 400 rows, and nothing reads them.
        pq.write_table(table, target, compression="zstd", write_statistics=False)
        summary.labels.append((patient.patient_id, patient.label))
        summary.counts.setdefault(patient.split, SplitCounts()).add(_count(patient))
        for code, name in enumerate(names):
            pieces[patient.split == "train", name].append(value[codes == code])
    summary.values = {key: np.concatenate(values) for key, values in pieces.items()}
    return summary


def _single_precision(patient: PatientEvents) -> NDArray[np.float32]:
    beyond = np.flatnonzero(np.abs(patient.value) > LARGEST_VALUE)
    if beyond.size:
        event = int(beyond[0])
        raise InputError(
            "Patient {id}: the value of {variable} at minute {minute:.0f} is {value}, but must lie within "
            "±{largest:.6g}; drop the row or correct it.",
            id=patient.patient_id, variable=patient.variable[event], minute=patient.minute[event],
            value=patient.value[event], largest=LARGEST_VALUE,
        )  # fmt: skip
    return patient.value.astype(np.float32)


def _encode(names: Sequence[str]) -> tuple[NDArray[np.int32], list[str]]:
    """Number the names in the order of their first appearance."""
    numbers: dict[str, int] = {}
    codes = np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int32)
    return codes, list(numbers)


def _count(patient: PatientEvents) -> SplitCounts:
    starts = np.flatnonzero(np.diff(patient.minute, prepend=-np.inf))
    sizes = np.diff(starts, append=patient.minute.size)
    events = patient.minute.size
    return SplitCounts(
        patients=1,
        positive=patient.label,
        events=events,
        sets=starts.size,
        largest_set=int(sizes.max()),
        most_sets=starts.size,
        fewest_events=events,
        most_events=events,
    )
