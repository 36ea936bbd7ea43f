"""Writing checkpoints so that a kill or a full disk never leaves half of one under its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from typing_extensions import override

from seqsetvae.atomic_file import replacing


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint, on the same file system, and renames.

    Lightning's own way writes into the system's temporary directory; from there to another file system a move is a
    copy, which a kill can cut short, and that directory is often small.
    """

    def __init__(self) -> None:
        super().__init__()
        self._failures: list[OSError] | None = None

    @override
    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Mapping[str, Any] | None = None
    ) -> None:
        """Write a checkpoint; the old one of that name stays until the new one is whole.

        Raises:
            OSError: it cannot be written, and nobody keeps the failures.
        """
        del storage_options
        try:
            _write(checkpoint, Path(path))
        except OSError as error:
            if self._failures is None:
                raise
            self._failures.append(error)

    @contextmanager
    def keeping_failures(self) -> Iterator[list[OSError]]:
        """Put an error of the disk on a list instead of raising it, within the block."""
        self._failures = []
        try:
            yield self._failures
        finally:
            self._failures = None


def save_checkpoint(trainer: pl.Trainer, path: Path) -> OSError | None:
    """Write a checkpoint; return why rank 0 could not, on every rank, or None. All ranks must call it together.

    The others wait behind the writing for rank 0, which must not leave by an exception.
    """
    writer = trainer.strategy.checkpoint_io
    assert isinstance(writer, AtomicCheckpointIO)
    with writer.keeping_failures() as failures:
        trainer.save_checkpoint(path)
    failure = failures[0] if failures else None
    return failure if trainer.world_size == 1 else trainer.strategy.broadcast(failure)


def _write(checkpoint: Mapping[str, Any], target: Path) -> None:
    with replacing(target) as partial:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("wb") as file:
                torch.save(checkpoint, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # what torch says of a write that failed
                raise error.__context__ from None
            raise
