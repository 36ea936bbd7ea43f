"""Tables as Parquet, for who has pyarrow: a column of doubles a metric, null where a line does not hold it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from seqsetvae.errors import InputError
from seqsetvae.logs.table_rows import HEAD, TableColumn, TableRows

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    raise InputError("Parquet needs pyarrow: pip install pyarrow, or export to a name that ends in .csv") from None

_GROUP_ROWS = 65_536
_GROUP_CELLS = 600_000
"""Rows and cells of a row group at most, which is what is held in memory: some 20 MB while it is written."""


class ParquetSink:
    """Rows to a Parquet file, a group at a time; `step` is a whole number, all else doubles."""

    def __init__(self, path: Path, columns: Sequence[TableColumn]) -> None:
        names = [*HEAD, *(column.label for column in columns)]
        self._schema = pa.schema([(name, pa.int64() if name == "step" else pa.float64()) for name in names])
        self._writer = pq.ParquetWriter(path, self._schema)
        self._most = max(min(_GROUP_ROWS, _GROUP_CELLS // len(names)), 1)
        self._blocks: list[TableRows] = []
        self._rows = 0

    def write(self, block: TableRows) -> None:
        """Take some rows."""
        self._blocks.append(block)
        self._rows += len(block.steps)
        if self._rows >= self._most:
            self._write_group()

    def close(self) -> None:
        """Write the last group and the file's end."""
        self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        if not self._blocks:
            return
        steps = np.concatenate([block.steps for block in self._blocks])
        cells = np.concatenate([block.cells for block in self._blocks])
        empty = np.concatenate([block.empty for block in self._blocks])
        self._blocks, self._rows = [], 0
        numbers = [
            pa.array(np.ascontiguousarray(cells[:, place]), mask=empty[:, place]) for place in range(cells.shape[1])
        ]
        self._writer.write_table(pa.table([pa.array(steps), *numbers], schema=self._schema))
