"""The three small tables beside the patients, each checked where it is read.

Every error names the file, the row and value, and what to do.
"""

import codecs
import csv
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data import layout
from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.small_file import open_regular
from seqsetvae.text_lines import text_lines

#: Tables that passed through a float column carry ids like 132539.0.
FLOAT_ID = re.compile(r"(\d+)\.0+")

#: What single precision can hold, in which embeddings are kept.
LARGEST_SINGLE = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """The variables, in the order that gives them their ids, and how their values are scaled.

    Attributes:
        variables: Names.
        mean, std: `[variables]` float64; `(value - mean) / std`.
    """

    variables: tuple[str, ...]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]


def read_scaling(path: Path) -> Scaling:
    """Read variable, mean and std.

    Raises:
        InputError: the file cannot be read, a variable comes twice, or a std is not a positive number.
    """
    variables: dict[str, tuple[float, float]] = {}
    with table_rows(path, layout.STATS_COLUMNS) as rows:
        for line, row in rows:
            name = layout.variable_name(row["variable"])
            if not name or name in variables:
                problem = Message("variable {name} comes a second time", name=name)
                if not name:
                    problem = Message("the variable has no name")
                raise InputError(
                    "{path}:{line}: {problem}; remove or correct the row.", path=path, line=line, problem=problem
                )
            mean, std = _number(row["mean"]), _number(row["std"])
            if not math.isfinite(mean):
                raise InputError(
                    "{path}:{line}: the mean of {name} is {value}; give a number.",
                    path=path, line=line, name=name, value=row["mean"] or Message("empty"),
                )  # fmt: skip
            if not (math.isfinite(std) and std > 0):
                raise InputError(
                    "{path}:{line}: the std of {name} is {value}, but values are divided by it; give a "
                    "positive number (1 for a variable that never varies).",
                    path=path, line=line, name=name, value=row["std"] or Message("empty"),
                )  # fmt: skip
            variables[name] = (mean, std)
    if not variables:
        raise InputError("{path} lists no variables; give one row of variable,mean,std for each.", path=path)
    moments = np.array(list(variables.values()), dtype=np.float64)
    return Scaling(variables=tuple(variables), mean=moments[:, 0], std=moments[:, 1])


def read_labels(path: Path) -> dict[str, float]:
    """Read in-hospital mortality, 0.0 or 1.0, by patient id as `normalise_id` spells it.

    Raises:
        InputError: the file cannot be read, a patient comes twice, or a label is not 0 or 1.
    """
    labels: dict[str, float] = {}
    id_column, label_column = layout.LABEL_COLUMNS
    with table_rows(path, layout.LABEL_COLUMNS) as rows:
        for line, row in rows:
            patient_id = normalise_id(row[id_column])
            if not patient_id:
                raise InputError(
                    "{path}:{line}: {column} is empty; fill it in.", path=path, line=line, column=id_column
                )
            label = _number(row[label_column])
            if label not in (0.0, 1.0):
                shown = row[label_column] or Message("empty")
                raise InputError(
                    "{path}:{line}: the {column} of patient {id} is {value}, but must be 0 or 1.",
                    path=path, line=line, column=label_column, id=patient_id, value=shown,
                )  # fmt: skip
            if patient_id in labels:
                raise InputError(
                    "{path}:{line}: patient {id} comes a second time; remove one of the rows.",
                    path=path, line=line, id=patient_id,
                )  # fmt: skip
            labels[patient_id] = label
    return labels


def normalise_id(patient_id: str) -> str:
    """Spell an id without blanks around it, and without the `.0` that a float column leaves."""
    stripped = patient_id.strip()
    match = FLOAT_ID.fullmatch(stripped)
    return match[1] if match else stripped


