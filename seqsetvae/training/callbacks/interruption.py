"""Ctrl-C and SIGTERM end training after the current optimizer step, so that nothing is lost."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytorch_lightning as pl

from seqsetvae.i18n.language import tr
from seqsetvae.training.callbacks.training_position import StepDetector
from seqsetvae.training.rank_end import TrainingInterrupted
from seqsetvae.training.ranks import Ranks
from seqsetvae.training.slurm_job import REQUEUE

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], Any] | int | None


class Interruption(pl.Callback):
    """Turns the first Ctrl-C or SIGTERM into a `TrainingInterrupted` at the end of a step; a second acts at once.

    Of several processes rank 0 decides: signals that another one receives are passed on to it, and all end with it.

    Args:
        ranks: The processes of the run; None where there is one.
        requeue: Puts the job of the run back into the queue, which SIGUSR1 asks for; None where there is no job.
    """

    def __init__(self, ranks: Ranks | None = None, requeue: Callable[[], None] | None = None) -> None:
        self._ranks = ranks
        self._requeue = requeue
        self._signals = SIGNALS if requeue is None else (*SIGNALS, REQUEUE)
        self._postpones = False
        self._requested: int | None = None
        self._previous: dict[int, Handler] = {}
        self._steps = StepDetector()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Install the signal handlers."""
        if stage != "fit" or threading.current_thread() is not threading.main_thread():
            return
        for number in self._signals:
            self._previous[number] = signal.signal(number, self._request)
        self._postpone(True)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Restore the previous signal handlers."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
        self._postpone(False)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where training starts, and install the handlers once more.

        Lightning has meanwhile put a handler of its own around ours, which would end training after the next batch, in
        the middle of a step.
        """
        self._steps.start(trainer)
        for number in self._previous:
            signal.signal(number, self._request)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let signals act at once again; one that came after the last step does now."""
        self._postpone(False)
        self._stop_if_requested()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Put the job back into the queue where that was asked for; the checkpoint has been written by then."""
        asked = isinstance(exception, TrainingInterrupted) and exception.signal_number == REQUEUE
        if asked and self._requeue is not None and trainer.is_global_zero:
            self._requeue()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop if a signal has arrived and no gradient is pending."""
        if self._steps.stepped(trainer):
            self._stop_if_requested()

    def on_validation_batch_end(self, *args: Any, **kwargs: Any) -> None:
        """Stop if a signal has arrived: validation changes nothing that a checkpoint holds."""
        self._stop_if_requested()

    def _stop_if_requested(self) -> None:
        if self._requested is not None:
            raise TrainingInterrupted(self._requested)

    def _postpone(self, postpones: bool) -> None:
        self._postpones = postpones
        if self._ranks is not None:
            self._ranks.postpones_signals = postpones

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self._ranks is not None and self._ranks.ignores_signal():
            return
        if self._requested is not None or not self._postpones:
            raise TrainingInterrupted(number)
        self._requested = number
        name = signal.Signals(number).name
        said = tr("{signal}: finishing this step, then saving. Once more stops at once.", signal=name)
        print(f"\n{said}", file=sys.stderr, flush=True)
