"""The layout of all tables of figures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table


def figures_table(title: str | None, headings: Sequence[str], *, words: int = 1) -> Table:
    """Return an empty table whose first columns are words and whose others are numbers."""
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False, show_edge=False
    )
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number < words else "right", no_wrap=True)
    return table
