from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqsetvae.data.tables import normalise_id, read_embeddings, read_labels, read_scaling
from seqsetvae.errors import InputError


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_order_of_stats_is_the_order_of_variables(tmp_path: Path) -> None:
    scaling = read_scaling(write(tmp_path / "stats.csv", "variable,mean,std\npH,7.4,0.1\nHR,80,10\n"))
    assert scaling.variables == ("pH", "HR")
    np.testing.assert_array_equal(scaling.mean, [7.4, 80])
    np.testing.assert_array_equal(scaling.std, [0.1, 10])


def test_further_columns_a_byte_order_mark_and_blanks_do_not_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "stats.csv", "\ufeff,std,variable,mean\n0, 10 , HR ,80\n\n")
    assert read_scaling(path).variables == ("HR",)


@pytest.mark.parametrize("written", ["132539", "132539.0", " 132539 ", "132539.00"])
def test_ids_that_passed_through_a_float_column_are_recognised(written: str) -> None:
    assert normalise_id(written) == "132539"


@pytest.mark.parametrize("written", ["a.0", "1.5", "007"])
def test_other_ids_stay_as_they_are(written: str) -> None:
    assert normalise_id(written) == written


def test_labels_are_read_by_normalised_id(tmp_path: Path) -> None:
    path = write(tmp_path / "oc.csv", "ts_id,in_hospital_mortality\n1.0,0\n2.0,1.0\n")
    assert read_labels(path) == {"1": 0.0, "2": 1.0}


def test_embeddings_come_in_the_order_of_the_variables(tmp_path: Path) -> None:
    path = write(tmp_path / "cached.csv", "Key,0,1\nHR,1,2\nunused,x,y\npH,3,4\n")
    embeddings = read_embeddings(path, ("pH", "HR"))
    np.testing.assert_array_equal(embeddings, [[3, 4], [1, 2]])
    assert embeddings.dtype == np.float32


def test_an_index_that_pandas_wrote_is_no_dimension(tmp_path: Path) -> None:
    path = write(tmp_path / "cached.csv", ",Key,0,1\n0,HR,1,2\n")
    np.testing.assert_array_equal(read_embeddings(path, ("HR",)), [[1, 2]])


def read_two_embeddings(path: Path) -> object:
    return read_embeddings(path, ("HR", "pH"))


BAD_TABLES: list[tuple[Callable[[Path], object], str, str]] = [
    (read_scaling, "variable,mean\nHR,80\n", "has no column std (it has: variable, mean)"),
    (read_scaling, "", "has no column variable (it has: none)"),
    (read_scaling, "variable,mean,std\n", "lists no variables"),
    (read_scaling, "variable,mean,std\nHR,80,0\n", ":2: the std of HR is 0"),
    (read_scaling, "variable,mean,std\nHR,80,nan\n", ":2: the std of HR is nan"),
    (read_scaling, "variable,mean,std\nHR,80,\n", ":2: the std of HR is empty"),
    (read_scaling, "variable,mean,std\nHR,80,-3\n", ":2: the std of HR is -3"),
    (read_scaling, "variable,mean,std\nHR,inf,1\n", ":2: the mean of HR is inf"),
    (read_scaling, "variable,mean,std\nHR,80,1\nHR,81,1\n", ":3: variable HR comes a second time"),
    (read_scaling, "variable,mean,std\n,80,1\n", ":2: the variable has no name"),
    (read_scaling, "variable,mean,std\nHR,80\n", ":2: the row has 2 values for 3 columns"),
    (read_labels, "ts_id,label\n1,0\n", "has no column in_hospital_mortality"),
    (read_labels, "ts_id,in_hospital_mortality\n1,2\n", ":2: the in_hospital_mortality of patient 1 is 2"),
    (read_labels, "ts_id,in_hospital_mortality\n1,\n", "patient 1 is empty, but must be 0 or 1"),
    (read_labels, "ts_id,in_hospital_mortality\n1,0\n1.0,0\n", ":3: patient 1 comes a second time"),
    (read_two_embeddings, "Key,0\nHR,1\n", "lacks 1 of 2 variables (the first: pH)"),
    (read_two_embeddings, "name,0\nHR,1\n", "has no column Key"),
    (read_two_embeddings, "Key,0\nHR,1\npH,x\n", ":3: the embedding of pH is not all numbers"),
    (read_two_embeddings, "Key,0\nHR,1e39\npH,1\n", ":2: the embedding of HR is not all numbers of single"),
    (read_two_embeddings, "Key,0\nHR,nan\npH,1\n", ":2: the embedding of HR is not all numbers"),
    (read_two_embeddings, "Key,0\nHR,1\npH,2\n pH ,3\n", ":4: variable pH comes a second time"),
    (read_scaling, "variable,mean,std\nA  B,80,1\nA B,80,1\n", ":3: variable A B comes a second time"),
    (read_scaling, "variable;mean;std\nHR;80,5;1\n", "separates its columns by semicolons"),
    (read_labels, "ts_id\tin_hospital_mortality\n1\t0\n", "separates its columns by tabs"),
    (read_scaling, "Variable,mean,std\nHR,80,1\n", "has no column variable (it has: Variable, mean, std)"),
    (read_scaling, 'variable,mean,std\nHR,"80,5",1\n', ":2: the mean of HR is 80,5"),
    (read_scaling, "variable,mean,std\nHR,1e400,1\n", ":2: the mean of HR is 1e400"),
    (read_scaling, "variable,mean,std\nHR,8_0,1\n", ":2: the mean of HR is 8_0"),
    (read_scaling, "variable,mean,std,std\nHR,80,1,2\n", "has column std more than once"),
    (read_two_embeddings, "Key,0,0\nHR,1,2\npH,1,2\n", "has column 0 more than once"),
    (read_labels, "ts_id,in_hospital_mortality\n ,0\n", ":2: ts_id is empty"),
    (read_labels, "t\0s\0_\0i\0d\0", "is not UTF-8 text"),
    (read_labels, "ts_id,in_hospital_mortality\n1,0,\n", ":2: the row has 3 values for 2 columns"),
    (read_two_embeddings, "Key\nHR\npH\n", ":2: the embedding of HR is not all numbers"),
    (read_two_embeddings, "Key,0\nHR,1\nHR,2\n", ":3: variable HR comes a second time"),
]


@pytest.mark.parametrize(("read", "text", "complaint"), BAD_TABLES)
def test_a_table_that_cannot_be_used_is_refused_by_file_and_line(
    tmp_path: Path, read: Callable[[Path], object], text: str, complaint: str
) -> None:
    path = write(tmp_path / "table.csv", text)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", "\n\n , \n"])
def test_what_spreadsheets_write_is_read(tmp_path: Path, encoding: str, line_end: str) -> None:
    path = tmp_path / "oc.csv"
    path.write_bytes(line_end.join(["ts_id,in_hospital_mortality", '"é, 1",0', "2,1", ""]).encode(encoding))
    assert read_labels(path) == {"é, 1": 0.0, "2": 1.0}


def test_a_table_that_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "stats.csv"
    path.write_bytes(b"variable,mean,std\n\xe9,1,1\n")
    with pytest.raises(InputError, match="cannot be read as a CSV table"):
        read_scaling(path)


def test_a_row_without_an_end_is_refused_by_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "stats.csv", "variable,mean,std\n" + "HR," * 400_000)
    with pytest.raises(InputError, match=r"stats\.csv:2: the line is longer than 1048576 characters"):
        read_scaling(path)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*oc\.csv"):
        read_labels(tmp_path / "oc.csv")
