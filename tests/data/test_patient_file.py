import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seqsetvae.data.patient_file import read_patient
from seqsetvae.errors import InputError
from tests.data.cohorts import EVENTS, write_patient


def names_and_values(path: Path) -> list[tuple[str, float]]:
    patient = read_patient(path)
    return [(patient.names[code], value) for code, value in zip(patient.code, patient.value.tolist(), strict=True)]


def test_a_new_set_starts_where_the_minute_changes(tmp_path: Path) -> None:
    patient = read_patient(write_patient(tmp_path / "1.parquet", EVENTS))
    assert patient.set_sizes.tolist() == [2, 1, 2]
    assert patient.minute.tolist() == [0, 60, 120]
    assert patient.minute.dtype == np.float64


@pytest.mark.parametrize("start", [40 * 365.25 * 1440, 1_732_100_000, 2**53 - 20], ids=["age", "epoch", "largest"])
def test_minutes_are_exact_however_late_they_are(tmp_path: Path, start: float) -> None:
    minutes = [start + offset for offset in (0, 1, 2, 3, 5, 7, 8, 10, 11)]
    patient = read_patient(write_patient(tmp_path / "1.parquet", [("HR", 1, minute) for minute in minutes]))
    assert patient.minute.tolist() == minutes


def test_unsorted_minutes_are_sorted_and_events_of_one_minute_keep_their_order(tmp_path: Path) -> None:
    events = [("pH", 7.3, 60), ("HR", 1, 0), ("HR", 2, 60), ("Temp", 3, 0)]
    path = write_patient(tmp_path / "1.parquet", events)
    assert names_and_values(path) == [("HR", 1), ("Temp", 3), ("pH", 7.3), ("HR", 2)]
    assert read_patient(path).set_sizes.tolist() == [2, 2]


