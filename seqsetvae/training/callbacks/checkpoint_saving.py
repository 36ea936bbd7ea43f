"""Which checkpoints a run leaves, and when.

    last.ckpt            at the start, every few minutes, before each validation, when the verdict rises to orange or
                         red, and at the end
    best-*.ckpt          the two best by validation AUROC
    healthy-*.ckpt       the newest from while the posterior was well, see `healthy_checkpoint`
    collapse-*.ckpt      when the verdict becomes red, see `collapse_response`
    final-*.ckpt         when training ends by itself
    interrupted-*.ckpt   on Ctrl-C or SIGTERM
    error-*.ckpt         on an exception

All but the last kind are written between optimizer steps, so that resuming from them continues the run exactly.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.trainer.states import TrainerFn

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.training_position import StepDetector, as_rank_zero

#: Steps after which ranks agree on the time; each agreement makes them wait for each other.
AGREEMENT_STEPS = 20

LAST = "last.ckpt"


def best_checkpoints(directory: Path) -> ModelCheckpoint:
    """Return the callback that keeps the two best checkpoints by validation AUROC."""
    return ModelCheckpoint(
        dirpath=directory,
        filename="best-step{step:06d}-auroc{val/auroc:.4f}",
        auto_insert_metric_name=False,
        monitor="val/auroc",
        mode="max",
        save_top_k=2,
        save_last=False,
    )


class CheckpointSaver(pl.Callback):
    """Writes last, final, interrupted and error checkpoints; a listener of `PosteriorMonitor`.

    Args:
        directory: Where they go.
        run_name: The run that they belong to, stored inside, so that resuming finds its log.
        minutes: Longest time between two writes of `last.ckpt`.
        clock: Monotonic seconds.
    """

    def __init__(
        self, *, directory: Path, run_name: str, minutes: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.directory = directory
        self.run_name = run_name
        self._interval = 60.0 * minutes
        self._clock = clock
        self._written = 0.0
        self._steps = StepDetector()
        self._gradient_pending = False
        self._level = Level.GREEN
        self._risen = False
        #: The checkpoint that a run's end left: final, interrupted or error.
        self.closing: Path | None = None

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Store whose checkpoint this is, and bring its log up to it.

        After a kill the run goes on from the checkpoint; a log that ended before it would have a hole for ever.
        """
        checkpoint["run_name"] = self.run_name
        for logger in trainer.loggers:
            if isinstance(logger, JsonlLogger):
                logger.experiment.flush()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make the run resumable from its first moment."""
        self._steps.start(trainer)
        self._save_last(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Refresh `last.ckpt` where it has grown old, or the run worse."""
        self._gradient_pending = not self._steps.stepped(trainer)
        if not self._gradient_pending and (self._risen or self._has_grown_old(trainer)):
            self._save_last(trainer)

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Note a rise to orange or red: a run that is killed and resumed must not start at green again."""
        worse = verdict.level.severity > self._level.severity
        self._risen = self._risen or (worse and verdict.level in (Level.ORANGE, Level.RED))
        self._level = verdict.level

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Refresh `last.ckpt` before a validation, which may be long, or be interrupted."""
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking and not self._gradient_pending:
            self._save_last(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the end."""
        self._save_last(trainer)
        self._close(trainer, "final")

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Keep what there is."""
        interrupted = isinstance(exception, KeyboardInterrupt | SystemExit)
        self._close(trainer, "interrupted" if interrupted else "error")

    def _save_last(self, trainer: pl.Trainer) -> None:
        trainer.save_checkpoint(self.directory / LAST)
        self._written = self._clock()
        self._risen = False

    def _has_grown_old(self, trainer: pl.Trainer) -> bool:
        if trainer.world_size > 1 and trainer.global_step % AGREEMENT_STEPS:
            return False
        return as_rank_zero(trainer, self._clock() - self._written >= self._interval)

    def _close(self, trainer: pl.Trainer, kind: str) -> None:
        path = self.directory / f"{kind}-step{trainer.global_step:06d}.ckpt"
        if trainer.validating and (self.directory / LAST).exists():
            # A checkpoint from inside a validation would make the resumed run report half of it as the whole.
            if trainer.is_global_zero:
                shutil.copyfile(self.directory / LAST, path)
        else:
            trainer.save_checkpoint(path)
        self.closing = path
