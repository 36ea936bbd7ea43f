"""A progress bar on stderr for work over files; nothing where stderr is no terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

#: Below this many files the work is over before a bar has been read.
WORTH_SHOWING = 500


@contextmanager
def file_progress(description: str, total: int, *, unit: str = "files") -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of files, or what `unit` says, that were just done."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit, markup=False),
        TimeRemainingColumn(),
    )
    hidden = total < WORTH_SHOWING or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(description, total=total)
        yield lambda done: progress.update(task, advance=done)
