"""One patient's parquet file, checked and brought into time order."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.types as pt
from numpy.typing import NDArray

from seqsetvae.data.layout import variable_name
from seqsetvae.data.parquet_file import parquet_file
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message

VARIABLE, VALUE, MINUTE, SET_INDEX = "variable", "value", "minute", "set_index"

#: Beyond it, float64 no longer tells every minute from the next.
LARGEST_MINUTE = 2.0**53 - 1

#: What single precision can hold, in which values are kept.
LARGEST_VALUE = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPatient:
    """One patient's events as the file has them, sorted into sets.

    Attributes:
        names: The distinct variables of the file.
        code: `[events]` index into `names`.
        value: `[events]` float64, unscaled.
        set_sizes: `[sets]` int64.
        minute: `[sets]` float64, never decreasing.
    """

    names: list[str]
    code: NDArray[np.int64]
    value: NDArray[np.float64]
    set_sizes: NDArray[np.int64]
    minute: NDArray[np.float64]


def read_patient(path: Path) -> RawPatient:
    """Read one patient.

    Without `set_index`, events are sorted by minute (those of one minute keep their order) and a set is one minute.
    With it, a set is what shares an index, its minute is its earliest, and sets are sorted by minute and index.

    Raises:
        InputError: the file is unreadable, empty, lacks a column, has one of the wrong type, or holds a missing or
            non-finite value, a time too large to be exact, or a value too large for single precision.
    """
    table = _read_table(path)
    if table.num_rows == 0:
        raise InputError("{path} holds no events; remove the file, and the patient's label with it.", path=path)
    names, code = _variables(path, table)
    value = _numbers(path, table, VALUE)
    minute = _numbers(path, table, MINUTE)
    _refuse_non_finite(path, minute, MINUTE, names, code)
    _refuse_non_finite(path, value, VALUE, names, code)
    _refuse_beyond(path, minute, MINUTE, LARGEST_MINUTE, names, code)
    _refuse_beyond(path, value, VALUE, LARGEST_VALUE, names, code)
    if SET_INDEX in table.column_names:
        order, starts, set_minute = _group_by_index(_set_index(path, table), minute)
    else:
        order, starts, set_minute = _group_by_minute(minute)
    return RawPatient(
        names=names,
        code=code[order],
        value=value[order],
        set_sizes=np.diff(starts, append=minute.size),
        minute=set_minute,
    )


def _read_table(path: Path) -> pa.Table:
    known = (VARIABLE, VALUE, MINUTE, SET_INDEX)
    with parquet_file(path, known, read_dictionary=[VARIABLE]) as (file, wanted):
        for column in (VARIABLE, VALUE, MINUTE):
            if column not in wanted:
                raise InputError(
                    "{path} has no column {name} (it has: {names}); write variable, value and minute.",
                    path=path, name=column, names=", ".join(file.schema_arrow.names[:8]) or Message("none"),
                )  # fmt: skip
        table = file.read(columns=wanted, use_threads=False)
        table.validate(full=True)
        return table


def _variables(path: Path, table: pa.Table) -> tuple[list[str], NDArray[np.int64]]:
    """Return the distinct names, spelled by `variable_name`, and which of them each event has."""
    column = table.column(VARIABLE).combine_chunks()
    text = column.type.value_type if pt.is_dictionary(column.type) else column.type
    if not (pt.is_string(text) or pt.is_large_string(text)):
        raise InputError(
            "{path}: column {name} is {kind}, but must be text; write the variables' names.",
            path=path, name=VARIABLE, kind=text,
        )  # fmt: skip
    encoded = column if pt.is_dictionary(column.type) else column.dictionary_encode()
    index = encoded.indices.drop_null().to_numpy().astype(np.int64)
    counts = np.bincount(index, minlength=len(encoded.dictionary)).tolist()
    spelled = [variable_name(name or "") for name in encoded.dictionary.to_pylist()]
    empty = column.null_count + sum(count for name, count in zip(spelled, counts, strict=True) if not name)
    if empty:
        raise InputError(
            "{path}: column {name} has {count} empty rows; name the variable or drop them.",
            path=path, name=VARIABLE, count=empty,
        )  # fmt: skip
    used = dict.fromkeys(name for name, count in zip(spelled, counts, strict=True) if count)
    numbers = {name: number for number, name in enumerate(used)}
    return list(used), np.array([numbers.get(name, 0) for name in spelled], dtype=np.int64)[index]


def _numbers(path: Path, table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column as `[events]` float64; missing values become NaN."""
    column = table.column(name).combine_chunks()
    if pt.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pt.is_decimal(column.type):
        column = column.cast(pa.float64())
    if not (pt.is_floating(column.type) or pt.is_integer(column.type)):
        raise InputError(
            "{path}: column {name} is {kind}, but must be numbers; write it as float.",
            path=path, name=name, kind=column.type,
        )  # fmt: skip
    numbers: NDArray[np.float64] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers


def _set_index(path: Path, table: pa.Table) -> NDArray[np.int64]:
    column = table.column(SET_INDEX).combine_chunks()
    if not pt.is_integer(column.type) or column.null_count:
        found = f"{column.type} with {column.null_count} empty rows" if column.null_count else str(column.type)
        raise InputError(
            "{path}: column {name} is {kind}, but must be whole numbers; write it as int or drop it.",
            path=path, name=SET_INDEX, kind=found,
        )  # fmt: skip
    index: NDArray[np.int64] = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return index


def _refuse_non_finite(
    path: Path, column: NDArray[np.float64], name: str, names: list[str], code: NDArray[np.int64]
) -> None:
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        row = int(bad[0])
        raise InputError(
            "{path}: {name} is {value} in row {row} ({variable}) and in {count} others; drop the rows or correct them.",
            path=path, name=name, value=column[row], row=row, variable=names[code[row]], count=bad.size - 1,
        )  # fmt: skip


def _refuse_beyond(
    path: Path, column: NDArray[np.float64], name: str, largest: float, names: list[str], code: NDArray[np.int64]
) -> None:
    bad = np.flatnonzero(np.abs(column) > largest)
    if bad.size:
        row = int(bad[0])
        raise InputError(
            "{path}: {name} is {value} in row {row} ({variable}), but must lie within ±{largest:.6g}; drop the row or "
            "correct it.",
            path=path, name=name, value=column[row], row=row, variable=names[code[row]], largest=largest,
        )  # fmt: skip


Grouping = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _group_by_minute(minute: NDArray[np.float64]) -> Grouping:
    """Return the events' order, where in it sets start, and the sets' minutes."""
    order = np.argsort(minute, kind="stable")
    ordered = minute[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-np.inf))
    return order, starts, ordered[starts]


def _group_by_index(index: NDArray[np.int64], minute: NDArray[np.float64]) -> Grouping:
    """Return the same, where a set is what shares an index."""
    _, set_of = np.unique(index, return_inverse=True)
    earliest = np.full(int(set_of.max()) + 1, np.inf)
    np.minimum.at(earliest, set_of, minute)
    rank = np.empty_like(set_of, shape=earliest.size)
    rank[np.argsort(earliest, kind="stable")] = np.arange(earliest.size)
    order = np.argsort(rank[set_of], kind="stable")
    starts = np.flatnonzero(np.diff(rank[set_of][order], prepend=-1))
    return order, starts, np.sort(earliest)
