"""Events of a run for the watcher's feed: its start, new best scores, non-finite numbers, its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.console import Console

from seqsetvae.i18n.log_texts import log_text
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.checkpoint_saving import CheckpointSaver
from seqsetvae.training.callbacks.collapse_response import CollapseResponse
from seqsetvae.training.callbacks.run_log import log_event
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.rank_end import failure_text

#: What the best model is best in.
AUROC = "val/auroc"
#: The kind of an end by early stopping.
EARLY_STOPPING = "early_stopping"
#: Logged numbers that must be finite.
WATCHED = ("train/loss", "grad/norm")
#: The precision whose gradients are scaled up: a step whose gradients overflow is skipped, and the scale is halved.
SCALED = "16-mixed"
#: Consecutive lines with non-finite gradients that the scale no longer explains: from 2¹⁶, 16 halvings make it 1.
SCALING_LINES = 20


class RunEvents(pl.Callback):
    """Writes events; place it after `TrainingMetrics` and `CheckpointSaver`, from which it takes its facts.

    Args:
        metrics: Its last line is checked for non-finite numbers.
        saver: Has the checkpoint of the run's end.
        response: Knows whether a collapse ended training; None where the posterior is not judged.
        console: For what ended training before its time; None says nothing.

    Attributes:
        cause: The kind of the event that ended training; None before the end.
        trained: Whether a batch was trained on; a run that is resumed at its end has none left.
        validations: How many were made in the run.
    """

    def __init__(
        self,
        metrics: TrainingMetrics,
        saver: CheckpointSaver,
        response: CollapseResponse | None = None,
        console: Console | None = None,
    ) -> None:
        self._metrics = metrics
        self._saver = saver
        self._response = response
        self._console = console
        self.cause: str | None = None
        self.trained = False
        self.validations = 0
        self._best: float | None = None
        self._best_step: int | None = None
        self._was_non_finite = False
        self._scaled = False
        self._overflow = GradientOverflow()

    def state_dict(self) -> dict[str, Any]:
        """Return the best AUROC so far, its step, and the number of validations."""
        return {"best": self._best, "best_step": self._best_step, "validations": self.validations}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._best = state_dict["best"]
        self._best_step, self.validations = state_dict.get("best_step"), state_dict.get("validations", 0)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log that training starts, and with what."""
        self._scaled = str(trainer.precision) == SCALED
        if trainer.global_step > 0:
            return
        weights = sum(parameter.numel() for parameter in pl_module.parameters())
        precision, device = str(trainer.precision), str(pl_module.device)
        log_event(
            trainer,
            Level.INFO,
            "started",
            f"training starts: {weights:,} weights, {precision} on {device}, {trainer.world_size} process(es)",
            {"weights": weights, "precision": precision, "device": device, "processes": trainer.world_size},
        )

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Log when a number becomes non-finite, and when all are finite again; not in between."""
        self.trained = True
        latest = self._metrics.latest
        non_finite = [name for name in WATCHED if not math.isfinite(latest.get(name, 0.0))]
        lines = self._overflow.lines(latest.get("step"), non_finite == ["grad/norm"])
        if self._scaled and 0 < lines < SCALING_LINES:
            non_finite = []
        if bool(non_finite) == self._was_non_finite:
            return
        self._was_non_finite = bool(non_finite)
        step = int(latest["step"])
        if non_finite:
            message = " and ".join(f"{name} is {latest[name]}" for name in non_finite)
            log_event(trainer, Level.RED, "not_finite", message, {name: latest[name] for name in non_finite}, step=step)
        else:
            log_event(trainer, Level.INFO, "finite_again", "loss and gradients are finite again", {}, step=step)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log a new best AUROC."""
        found = trainer.callback_metrics.get(AUROC)
        if trainer.sanity_checking or found is None:
            return
        auroc = float(found)
        self.validations += 1
        if math.isfinite(auroc) and (self._best is None or auroc > self._best):
            self._best, self._best_step = auroc, trainer.global_step
            log_event(trainer, Level.INFO, "best", f"best validation AUROC so far: {auroc:.4f}", {"val/auroc": auroc})

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log that training ended, and whether a collapse or early stopping ended it."""
        self.cause, why, data = self._cause(trainer)
        log_event(trainer, Level.INFO, self.cause, self._and_checkpoint(why), {**data, **self._checkpoint_data()})
        if self.cause == EARLY_STOPPING and self._console is not None and trainer.is_global_zero:
            self._console.print(log_text(why), markup=False, highlight=False, soft_wrap=True)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Log what ended training."""
        interrupted = isinstance(exception, KeyboardInterrupt | SystemExit)
        what = "interrupted" if interrupted else failure_text(exception)
        level, kind = (Level.INFO, "interrupted") if interrupted else (Level.RED, "failed")
        log_event(trainer, level, kind, self._and_checkpoint(what), self._checkpoint_data())

    def _cause(self, trainer: pl.Trainer) -> tuple[str, str, dict[str, Any]]:
        """Return the kind of the event, its message and its data."""
        if self._response is not None and self._response.stopped is not None:
            healthy = self._response.healthy
            kept = "no checkpoint is from before it" if healthy is None else f"{healthy.name} is from before it"
            return "stopped", f"training was stopped: {self._response.stopped}; {kept}", {}
        stopper = trainer.early_stopping_callback
        if stopper is not None and stopper.wait_count >= stopper.patience:
            return EARLY_STOPPING, *self._early_stopping(stopper.wait_count, trainer.callback_metrics)
        if not self.trained:
            return "ended", f"nothing was left to train: the run had ended at step {trainer.global_step}", {}
        return "ended", "training has ended", {}

    def _early_stopping(self, validations: int, metrics: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        count = "1 validation" if validations == 1 else f"{validations} validations"
        if self._best is None:
            return f"early stopping: {AUROC} was NaN in {count}", {"validations": validations}
        now = float(metrics.get(AUROC, math.nan))
        message = (
            f"early stopping: {AUROC} has not risen above {self._best:.4f} (step {self._best_step}) "
            f"in {count}, and is {now:.4f} now"
        )
        best = {"best": self._best, "best_step": self._best_step}
        return message, {"metric": AUROC, "value": now, **best, "validations": validations}

    def _and_checkpoint(self, what: str) -> str:
        kept: Path | None = self._saver.closing
        return what if kept is None else f"{what}; {kept.name} is kept"

    def _checkpoint_data(self) -> dict[str, Any]:
        closing, healthy = self._saver.closing, None if self._response is None else self._response.healthy
        left: dict[str, Any] = {"checkpoint": None if closing is None else str(closing)}
        return left if healthy is None else {**left, "healthy": str(healthy)}


@dataclass(slots=True)
class GradientOverflow:
    """Counts consecutive lines in which the gradient alone is non-finite; batches between two lines do not count."""

    step: float | None = None
    running: int = 0

    def lines(self, step: float | None, overflowed: bool) -> int:
        """Return how many there are, with the newest line."""
        if step != self.step:
            self.step, self.running = step, self.running + 1 if overflowed else 0
        return self.running