def read_embeddings(path: Path, variables: Sequence[str]) -> NDArray[np.float32]:
    """Read one embedding per variable, `[variables, dim]` float32.

    Keys of other variables are ignored, and so is a column without a name: an index that pandas wrote.

    Raises:
        InputError: the file cannot be read, lacks a variable, or holds something that is no finite number.
    """
    wanted = set(variables)
    vectors: dict[str, list[float]] = {}
    with table_rows(path, (layout.EMBEDDING_KEY,)) as rows:
        for line, row in rows:
            name = layout.variable_name(row.pop(layout.EMBEDDING_KEY))
            row.pop("", None)
            if name not in wanted:
                continue
            if name in vectors:
                raise InputError(
                    "{path}:{line}: variable {name} comes a second time; remove one of the rows.",
                    path=path, line=line, name=name,
                )  # fmt: skip
            vectors[name] = [_number(text) for text in row.values()]
            if not vectors[name] or not all(abs(number) <= LARGEST_SINGLE for number in vectors[name]):
                raise InputError(
                    "{path}:{line}: the embedding of {name} is not all numbers of single precision; correct the row.",
                    path=path, line=line, name=name,
                )  # fmt: skip
    lacking = [name for name in variables if name not in vectors]
    if lacking:
        raise InputError(
            "{path} lacks {count} of {total} variables (the first: {names}); add their embeddings, "
            "or remove the file to have embeddings learned.",
            path=path, count=len(lacking), total=len(variables), names=", ".join(lacking[:3]),
        )  # fmt: skip
    return np.array([vectors[name] for name in variables], dtype=np.float32)


@contextmanager
def table_rows(path: Path, required: Sequence[str]) -> Iterator[Iterator[tuple[int, dict[str, str]]]]:
    """Open a CSV table with a header, and yield its rows with their line numbers; rows without a value are skipped.

    Raises:
        InputError: it cannot be read, lacks a column, has one twice, or a row is longer or shorter than the header.
    """
    try:
        with text_lines(path, encoding=_encoding(path)) as lines:
            reader = csv.reader(lines)
            header = [column.strip() for column in next(reader, [])]
            _check_header(path, header, required)
            yield (
                (reader.line_num, _by_column(path, reader.line_num, header, row))
                for row in reader
                if any(map(str.strip, row))
            )
    except FileNotFoundError as error:
        raise InputError("There is no file {path}; create it, or name another one.", path=path) from error
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(
            "{path} cannot be read as a CSV table ({reason}); write it again as UTF-8.", path=path, reason=error
        ) from error


def _encoding(path: Path) -> str:
    """Return the encoding that a byte order mark tells: spreadsheets write UTF-16, too."""
    with open_regular(path) as file:
        return "utf-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _check_header(path: Path, header: Sequence[str], required: Sequence[str]) -> None:
    doubled = [column for column in dict.fromkeys(header) if column and header.count(column) > 1]
    if doubled:
        raise InputError("{path} has column {name} more than once; keep one of them.", path=path, name=doubled[0])
    lacking = [column for column in required if column not in header]
    if not lacking:
        return
    if any("\0" in column for column in header):
        raise InputError("{path} is not UTF-8 text; write it again as UTF-8.", path=path)
    first = " ".join(header)
    for separator, name in ((";", Message("semicolons")), ("\t", Message("tabs"))):
        if all(column in first.split(separator) for column in required) and separator in first:
            raise InputError(
                "{path} separates its columns by {separator}; write it with commas, and numbers with points.",
                path=path, separator=name,
            )  # fmt: skip
    raise InputError(
        "{path} has no column {name} (it has: {names}); its columns must include {required}.",
        path=path, name=lacking[0], names=", ".join(header[:8]) or Message("none"), required=", ".join(required),
    )  # fmt: skip


def _by_column(path: Path, line: int, header: Sequence[str], row: Sequence[str]) -> dict[str, str]:
    if len(row) != len(header):
        raise InputError(
            "{path}:{line}: the row has {count} values for {columns} columns; correct the row.",
            path=path, line=line, count=len(row), columns=len(header),
        )  # fmt: skip
    return {column: text.strip() for column, text in zip(header, row, strict=True)}


def _number(text: str) -> float:
    """Return the number, or NaN where the text is none, which the caller reports."""
    try:
        return math.nan if "_" in text else float(text)  # Python's own digits, as in 1_000
    except ValueError:
        return math.nan
