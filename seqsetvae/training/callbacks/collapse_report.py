"""The report on a run's checks: `final_statistics.txt`, and a summary for the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.console import RenderableType

from seqsetvae.atomic_file import write_whole
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.disk_errors import reason_of
from seqsetvae.posterior.course_report import final_statistics, summary
from seqsetvae.posterior.history import History
from seqsetvae.training.callbacks.run_log import log_trouble

FINAL_STATISTICS = "final_statistics.txt"


class CollapseReport(pl.Callback):
    """Collects all checks of a run and writes a report when training ends, for whatever reason, on rank 0.

    A listener of `PosteriorMonitor`, before those that read the history. Among the callbacks it comes after the
    monitor, whose last checks its state includes, and after `CheckpointSaver`, whose last checkpoint it names.

    Args:
        directory: Where the report goes: the run's log directory. It is not made where it is gone.
        run: The run's name.
        thresholds: The detector's settings.
        checkpoints: The directory of the run's checkpoints.
    """

    def __init__(self, *, directory: Path, run: str, thresholds: Thresholds, checkpoints: Path) -> None:
        self._directory = directory
        self._run = run
        self._thresholds = thresholds
        self._checkpoints = checkpoints
        #: All checks so far.
        self.history = History()

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Add the check to the history."""
        self.history.add(observation, verdict)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the report."""
        self._write(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write the report on the checks so far."""
        self._write(trainer)

    def state_dict(self) -> dict[str, Any]:
        """Return the history."""
        return {"history": self.history.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self.history.load_state_dict(state_dict["history"])

    def summary(self) -> RenderableType:
        """Return the report for a rich console."""
        return summary(self.history, self._thresholds, run=self._run, checkpoints=self._checkpoint_files())

    def _write(self, trainer: pl.Trainer) -> None:
        if not trainer.is_global_zero:
            return
        text = final_statistics(self.history, self._thresholds, run=self._run, checkpoints=self._checkpoint_files())
        try:
            write_whole(self._directory / FINAL_STATISTICS, text.encode())
        except OSError as error:
            message = f"{self._directory / FINAL_STATISTICS} could not be written: {reason_of(error)}"
            log_trouble(trainer, "report_failed", message, {"error": str(error)})

    def _checkpoint_files(self) -> list[Path]:
        return sorted(self._checkpoints.glob("[!.]*.ckpt"))
