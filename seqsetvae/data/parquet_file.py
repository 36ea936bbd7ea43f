"""Opening a parquet file whose columns are found by name; whatever is wrong with it is one sentence."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from seqsetvae.errors import InputError
from seqsetvae.small_file import open_regular


@contextmanager
def parquet_file(path: Path, columns: Collection[str], **options: Any) -> Iterator[tuple[pq.ParquetFile, list[str]]]:
    """Open a file and give it, with those of `columns` that it has, while what goes wrong in reading is one sentence.

    Args:
        path: The file.
        columns: The names that its reader knows.
        **options: For `ParquetFile`.

    Raises:
        InputError: it is no parquet file, or a column comes twice or in another spelling.
    """
    try:
        open_regular(path).close()
        with _opened(path, options) as file:
            found = file.schema_arrow.names
            _refuse_other_names(path, found, columns)
            yield file, [name for name in columns if name in found]
    except InputError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0][:200].rstrip(".")
        raise InputError(
            "{path} cannot be read as parquet ({reason}); write the file again.", path=path, reason=reason
        ) from error


def _opened(path: Path, options: Mapping[str, Any]) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, **options)
    except KeyError:  # an option for a column that it has not, which the reader says better
        return pq.ParquetFile(path)


def _refuse_other_names(path: Path, found: list[str], columns: Collection[str]) -> None:
    for name in columns:
        if found.count(name) > 1:
            raise InputError(
                "{path} has {count} columns {name}; keep one of them.", path=path, count=found.count(name), name=name
            )
        for other in found:
            if other not in columns and other.strip().lower() == name:
                raise InputError(
                    "{path}: column {other!r} must be named {name}; rename it.", path=path, other=other, name=name
                )
