"""What programs print to: tables that keep their width in a file, and lines of progress on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

#: Tables are at least this wide where the output is no terminal: a log file scrolls sideways, cut numbers are lost.
FILE_WIDTH = 140


def table_console(*, stderr: bool = False) -> Console:
    """Return a console for tables, wide enough for them where the output is no terminal."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=max(FILE_WIDTH, console.width))


def progress_lines(*columns: ProgressColumn) -> Progress:
    """Return lines of progress for a terminal; none where stderr goes elsewhere.

    Args:
        *columns: What stands behind a task's description; a bar, its count and its time by default.
    """
    shown = columns or (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"), *shown, console=console, disable=not console.is_terminal, transient=True
    )
