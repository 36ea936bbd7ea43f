"""A run in a notebook: its log as a pandas DataFrame.

Every log that `seqsetvae-watch` opens becomes a table in one line (`pip install "seqsetvae[pandas]"`):

    import seqsetvae.logs
    posterior = seqsetvae.logs.frame("logs/run-1", metrics="posterior/*")
    posterior.plot(x="step", y="posterior/kl")

A row is a logged line, a column a metric, after `step`, `epoch` and `t` (unix seconds). Points that a resumption
superseded are left out, and a metric that a line lacks is NaN. `lists=True` adds a column for each number of a list,
such as `posterior/kl_per_dim[0]`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqsetvae.errors import InputError
from seqsetvae.logs.discovery import log_of
from seqsetvae.logs.log_rows import LogRows
from seqsetvae.logs.metric_names import matches
from seqsetvae.logs.table_rows import HEAD, TableColumn, rows_of

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 1 << 16
"""Rows that are gathered at once."""


def frame(run: str | Path, metrics: str = "", *, lists: bool = False) -> pd.DataFrame:
    """Return the log of a run as a table; see the module.

    Args:
        run: The run's directory, or the file of another tool's log.
        metrics: Which metrics, as in `--metrics`: a glob such as `posterior/*`, or words that must all occur.
        lists: Give the metrics that are lists too.

    Raises:
        InputError: There is no log, it cannot be read, or pandas is not installed.
    """
    pandas = _pandas()
    source = LogRows(log_of(Path(run)))
    columns = [
        column
        for name, size in sorted(source.sizes().items())
        if matches(name, metrics) and (lists or size is None)
        for column in _columns(name, size)
    ]
    parts = [rows for block in source.blocks() for rows in rows_of(block, columns, _ROWS)]
    cells = np.concatenate([np.empty((0, len(HEAD) - 1 + len(columns))), *(rows.cells for rows in parts)])
    table = pandas.DataFrame(cells, columns=[*HEAD[1:], *(column.label for column in columns)])
    table.insert(0, HEAD[0], np.concatenate([np.empty(0, np.int64), *(rows.steps for rows in parts)]))
    return table


def _columns(name: str, size: int | None) -> list[TableColumn]:
    if size is None:
        return [TableColumn(metric=name, place=None, label=name)]
    return [TableColumn(metric=name, place=place, label=f"{name}[{place}]") for place in range(size)]


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise InputError('a table needs pandas: pip install "seqsetvae[pandas]"') from None
    return pandas
