"""The tables of the Medical Event Data Standard 0.4: events in shards, labels, and who belongs to which split.

    MEDS_DIR/data/**/*.parquet                    subject_id, time, code, numeric_value; a subject is in one shard
    MEDS_DIR/metadata/subject_splits.parquet      subject_id, split; optional
    LABELS.parquet, or a directory of such files  subject_id, prediction_time, boolean_value

Arnrich et al. 2024, https://medical-event-data-standard.github.io; `time` is null for what does not change.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from seqsetvae.data.data_files import data_files
from seqsetvae.data.layout import Split, variable_name
from seqsetvae.data.parquet_file import parquet_file
from seqsetvae.data.prepare.meds_columns import Clock, read_columns, refuse_empty_cells, typed_columns
from seqsetvae.errors import InputError

DATA = "data"
SUBJECT_SPLITS = Path("metadata") / "subject_splits.parquet"
SPLIT_NAMES: Mapping[str, Split] = {"train": "train", "tuning": "valid", "held_out": "test"}

#: The time of static events: before everything else.
STATIC = np.iinfo(np.int64).min

#: Rows read at once: some ten megabytes.
BATCH_ROWS = 1 << 16

#: Rows from which on a piece of a shard ends: what a worker does at a time, however large the shard is.
PIECE_ROWS = 1 << 20

_MICROSECONDS = pa.timestamp("us")
_EVENT_TYPES = {"subject_id": pa.int64(), "time": _MICROSECONDS, "code": pa.string(), "numeric_value": pa.float64()}
_SUBJECT_TYPE = {"subject_id": pa.int64()}
_LABEL_TYPES = {"subject_id": pa.int64(), "prediction_time": _MICROSECONDS, "boolean_value": pa.bool_()}
_SPLIT_TYPES = {"subject_id": pa.int64(), "split": pa.string()}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectEvents:
    """One subject's events in the order of the shard.

    Attributes:
        subject: The subject's id.
        time: `[events]` microseconds since 1970, `STATIC` where there is none.
        code: `[events]` names, as objects, spelled by `variable_name`; some may be empty.
        value: `[events]`; NaN where the event has no finite value.
    """

    subject: int
    time: NDArray[np.int64]
    code: NDArray[np.object_]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Label:
    """What is to be predicted of a subject: at which time (microseconds since 1970), and whether it happens."""

    time: int
    positive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardPiece:
    """Some subjects of a shard and the row groups that hold their rows, among others' rows."""

    shard: Path
    row_groups: range
    subjects: Sequence[int] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelTable:
    """All labels of a task: every subject's in order of time, and their clock."""

    clock: Clock
    by_subject: Mapping[int, list[Label]] = field(repr=False)


def find_shards(meds_dir: Path) -> list[Path]:
    """Find the shards of a data set, in order of their names.

    Raises:
        InputError: there is none.
    """
    if not meds_dir.is_dir():
        raise InputError(
            "There is no directory {path}; name the one that holds {name}/ and metadata/.", path=meds_dir, name=DATA
        )
    shards = _parquet_files(meds_dir / DATA) if (meds_dir / DATA).is_dir() else []
    if not shards:
        raise InputError("{path} holds no *.parquet files; name the root of a MEDS data set.", path=meds_dir / DATA)
    return shards


def _parquet_files(directory: Path) -> list[Path]:
    return sorted(path for path, _ in data_files(directory, ".parquet", nested=True))


def read_labels(path: Path) -> LabelTable:
    """Read the labels of every subject.

    Raises:
        InputError: a file or a column is missing, a cell is empty, a subject has two labels at one time, or some files
            have a time zone and others none.
    """
    files = _parquet_files(path) if path.is_dir() else [path]
    if not files:
        raise InputError(
            "{path} holds no *.parquet files; name the file of labels, or the directory that holds them.", path=path
        )
    labels: dict[int, list[Label]] = {}
    clock: Clock | None = None
    for file in files:
        table = read_columns(file, _LABEL_TYPES)
        refuse_empty_cells(file, table)
        times = table["prediction_time"]
        clock = clock or Clock(zoned=times.type.tz is not None, labels=file)
        clock.check(file, "prediction_time", times)
        for subject, time, positive in zip(
            table["subject_id"].to_pylist(),
            times.cast(pa.int64()).to_pylist(),
            table["boolean_value"].to_pylist(),
            strict=True,
        ):
            labels.setdefault(subject, []).append(Label(time=time, positive=positive))
    for subject, its in labels.items():
        its.sort()
        if any(first.time == second.time for first, second in pairwise(its)):
            raise InputError(
                "{path}: subject {id} has two labels at one prediction_time; keep one of them.", path=path, id=subject
            )
    if clock is None or not labels:
        raise InputError(
            "{path} holds no labels; name a file with subject_id, prediction_time and boolean_value.", path=path
        )
    return LabelTable(clock=clock, by_subject=labels)


