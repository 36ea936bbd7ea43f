"""Tables as Parquet, for who has pyarrow: a column of doubles a metric, null where a line does not hold it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tui.export import HEAD, Column, ExportError, Row

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    raise ExportError("Parquet needs pyarrow: pip install pyarrow, or export to a name that ends in .csv") from None

_CELLS = 400_000
"""Cells of a row group, which is what is held in memory: some 60 MB while it is written."""


class ParquetSink:
    """Rows to a Parquet file, a group at a time; ``step`` is a whole number, all else doubles."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        names = [*HEAD, *(column.label for column in columns)]
        self._schema = pa.schema([(name, pa.int64() if name == "step" else pa.float64()) for name in names])
        self._writer = pq.ParquetWriter(path, self._schema)
        self._most = max(_CELLS // len(names), 1)
        self._rows: list[Row] = []

    def write(self, row: Row) -> None:
        """Take one row."""
        self._rows.append(row)
        if len(self._rows) >= self._most:
            self._write_group()

    def close(self) -> None:
        """Write the last group and the file's end."""
        self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        if self._rows:
            arrays = [
                pa.array(list(column), field.type)
                for column, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
            ]
            self._writer.write_table(pa.table(arrays, schema=self._schema))
            self._rows = []
