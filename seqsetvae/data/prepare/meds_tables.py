"""The tables of the Medical Event Data Standard 0.4: events in shards, labels, and who belongs to which split.

    MEDS_DIR/data/**/*.parquet                    subject_id, time, code, numeric_value; a subject is in one shard
    MEDS_DIR/metadata/subject_splits.parquet      subject_id, split; optional
    LABELS.parquet, or a directory of such files  subject_id, prediction_time, boolean_value

Arnrich et al. 2024, https://medical-event-data-standard.github.io; `time` is null for what does not change.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from seqsetvae.data.layout import Split, variable_name
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.small_file import open_regular

DATA = "data"
SUBJECT_SPLITS = Path("metadata") / "subject_splits.parquet"
SPLIT_NAMES: Mapping[str, Split] = {"train": "train", "tuning": "valid", "held_out": "test"}

#: The time of static events: before everything else.
STATIC = np.iinfo(np.int64).min

#: Rows read at once: some ten megabytes.
BATCH_ROWS = 1 << 16

_MICROSECONDS = pa.timestamp("us")
_EVENT_TYPES = {"subject_id": pa.int64(), "time": _MICROSECONDS, "code": pa.string(), "numeric_value": pa.float64()}
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


def find_shards(meds_dir: Path) -> list[Path]:
    """Find the shards of a data set, in order of their names.

    Raises:
        InputError: there is none.
    """
    if not meds_dir.is_dir():
        raise InputError(
            "There is no directory {path}; name the one that holds {name}/ and metadata/.", path=meds_dir, name=DATA
        )
    shards = sorted((meds_dir / DATA).rglob("*.parquet"))
    if not shards:
        raise InputError("{path} holds no *.parquet files; name the root of a MEDS data set.", path=meds_dir / DATA)
    return shards


def read_labels(path: Path) -> dict[int, list[Label]]:
    """Read the labels of every subject, in order of time.

    Raises:
        InputError: a file or a column is missing, a cell is empty, or a subject has two labels at one time.
    """
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files:
        raise InputError(
            "{path} holds no *.parquet files; name the file of labels, or the directory that holds them.", path=path
        )
    labels: dict[int, list[Label]] = {}
    for file in files:
        table = _read(file, _LABEL_TYPES)
        _refuse_empty_cells(file, table)
        for subject, time, positive in zip(
            table["subject_id"].to_pylist(),
            table["prediction_time"].cast(pa.int64()).to_pylist(),
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
    if not labels:
        raise InputError(
            "{path} holds no labels; name a file with subject_id, prediction_time and boolean_value.", path=path
        )
    return labels


def read_splits(meds_dir: Path) -> dict[int, Split] | None:
    """Read the split of every subject; None where the data set does not say.

    Raises:
        InputError: a split has another name than `train`, `tuning` or `held_out`, or a subject comes twice.
    """
    path = meds_dir / SUBJECT_SPLITS
    if not path.exists():
        return None
    table = _read(path, _SPLIT_TYPES)
    _refuse_empty_cells(path, table)
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


def read_subjects(shard: Path) -> Iterator[SubjectEvents]:
    """Read a shard, subject by subject; in memory is one batch of rows and what of its last subject came before.

    Raises:
        InputError: a column is missing or of another type, or a subject's rows are not together.
    """
    seen: set[int] = set()
    parts: list[SubjectEvents] = []
    for batch in _batches(shard):
        for part in _by_subject(batch):
            if parts and parts[0].subject != part.subject:
                yield _joined(parts)
                parts = []
            if not parts:
                if part.subject in seen:
                    raise InputError(
                        "{path}: the rows of subject {id} are not together; sort the shard.",
                        path=shard, id=part.subject,
                    )  # fmt: skip
                seen.add(part.subject)
            parts.append(part)
    if parts:
        yield _joined(parts)


def _batches(shard: Path) -> Iterator[pa.Table]:
    try:
        open_regular(shard).close()
        with pq.ParquetFile(shard) as file:
            present = [name for name in _EVENT_TYPES if name in file.schema_arrow.names]
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=present):
                table = _typed(shard, pa.Table.from_batches([batch]), _EVENT_TYPES, optional=("numeric_value",))
                _refuse_empty_cells(shard, table.select(["subject_id", "code"]))
                yield table
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            "{path} cannot be read as parquet ({reason}); write the shard again.", path=shard, reason=_first_line(error)
        ) from None


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


def _read(path: Path, types: Mapping[str, pa.DataType]) -> pa.Table:
    if not path.is_file():
        raise InputError(
            "There is no file {path}; name a parquet file with {names}.", path=path, names=", ".join(types)
        )
    try:
        with pq.ParquetFile(path) as file:
            present = [name for name in types if name in file.schema_arrow.names]
            table = file.read(columns=present)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            "{path} cannot be read as parquet ({reason}); write it again.", path=path, reason=_first_line(error)
        ) from None
    return _typed(path, table, types)


def _typed(path: Path, table: pa.Table, types: Mapping[str, pa.DataType], *, optional: Sequence[str] = ()) -> pa.Table:
    """The table with its columns in the types of the standard; columns that hold the same in another type are cast."""
    columns: dict[str, Any] = {}
    for name, wanted in types.items():
        if name not in table.column_names:
            if name in optional:
                continue
            older = Message("; patient_id is the name of an older version of the standard")
            raise InputError(
                "{path} has no column {name}, which MEDS 0.4 needs{older}; convert the data set.",
                path=path, name=name, older=older if name == "subject_id" else "",
            )  # fmt: skip
        given = table[name]
        if pa.types.is_boolean(wanted) and _is_number(given.type):
            _refuse_other_than_0_and_1(path, name, given)
        if pa.types.is_timestamp(wanted) and pa.types.is_timestamp(given.type):
            columns[name] = given.cast(pa.timestamp("us", tz=given.type.tz), safe=False).cast(wanted)
            continue
        try:
            columns[name] = given.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise InputError(
                "{path}: column {name} is of type {kind}, but must be {wanted}; convert the data set.",
                path=path, name=name, kind=given.type, wanted=wanted,
            ) from None  # fmt: skip
    return pa.table(columns)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _refuse_other_than_0_and_1(path: Path, name: str, column: pa.ChunkedArray) -> None:
    for row, value in enumerate(column.to_pylist()):
        if value not in (0, 1, None):
            raise InputError(
                "{path}: {name} is {value} in row {row}, but must be true or false, or 1 or 0; correct the row.",
                path=path, name=name, value=value, row=row,
            )  # fmt: skip


def _refuse_empty_cells(path: Path, table: pa.Table) -> None:
    for name in table.column_names:
        if table[name].null_count:
            raise InputError(
                "{path}: column {name} has {count:,} empty cells; fill or remove them.",
                path=path, name=name, count=table[name].null_count,
            )  # fmt: skip


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
