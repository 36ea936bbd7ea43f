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

SIGNALS = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], Any] | int | None


class TrainingInterrupted(SystemExit):
    """Raised at the end of a step after a signal; unhandled, it ends the program with 128 + signal, as in shells.

    Attributes:
        signal_number: The signal that asked for it.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(128 + signal_number)
        self.signal_number = signal_number


class Interruption(pl.Callback):
    """Turns the first Ctrl-C or SIGTERM into a `TrainingInterrupted` at the end of a step; a second acts at once."""

    def __init__(self) -> None:
        self._requested: int | None = None
        self._previous: dict[int, Handler] = {}
        self._steps = StepDetector()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Install the signal handlers."""
        if stage != "fit" or threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._request)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Restore the previous signal handlers."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where training starts, and install the handlers once more.

        Lightning has meanwhile put a handler of its own around ours, which would end training after the next batch, in
        the middle of a step. With several processes it is kept, since it passes the signal on to the others.
        """
        self._steps.start(trainer)
        if not _several_processes():
            for number in self._previous:
                signal.signal(number, self._request)

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

    def _request(self, number: int, frame: FrameType | None) -> None:
        if self._requested is not None:
            raise TrainingInterrupted(number)
        self._requested = number
        name = signal.Signals(number).name
        said = tr("{signal}: finishing this step, then saving. Once more stops at once.", signal=name)
        print(f"\n{said}", file=sys.stderr, flush=True)
        previous = self._previous.get(number)
        if number == signal.SIGTERM and callable(previous) and _several_processes():
            previous(number, frame)  # Lightning passes the signal on to the other ranks


def _several_processes() -> bool:
    import torch.distributed as dist

    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1
