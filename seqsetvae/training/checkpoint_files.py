"""Writing checkpoints so that a kill or a full disk never leaves half of one under its name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO
from typing_extensions import override

from seqsetvae.atomic_file import replacing


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint, on the same file system, and renames.

    Lightning's own way writes into the system's temporary directory; from there to another file system a move is a
    copy, which a kill can cut short, and that directory is often small.
    """

    @override
    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Mapping[str, Any] | None = None
    ) -> None:
        """Write a checkpoint; the old one of that name stays until the new one is whole."""
        del storage_options
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as partial, partial.open("wb") as file:
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