def test_with_a_set_index_sets_are_what_shares_it_and_come_in_time_order(tmp_path: Path) -> None:
    events = [("a", 1, 10), ("b", 2, 10), ("c", 3, 5), ("d", 4, 12), ("e", 5, 10)]
    path = write_patient(tmp_path / "1.parquet", events, set_index=[7, 8, 3, 7, 8])
    assert [name for name, _ in names_and_values(path)] == ["c", "a", "d", "b", "e"]
    patient = read_patient(path)
    assert patient.set_sizes.tolist() == [1, 2, 2]
    assert patient.minute.tolist() == [5, 10, 10], "a set's minute is its earliest, and one minute may hold two sets"


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_every_way_to_store_text_is_read(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "1.parquet"
    names = pa.array(["HR", "Temp", "HR"]).cast(kind)
    pq.write_table(pa.table({"variable": names, "value": [1, 2, 3], "minute": [0, 0, 1]}), path)
    assert names_and_values(path) == [("HR", 1), ("Temp", 2), ("HR", 3)]


@pytest.mark.parametrize("kind", [pa.string(), pa.dictionary(pa.int32(), pa.string())])
def test_names_that_differ_by_blanks_are_one(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "1.parquet"
    names = pa.array(["LAB//1// ", " LAB//1//", "Heart\u00a0 rate", "LAB//1//", "Heart\r\nrate"]).cast(kind)
    pq.write_table(pa.table({"variable": names, "value": [1, 2, 3, 4, 5], "minute": [0] * 5}), path)
    assert read_patient(path).names == ["LAB//1//", "Heart rate"]
    expected = [("LAB//1//", 1), ("LAB//1//", 2), ("Heart rate", 3), ("LAB//1//", 4), ("Heart rate", 5)]
    assert names_and_values(path) == expected


def test_a_category_that_no_event_has_is_no_variable(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    names = pa.DictionaryArray.from_arrays([1, 1], ["unused", "HR"])
    pq.write_table(pa.table({"variable": names, "value": [1, 2], "minute": [0, 1]}), path)
    assert read_patient(path).names == ["HR"]


def test_columns_that_training_does_not_need_are_ignored(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    pq.write_table(pa.table({"unit": ["x"], "variable": ["HR"], "value": [1.0], "minute": [0.0]}), path)
    assert names_and_values(path) == [("HR", 1)]


BAD_TABLES = {
    "lacks a column": ({"variable": ["HR"], "value": [1.0]}, "has no column minute (it has: variable, value)"),
    "text as value": ({"variable": ["HR"], "value": ["high"], "minute": [0.0]}, "column value is string"),
    "number as variable": ({"variable": [3], "value": [1.0], "minute": [0.0]}, "column variable is int64"),
    "NaN": (
        {"variable": ["HR", "pH"], "value": [1.0, float("nan")], "minute": [0.0, 0.0]},
        "value is nan in row 1 (pH) and in 0 others",
    ),
    "infinite": ({"variable": ["HR"], "value": [float("inf")], "minute": [0.0]}, "value is inf in row 0 (HR)"),
    "missing minute": ({"variable": ["HR"], "value": [1.0], "minute": [float("nan")]}, "minute is nan in row 0"),
    "inexact minute": (
        {"variable": ["HR"], "value": [1.0], "minute": [1e39]},
        "minute is 1e+39 in row 0 (HR), but must lie within ±9.0072e+15",
    ),
    "whole minutes beyond what float64 counts": (
        {"variable": ["HR"], "value": [1.0], "minute": [2**53 + 1]},
        "minute is 9007199254740992.0 in row 0",
    ),
    "value beyond single precision": (
        {"variable": ["HR", "pH"], "value": [1.0, -1e39], "minute": [0.0, 0.0]},
        "value is -1e+39 in row 1 (pH), but must lie within ±3.40282e+38",
    ),
    "missing variable": (
        {"variable": ["HR", None], "value": [1.0, 2.0], "minute": [0.0, 0.0]},
        "column variable has 1 empty rows",
    ),
    "blank variable": (
        {"variable": ["HR", " ", "", None], "value": [1.0] * 4, "minute": [0.0] * 4},
        "column variable has 3 empty rows",
    ),
    "fractional set index": (
        {"variable": ["HR"], "value": [1.0], "minute": [0.0], "set_index": [0.5]},
        "column set_index is double",
    ),
}


@pytest.mark.parametrize(("columns", "complaint"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_a_table_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, columns: dict[str, list[object]], complaint: str
) -> None:
    path = tmp_path / "1.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(InputError) as caught:
        read_patient(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


HR = pa.array(["HR", "HR"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        (HR.cast(pa.large_string()), [1, 2]),
        (HR.cast(pa.string_view()), pa.array([1.0, 2.0], pa.float16())),
        (HR.dictionary_encode(), pa.array([1.0, 2.0]).dictionary_encode()),
        (HR.cast(pa.large_string()).dictionary_encode(), pa.array([Decimal("1.00"), Decimal("2.00")])),
    ],
)
def test_other_types_of_the_same_are_no_matter(tmp_path: Path, variable: pa.Array, value: object) -> None:
    path = tmp_path / "1.parquet"
    pq.write_table(pa.table({"variable": variable, "value": value, "minute": [0, 1], "note": ["x", "y"]}), path)
    patient = read_patient(path)
    assert (patient.names, patient.value.tolist()) == (["HR"], [1.0, 2.0])


@pytest.mark.parametrize(
    ("columns", "names", "complaint"),
    [
        ([HR, [1.0, 2.0], [1.0, 2.0], [0, 1]], ["variable", "value", "value", "minute"], "has 2 columns value"),
        ([HR, [1.0, 2.0], [0, 1]], ["Variable", "value", "minute"], "column 'Variable' must be named variable"),
        ([HR, [1.0, 2.0], [0, 1], [0, 0]], ["variable", "value", "minute", "Set_Index"], "must be named set_index"),
        ([[["HR"], ["HR"]], [1.0, 2.0], [0, 1]], ["variable", "value", "minute"], "but must be text"),
        ([pa.array([b"\xff", b"HR"]).view(pa.string()), [1.0, 2.0], [0, 1]], ["variable", "value", "minute"], "UTF8"),
    ],
)
def test_columns_that_are_not_what_they_should_be(
    tmp_path: Path, columns: list[object], names: list[str], complaint: str
) -> None:
    path = tmp_path / "1.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(column) for column in columns], names=names), path)
    with pytest.raises(InputError, match=complaint):
        read_patient(path)


def test_a_null_value_is_refused_like_a_nan(tmp_path: Path) -> None:
    path = tmp_path / "1.parquet"
    pq.write_table(pa.table({"variable": ["HR", "HR"], "value": [1.0, None], "minute": [0.0, 0.0]}), path)
    with pytest.raises(InputError, match="value is nan in row 1"):
        read_patient(path)


def test_a_patient_without_events_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"1\.parquet holds no events"):
        read_patient(write_patient(tmp_path / "1.parquet", []))


@pytest.mark.parametrize("content", [b"", b"not parquet", b"PAR1" + bytes(40) + b"PAR1"])
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "1.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"1\.parquet cannot be read as parquet") as caught:
        read_patient(path)
    assert "\n" not in str(caught.value)


def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "1.parquet")
    with pytest.raises(InputError, match=r"1\.parquet is not a regular file"):
        read_patient(tmp_path / "1.parquet")
