"""Early stopping by validation AUROC, as patient as the run's settings say."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import EarlyStopping


class AurocStopping(EarlyStopping):
    """Stops training after `patience` validations without a better AUROC, also where a run goes on."""

    def __init__(self, *, patience: int) -> None:
        super().__init__("val/auroc", mode="max", patience=patience, check_finite=False, check_on_train_epoch_end=False)

    @property
    def state_key(self) -> str:
        """The name of its state in checkpoints, which is that of its base class."""
        return super().state_key.replace(type(self).__qualname__, EarlyStopping.__qualname__, 1)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint, with this run's patience."""
        super().load_state_dict({**state_dict, "patience": self.patience})

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop where patience has run out: a stopped run that was killed in its test is tested, not trained further."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True
