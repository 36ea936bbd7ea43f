"""A progress bar on the console; a line every now and then where it is no terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.callbacks.training_position import total_steps

#: Seconds between two lines where there is no terminal.
LINE_SECONDS = 30.0


class ConsoleProgress(pl.Callback):
    """Shows epoch, step, time left, patients/s, loss and KL.

    Everything shown was already on the host: it takes the last line that `TrainingMetrics` logged.

    Args:
        metrics: Whose numbers are shown.
        console: Where.
        clock: Monotonic seconds.
    """

    def __init__(
        self, metrics: TrainingMetrics, console: Console, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metrics = metrics
        self._console = console
        self._clock = clock
        self._progress: Progress | None = None
        self._printed = -LINE_SECONDS
        self._first_step = 0
        self._started = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the bar."""
        self._first_step, self._started = trainer.global_step, self._clock()
        if not trainer.is_global_zero or not self._console.is_terminal:
            return
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[numbers]}", markup=False),
            console=self._console,
            refresh_per_second=4,
        )
        self._progress.add_task("", total=total_steps(trainer), numbers="")
        self._progress.start()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Update the bar, or print a line where one is due."""
        if self._progress is not None:
            self._progress.update(
                self._progress.task_ids[0],
                completed=trainer.global_step,
                description=self._position(trainer),
                numbers=self._numbers(trainer),
            )
        elif trainer.is_global_zero and self._clock() - self._printed >= LINE_SECONDS and self._metrics.latest:
            self._printed = self._clock()
            self._console.print(f"{self._position(trainer)}  {self._numbers(trainer)}", markup=False, highlight=False)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the metrics of validation."""
        if trainer.sanity_checking or not trainer.is_global_zero:
            return
        found = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith("val/")}
        shown = "  ".join(
            f"{name} {found[name]:.4f}" for name in ("val/auroc", "val/auprc", "val/loss") if name in found
        )
        self._console.print(f"{self._position(trainer)}  {shown}", markup=False, highlight=False)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Remove the bar, whatever ended training."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def _position(self, trainer: pl.Trainer) -> str:
        total = total_steps(trainer)
        epochs = "" if trainer.max_epochs in (None, -1) else f"/{trainer.max_epochs}"
        return f"epoch {trainer.current_epoch + 1}{epochs} step {trainer.global_step}{f'/{total}' if total else ''}"

    def _numbers(self, trainer: pl.Trainer) -> str:
        latest = self._metrics.latest
        if not latest:
            return ""
        parts = [
            f"{latest['time/patients_per_second']:.1f} patients/s",
            f"loss {latest['train/loss']:.3f}",
            f"KL {latest['train/kl']:.2f}",
        ]
        left = self._seconds_left(trainer)
        return "  ".join([f"ETA {duration(left)}", *parts] if left is not None else parts)

    def _seconds_left(self, trainer: pl.Trainer) -> float | None:
        total, done = total_steps(trainer), trainer.global_step - self._first_step
        if total is None or done <= 0:
            return None
        return (self._clock() - self._started) / done * (total - trainer.global_step)


def duration(seconds: float) -> str:
    """Return `1:02:03`."""
    minutes, second = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02d}:{second:02d}"