def read_splits(meds_dir: Path) -> dict[int, Split] | None:
    """Read the split of every subject; None where the data set does not say.

    Raises:
        InputError: a split has another name than `train`, `tuning` or `held_out`, or a subject comes twice.
    """
    path = meds_dir / SUBJECT_SPLITS
    if not os.path.lexists(path):
        return None
    table = read_columns(path, _SPLIT_TYPES)
    refuse_empty_cells(path, table)
    splits: dict[int, Split] = {}
    for subject, name in zip(table["subject_id"].to_pylist(), table["split"].to_pylist(), strict=True):
        if name not in SPLIT_NAMES:
            raise InputError(
                "{path}: subject {id} is in {name!r}, but splits must be {names}; rename it, or take the "
                "file away to have the subjects split by --split.",
                path=path, id=subject, name=name, names=", ".join(SPLIT_NAMES),
            )  # fmt: skip
        if subject in splits:
            raise InputError("{path}: subject {id} comes a second time; remove one of the rows.", path=path, id=subject)
        splits[subject] = SPLIT_NAMES[name]
    return splits


def pieces_of(shard: Path) -> list[ShardPiece]:
    """Cut a shard into pieces of whole subjects, by the column of subjects alone.

    Raises:
        InputError: it cannot be read, or a subject's rows are not together.
    """
    pieces: list[ShardPiece] = []
    seen: set[int] = set()
    last, first_group, rows, own = None, 0, 0, list[int]()
    with parquet_file(shard, ["subject_id"]) as (file, present):
        for group in range(file.num_row_groups):
            table = typed_columns(shard, file.read_row_group(group, columns=present), _SUBJECT_TYPE)
            refuse_empty_cells(shard, table)
            subject = table["subject_id"].to_numpy()
            runs = subject[np.flatnonzero(np.diff(subject, prepend=subject[:1] - 1))].tolist()
            begun = runs[1:] if runs and runs[0] == last else runs
            if begun and rows >= PIECE_ROWS:
                # The last subject of a piece may end within the first row group of the next one.
                stop = group + (len(begun) < len(runs))
                pieces.append(ShardPiece(shard=shard, row_groups=range(first_group, stop), subjects=own))
                first_group, rows, own = group, 0, []
            for number in begun:
                if number in seen:
                    raise InputError(
                        "{path}: the rows of subject {id} are not together; sort the shard.", path=shard, id=number
                    )
                seen.add(number)
            own += begun
            rows += len(subject)
            last = runs[-1] if runs else last
        pieces.append(ShardPiece(shard=shard, row_groups=range(first_group, file.num_row_groups), subjects=own))
    return pieces


def read_subjects(piece: ShardPiece, clock: Clock, *, values: bool = True) -> Iterator[SubjectEvents]:
    """Read the subjects of a piece; in memory is one batch of rows and what of its last subject came before.

    Args:
        piece: Of a shard.
        clock: That of the labels.
        values: Whether the column of values is read as well.

    Raises:
        InputError: a column is missing or of another type, or `clock` is not that of the events.
    """
    own = frozenset(piece.subjects)
    parts: list[SubjectEvents] = []
    for batch in _batches(piece, clock, values=values):
        for part in _by_subject(batch):
            if parts and parts[0].subject != part.subject:
                yield _joined(parts)
                parts = []
            if part.subject in own:
                parts.append(part)
    if parts:
        yield _joined(parts)


def _batches(piece: ShardPiece, clock: Clock, *, values: bool) -> Iterator[pa.Table]:
    shard = piece.shard
    with parquet_file(shard, _EVENT_TYPES) as (file, present):
        if not values:
            present = [name for name in present if name != "numeric_value"]
        for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=list(piece.row_groups), columns=present):
            table = typed_columns(shard, pa.Table.from_batches([batch]), _EVENT_TYPES, optional=("numeric_value",))
            refuse_empty_cells(shard, table.select(["subject_id", "code"]))
            clock.check(shard, "time", table["time"])
            yield table


def _by_subject(table: pa.Table) -> Iterator[SubjectEvents]:
    subject = table["subject_id"].to_numpy()
    time = table["time"].cast(pa.int64()).fill_null(int(STATIC)).to_numpy()
    value = (
        table["numeric_value"].to_numpy() if "numeric_value" in table.column_names else np.full(len(subject), np.nan)
    )
    value = np.where(np.isfinite(value), value, np.nan)
    codes = table["code"].combine_chunks().dictionary_encode()
    names = np.array(list(map(variable_name, codes.dictionary.to_pylist())), dtype=object)[codes.indices.to_numpy()]
    cuts = [0, *(np.flatnonzero(np.diff(subject)) + 1).tolist(), len(subject)]
    for start, end in pairwise(cuts):
        if end > start:
            yield SubjectEvents(
                subject=int(subject[start]), time=time[start:end], code=names[start:end], value=value[start:end]
            )


def _joined(parts: Sequence[SubjectEvents]) -> SubjectEvents:
    if len(parts) == 1:
        return parts[0]
    return SubjectEvents(
        subject=parts[0].subject,
        time=np.concatenate([part.time for part in parts]),
        code=np.concatenate([part.code for part in parts]),
        value=np.concatenate([part.value for part in parts]),
    )
