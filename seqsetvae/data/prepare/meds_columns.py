"""The columns of MEDS tables in the types of the standard, and the clock of their times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from seqsetvae.data.parquet_file import parquet_file
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What the times of labels are of: a known time zone, or none.

    Times with a zone are UTC, whatever it is; those without one cannot be compared with them, or the future leaks.

    Attributes:
        zoned: Whether they have one.
        labels: The file that says so.
    """

    zoned: bool
    labels: Path

    def check(self, path: Path, column: str, times: pa.ChunkedArray) -> None:
        """Refuse times of the other kind.

        Raises:
            InputError: one has a time zone and the other has none.
        """
        zoned = times.type.tz is not None
        if zoned == self.zoned or times.null_count == len(times):
            return
        kinds = (Message("no time zone"), Message("a time zone"))
        raise InputError(
            "{path}: column {column} has {this}, but prediction_time in {labels} has {that}, so that events of the "
            "future might be used; write both in UTC, with the time zone.",
            path=path, column=column, this=kinds[zoned], labels=self.labels, that=kinds[self.zoned],
        )  # fmt: skip


def read_columns(path: Path, types: Mapping[str, pa.DataType]) -> pa.Table:
    """Read the columns `types` of a file.

    Raises:
        InputError: it cannot be read, or a column is missing or of another type.
    """
    if not path.is_file():
        raise InputError(
            "There is no file {path}; name a parquet file with {names}.", path=path, names=", ".join(types)
        )
    with parquet_file(path, types) as (file, present):
        return typed_columns(path, file.read(columns=present), types)


def typed_columns(
    path: Path, table: pa.Table, types: Mapping[str, pa.DataType], *, optional: Sequence[str] = ()
) -> pa.Table:
    """Return the table with its columns in the types of the standard; those that hold the same in another are cast.

    Raises:
        InputError: a column is missing or of another type.
    """
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
        try:
            columns[name] = _times(given) if pa.types.is_timestamp(wanted) else given.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise InputError(
                "{path}: column {name} is of type {kind}, but must be {wanted}; convert the data set.",
                path=path, name=name, kind=given.type, wanted=wanted,
            ) from None  # fmt: skip
    typed = pa.table(columns)
    typed.validate(full=True)  # of text that is none
    return typed


def _times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times in microseconds, with the time zone that they have.

    Raises:
        ArrowInvalid: they are no times. Numbers are none, for nobody knows their unit; nor are dates, for what happened
            late on a day would be known at its beginning.
    """
    if pa.types.is_null(column.type):
        return column.cast(pa.timestamp("us"))
    if not pa.types.is_timestamp(column.type):
        raise pa.ArrowInvalid(f"{column.type} is no time")
    return column.cast(options=pc.CastOptions(pa.timestamp("us", tz=column.type.tz), allow_time_truncate=True))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _refuse_other_than_0_and_1(path: Path, name: str, column: pa.ChunkedArray) -> None:
    for row, value in enumerate(column.to_pylist()):
        if value not in (0, 1, None):
            raise InputError(
                "{path}: {name} is {value} in row {row}, but must be true or false, or 1 or 0; correct the row.",
                path=path, name=name, value=value, row=row,
            )  # fmt: skip


def refuse_empty_cells(path: Path, table: pa.Table) -> None:
    """Refuse a table with empty cells.

    Raises:
        InputError: it has some.
    """
    for name in table.column_names:
        if table[name].null_count:
            raise InputError(
                "{path}: column {name} has {count:,} empty cells; fill or remove them.",
                path=path, name=name, count=table[name].null_count,
            )  # fmt: skip
