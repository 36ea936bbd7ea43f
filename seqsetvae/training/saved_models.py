"""What is said of checkpoints that are written: one line for each that a user may look for."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from seqsetvae.i18n.language import translated
from seqsetvae.i18n.message import Message

#: What a checkpoint is, by what its name begins with. `last.ckpt` is written too often.
MEANING = {
    "best": Message("one of the two best models so far"),
    "healthy": Message("the posterior is healthy; newer ones replace it"),
    "collapse": Message("the posterior has collapsed"),
    "final": Message("the model at the end"),
    "interrupted": Message("the model at the interruption"),
    "error": Message("the model at the error"),
}


class SavedModels:
    """Says where models are saved; of those that replace each other while all is well, the first.

    Args:
        console: Where.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._healthy_said = False

    def __call__(self, path: Path) -> None:
        """Say that a checkpoint was written."""
        kind = path.name.partition("-")[0]
        if kind not in MEANING or (kind == "healthy" and self._healthy_said):
            return
        self._healthy_said = self._healthy_said or kind == "healthy"
        sentence = translated(Message("saved {path}: {meaning}", path=from_here(path), meaning=MEANING[kind]))
        self._console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def from_here(path: Path) -> Path:
    """Return a path as one would type it: without the working directory where it lies in there."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
