"""A figure of the posterior every now and then, drawn in a thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from seqsetvae.atomic_file import write_whole
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.posterior.history import History
from seqsetvae.training.callbacks.latest_task_worker import LatestTaskWorker
from seqsetvae.training.callbacks.run_log import log_trouble

LATEST = "posterior_latest.png"


class PosteriorPlot(pl.Callback):
    """Writes `posterior-step001000.png` and so on, and the newest of them as `posterior_latest.png`, on rank 0.

    A listener of `PosteriorMonitor`, behind the one that fills the history. A picture is drawn at the first check at
    or after each multiple of `plot_frequency` steps, in a thread: a slow disk or a slow font delays pictures, not
    steps. Where checks come faster than pictures can be drawn, pictures are left out. The last check's is always drawn.

    Args:
        directory: Where pictures go: the run's log directory. It is not made where it is gone.
        run: The run's name, for the title.
        plot_frequency: Optimizer steps between two pictures; 0 = none at all.
        thresholds: Whose limits are drawn.
        history: All checks of the run, filled by `CollapseReport`.
    """

    def __init__(
        self, *, directory: Path, run: str, plot_frequency: int, thresholds: Thresholds, history: History
    ) -> None:
        if plot_frequency < 0:
            raise ValueError(f"--plot_frequency must be 0 (no pictures) or more steps, got {plot_frequency}")
        self._directory = directory
        self._run = run
        self._every = plot_frequency
        self._thresholds = thresholds
        self._history = history
        self._worker: LatestTaskWorker[History] = LatestTaskWorker(self._draw, name="posterior-plot")
        self._submitted = 0
        self._reported = False

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Order a picture where one is due."""
        if not (self._every and trainer.is_global_zero):
            return
        self._tell_failure(trainer)
        if observation.step // self._every > self._submitted // self._every:
            self._order()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the last check's picture and wait for it."""
        self._finish(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Draw the last check's picture and wait for it: it is the one that shows what happened."""
        self._finish(trainer)

    def state_dict(self) -> dict[str, Any]:
        """Return the step of the last picture."""
        return {"ordered": self._submitted}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._submitted = state_dict["ordered"]

    def _order(self) -> None:
        latest = self._history.latest
        if latest is not None and latest.step > self._submitted:
            self._submitted = latest.step
            self._worker.submit(self._history.copy())

    def _finish(self, trainer: pl.Trainer) -> None:
        if not (self._every and trainer.is_global_zero):
            return
        self._order()
        self._worker.join()
        self._tell_failure(trainer)

    def _tell_failure(self, trainer: pl.Trainer) -> None:
        error = self._worker.pop_error()
        if error is None or self._reported:
            return
        self._reported = True  # a full disk would be reported with every picture
        what = f"{type(error).__name__}: {error}"
        message = f"a picture of the posterior could not be written to {self._directory}: {what}; training goes on"
        log_trouble(trainer, "plot_failed", message, {"error": what})

    def _draw(self, history: History) -> None:
        from seqsetvae.figures.posterior_figure import draw_png  # matplotlib takes a second to import, in this thread

        assert history.latest is not None  # pictures are ordered at checks
        png = draw_png(history, self._thresholds, self._run)
        write_whole(self._directory / f"posterior-step{history.latest.step:06d}.png", png)
        write_whole(self._directory / LATEST, png)
