"""Which checkpoints a run leaves, and when.

    last.ckpt            at the start, every few minutes, before each validation, when the verdict rises to orange or
                         red, and at the end
    best-*.ckpt          the two best by validation AUROC, see `best_checkpoints`
    healthy-*.ckpt       the newest from while the posterior was well, see `healthy_checkpoint`
    collapse-*.ckpt      when the verdict becomes red, see `collapse_response`
    final-*.ckpt         when training ends as planned
    interrupted-*.ckpt   on Ctrl-C or SIGTERM
    error-*.ckpt         on an exception

All but error checkpoints are written between optimizer steps, so that a run resumed from them continues exactly.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerFn

from seqsetvae.atomic_file import replacing
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.checkpoint_writing import (
    say_unwritten,
    write_along_the_way,
    write_or_end,
)
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.training_position import StepDetector, as_rank_zero
from seqsetvae.training.checkpoint_files import can_save_alone, save_alone
from seqsetvae.training.rank_end import RankError

#: Steps between two exchanges about the time, for which ranks have to wait for each other.
AGREEMENT_STEPS = 20

LAST = "last.ckpt"


class CheckpointSaver(pl.Callback):
    """Writes last, final, interrupted and error checkpoints; a listener of `PosteriorMonitor`.

    Args:
        directory: Where they go.
        run_name: Stored in the checkpoints, so that a resumed run finds its log.
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
        """Store the run's name and start, by which it finds its log, and write the log up to this step.

        After a kill the run continues from the checkpoint; steps that were not yet in the log would be missing.
        """
        checkpoint["run_name"] = self.run_name
        for logger in trainer.loggers:
            if isinstance(logger, JsonlLogger):
                logger.experiment.catch_up()
                if trainer.is_global_zero:
                    checkpoint["run_started"] = logger.experiment.manifest.started

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the first checkpoint, from which the run can be resumed."""
        self._steps.start(trainer)
        write_or_end(trainer, self.directory / LAST)
        self._note_written()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write `last.ckpt` where it is too old or the verdict has risen."""
        self._gradient_pending = not self._steps.stepped(trainer)
        if not self._gradient_pending and (self._risen or self._is_too_old(trainer)):
            self._save_last(trainer)

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Note a rise to orange or red: a run that is killed and resumed must not start at green."""
        worse = verdict.level.severity > self._level.severity
        self._risen = self._risen or (worse and verdict.level in (Level.ORANGE, Level.RED))
        self._level = verdict.level

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write `last.ckpt` before a validation, which may take long or be interrupted."""
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking and not self._gradient_pending:
            self._save_last(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the final checkpoint, and `last.ckpt` after it: killed in between, a run comes to its end again."""
        path = self._closing_path(trainer, "final")
        write_or_end(trainer, path)
        self.closing = path
        self._save_last(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write the checkpoint of an interruption or an error, which a failure in doing so does not hide.

        It is written alone, since another rank may be gone. One that only follows another has nothing to write.
        """
        interrupted = isinstance(exception, KeyboardInterrupt | SystemExit)
        follows = not trainer.is_global_zero and (interrupted or isinstance(exception, RankError))
        if follows or trainer.state.fn == TrainerFn.TESTING or not can_save_alone(trainer):
            return
        path = self._closing_path(trainer, "interrupted" if interrupted else "error")
        try:
            self._close(trainer, path)
        except Exception as error:  # noqa: BLE001 - whatever it is, the first one is the cause
            say_unwritten(trainer, path, error, "the run ends without it")
        else:
            self.closing = path

    def _save_last(self, trainer: pl.Trainer) -> None:
        write_along_the_way(trainer, self.directory / LAST)
        self._note_written()

    def _note_written(self) -> None:
        self._written = self._clock()
        self._risen = False

    def _is_too_old(self, trainer: pl.Trainer) -> bool:
        if trainer.world_size > 1 and trainer.global_step % AGREEMENT_STEPS:
            return False
        return as_rank_zero(trainer, self._clock() - self._written >= self._interval)

    def _closing_path(self, trainer: pl.Trainer, kind: str) -> Path:
        return self.directory / f"{kind}-step{trainer.global_step:06d}.ckpt"

    def _close(self, trainer: pl.Trainer, path: Path) -> None:
        last = self.directory / LAST
        if trainer.validating and last.exists():
            # Resumed from inside a validation, a run would report the metrics of half of it.
            with replacing(path) as partial:
                shutil.copyfile(last, partial)
        else:
            save_alone(trainer, path)
