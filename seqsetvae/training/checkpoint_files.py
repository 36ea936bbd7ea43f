"""Writing checkpoints so that a kill or a full disk never leaves half of one under its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from pytorch_lightning.strategies import DDPStrategy
from typing_extensions import override

from seqsetvae.atomic_file import replacing


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint, on the same file system, and renames.

    Lightning's own way writes into the system's temporary directory; from there to another file system a move is a
    copy, which a kill can cut short, and that directory is often small.

    Args:
        saved: Called with each checkpoint that is written.
    """

    def __init__(self, saved: Callable[[Path], None] | None = None) -> None:
        super().__init__()
        self._saved = saved
        self._failures: list[OSError] | None = None
        #: Whether the last checkpoint could not be written.
        self.failing = False

    @override
    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Mapping[str, Any] | None = None
    ) -> None:
        """Write a checkpoint; the old one of that name stays until the new one is whole.

        Raises:
            OSError: it cannot be written, and nobody keeps the failures.
        """
        del storage_options
        self.failing = False
        try:
            _write(checkpoint, Path(path))
        except OSError as error:
            self.failing = True
            if self._failures is None:
                raise
            self._failures.append(error)
        else:
            if self._saved is not None:
                self._saved(Path(path))

    @override
    def remove_checkpoint(self, path: str | Path) -> None:
        """Remove a checkpoint that a better one replaces; where the disk refuses, it stays."""
        with suppress(OSError):
            super().remove_checkpoint(path)

    @contextmanager
    def keeping_failures(self) -> Iterator[list[OSError]]:
        """Put an error of the disk on a list instead of raising it, within the block."""
        self._failures = []
        try:
            yield self._failures
        finally:
            self._failures = None


def save_checkpoint(trainer: pl.Trainer, path: Path) -> OSError | None:
    """Write a checkpoint, on all ranks together; return why it could not be written, on rank 0, or None.

    The others wait behind the writing for rank 0, which must not leave by an exception.
    """
    writer = trainer.strategy.checkpoint_io
    if not isinstance(writer, AtomicCheckpointIO):
        trainer.save_checkpoint(path)
        return None
    with writer.keeping_failures() as failures:
        trainer.save_checkpoint(path)
    return failures[0] if failures else None


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


def can_save_alone(trainer: pl.Trainer) -> bool:
    """Return whether this process holds all that a checkpoint needs; with some strategies, each has a part of it."""
    return trainer.world_size == 1 or type(trainer.strategy) is DDPStrategy


def save_alone(trainer: pl.Trainer, path: Path) -> None:
    """Write a checkpoint from this process, without waiting for others, which may be gone."""
    if trainer.world_size == 1:
        trainer.save_checkpoint(path)
        return
    checkpoint = trainer._checkpoint_connector.dump_checkpoint(weights_only=False)
    trainer.strategy.checkpoint_io.save_checkpoint(checkpoint, path)
