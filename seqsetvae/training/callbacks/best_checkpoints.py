"""The two best checkpoints by validation AUROC, which a resumed run finds again beside the one that it goes on from."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from seqsetvae.errors import InputError
from seqsetvae.training.callbacks.checkpoint_writing import ForgivingModelCheckpoint
from seqsetvae.training.checkpoint_contents import read_content

PATTERN = "best-*.ckpt"


class BestCheckpoints(ForgivingModelCheckpoint):
    """Keeps the checkpoints of the highest score; a score that is not finite is never among them.

    The files are what counts, not what a checkpoint says of them: directories are moved, and files deleted.

    Args:
        directory: Where they go.
        resumed: The checkpoint that the run goes on from; None in a new run.
    """

    def __init__(self, directory: Path, *, resumed: Path | None = None) -> None:
        super().__init__(
            dirpath=directory,
            filename="best-step{step:06d}-auroc{val/auroc:.4f}",
            auto_insert_metric_name=False,
            monitor="val/auroc",
            mode="max",
            save_top_k=2,
            save_last=False,
            save_on_train_epoch_end=False,
            enable_version_counter=False,  # a validation that is made once more replaces its checkpoint
        )
        self._resumed = resumed

    @property
    def state_key(self) -> str:
        """The name of its state in checkpoints, which is that of its base class."""
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__, 1)

    @property
    def kept(self) -> Path | None:
        """The best of the checkpoints that are there, or None."""
        there = {path: float(score) for path, score in self.best_k_models.items() if Path(path).is_file()}
        return Path(max(there, key=there.__getitem__)) if there else None

    def check_monitor_top_k(self, trainer: pl.Trainer, current: Tensor | None = None) -> bool:
        """Return whether a score is among the highest."""
        return current is not None and bool(current.isfinite()) and super().check_monitor_top_k(trainer, current)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Find the best checkpoints again, by the scores in their files."""
        if self._resumed is None:
            return
        named = state_dict.get("best_k_models")
        elsewhere = [Path(path) for path in named if isinstance(path, str)] if isinstance(named, Mapping) else []
        found = self._scored([*self._resumed.parent.glob(PATTERN), *elsewhere])
        best = sorted(found, key=lambda entry: -entry[1])[: self.save_top_k]
        self.best_k_models = {path: torch.tensor(score) for path, score in found if (path, score) in best}
        self._rank()

    def _rank(self) -> None:
        """Find the best and the worst of what is kept."""
        if self.best_k_models:
            self.kth_best_model_path = min(self.best_k_models, key=self.best_k_models.__getitem__)
            self.kth_value = self.best_k_models[self.kth_best_model_path]
            self.best_model_path = max(self.best_k_models, key=self.best_k_models.__getitem__)
            self.best_model_score = self.best_k_models[self.best_model_path]

    def _scored(self, paths: Iterable[Path]) -> list[tuple[str, float]]:
        """Return the files of the run and their scores, in the order of their steps; of two of a name, the first."""
        assert self._resumed is not None
        run = read_content(self._resumed).get("run_name")
        found: dict[str, tuple[int, str, float]] = {}
        for path in paths:
            if path.name not in found and (scored := self._score(path, run)) is not None:
                found[path.name] = (scored[0], os.path.realpath(path), scored[1])
        return [(path, score) for _, path, score in sorted(found.values())]

    def _score(self, path: Path, run: object) -> tuple[int, float] | None:
        """Return the step and the score of a checkpoint of a run, or None where it is none."""
        try:
            content = read_content(path)
            score = float(content["callbacks"][self.state_key]["current_score"])
            if content["run_name"] == run and math.isfinite(score):
                return int(content["global_step"]), score
        except (InputError, OSError, LookupError, TypeError, ValueError, RuntimeError):
            pass
        return None

    def _update_best_and_save(
        self, current: Tensor, trainer: pl.Trainer, monitor_candidates: dict[str, Tensor]
    ) -> None:
        """Save the model; one that is kept already, from before the run was resumed, only once more."""
        path = self._get_metric_interpolated_filepath_name(monitor_candidates, trainer)
        if path in self.best_k_models:
            self.current_score = self.best_k_models[path] = current
            self._rank()
            self._save_checkpoint(trainer, path)
        else:
            super()._update_best_and_save(current, trainer, monitor_candidates)
