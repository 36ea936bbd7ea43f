"""Events of a run for the watcher's feed: its start, new best scores, non-finite numbers, its end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.checkpoint_saving import CheckpointSaver
from seqsetvae.training.callbacks.collapse_response import CollapseResponse
from seqsetvae.training.callbacks.run_log import log_event
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.rank_end import failure_text

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
    """

    def __init__(
        self, metrics: TrainingMetrics, saver: CheckpointSaver, response: CollapseResponse | None = None
    ) -> None:
        self._metrics = metrics
        self._saver = saver
        self._response = response
        self._best: float | None = None
        self._was_non_finite = False
        self._scaled = False
        self._overflow = GradientOverflow()

    def state_dict(self) -> dict[str, Any]:
        """Return the best AUROC so far."""
        return {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._best = state_dict["best"]

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
        found = trainer.callback_metrics.get("val/auroc")
        if trainer.sanity_checking or found is None:
            return
        auroc = float(found)
        if math.isfinite(auroc) and (self._best is None or auroc > self._best):
            self._best = auroc
            log_event(trainer, Level.INFO, "best", f"best validation AUROC so far: {auroc:.4f}", {"val/auroc": auroc})

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log that training ended, and whether a collapse or early stopping ended it."""
        kind, why = self._cause(trainer)
        log_event(trainer, Level.INFO, kind, self._and_checkpoint(why), self._checkpoint_data())

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Log what ended training."""
        interrupted = isinstance(exception, KeyboardInterrupt | SystemExit)
        what = "interrupted" if interrupted else failure_text(exception)
        level, kind = (Level.INFO, "interrupted") if interrupted else (Level.RED, "failed")
        log_event(trainer, level, kind, self._and_checkpoint(what), self._checkpoint_data())

    def _cause(self, trainer: pl.Trainer) -> tuple[str, str]:
        if self._response is not None and self._response.stopped is not None:
            healthy = self._response.healthy
            kept = "no checkpoint is from before it" if healthy is None else f"{healthy.name} is from before it"
            return "stopped", f"training was stopped: {self._response.stopped}; {kept}"
        stopper = trainer.early_stopping_callback
        if stopper is not None and stopper.wait_count >= stopper.patience:
            return "early_stopping", "early stopping: validation AUROC has stopped rising"
        return "ended", "training has ended"

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
