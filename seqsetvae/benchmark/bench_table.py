"""The look of all tables of figures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table


def figures_table(title: str, headings: Sequence[str]) -> Table:
    """Return an empty table whose first column is words and whose others are numbers."""
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False, show_edge=False
    )
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def mebibytes(size: int) -> str:
    """Return bytes as MiB, for people."""
    return f"{size / 2**20:,.0f} MiB"
