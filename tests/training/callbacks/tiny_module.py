"""A LightningModule as small as can be, and a trainer for it: for tests of loggers and callbacks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from torch import Tensor
from torch.utils.data import DataLoader

QUIET = (
    # Lightning's advice about data loaders and its own use of a deprecated torch name; no concern of these tests.
    "ignore:.*does not have many workers",
    "ignore:.*isinstance\\(treespec, LeafSpec\\).* is deprecated",
)


class TinyModule(LightningModule):
    """Fits y = w·x. `at_step` is called with the batch's index in every training step, and may raise."""

    def __init__(self, at_step: Callable[[int], None] | None = None) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
        self.at_step = at_step

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        if self.at_step is not None:
            self.at_step(batch_idx)
        loss: Tensor = self.layer(batch).square().mean()
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("val/loss", self.layer(batch).square().mean())

    def test_step(self, batch: Tensor, batch_idx: int) -> None:
        self.log("test/loss", self.layer(batch).square().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.01)

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(8, 2))  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(2, 2))  # type: ignore[arg-type]

    def test_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(2, 2))  # type: ignore[arg-type]


def tiny_trainer(directory: Path, **options: Any) -> Trainer:
    """A quiet CPU trainer of one epoch, which is eight batches, that logs every step."""
    defaults: dict[str, Any] = {
        "max_epochs": 1,
        "log_every_n_steps": 1,
        "accelerator": "cpu",
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "default_root_dir": directory,
    }
    return Trainer(**{**defaults, **options})
