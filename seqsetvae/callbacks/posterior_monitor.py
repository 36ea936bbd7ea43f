"""Watches the posterior: gathers statistics on the device, logs a summary every `update_frequency` steps."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from seqsetvae.callbacks.device_mailbox import DeviceMailbox
from seqsetvae.callbacks.late_logging import log_at
from seqsetvae.callbacks.optimizer_step import StepDetector, fractional_epoch
from seqsetvae.data.batch import EventBatch
from seqsetvae.posterior_statistics import PosteriorStatistics, PosteriorSummary, read_summary
from seqsetvae.step_report import report_of


class PosteriorMonitor(pl.Callback):
    """Logs the `posterior/` group.

    A summary covers all batches since the last one. It is written when its copy has reached the host, under the step
    that it describes.

    Args:
        update_frequency: Optimizer steps between two summaries.
    """

    def __init__(self, *, update_frequency: int) -> None:
        self.update_frequency = update_frequency
        self._steps = StepDetector()
        self._statistics: PosteriorStatistics | None = None
        self._restored: dict[str, Any] | None = None
        self._mailbox: DeviceMailbox[tuple[int, float]] = DeviceMailbox()
        #: The last summary that was logged.
        self.latest: PosteriorSummary | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where training starts."""
        self._steps.start(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: EventBatch, batch_idx: int
    ) -> None:
        """Take in the batch; send a summary off where one is due."""
        report = report_of(pl_module)
        if self._statistics is None:
            dimensions = sum(q.mean.shape[-1] for q in report.posteriors)
            self._statistics = PosteriorStatistics(dimensions, pl_module.device)
            if self._restored is not None:
                self._statistics.load_state_dict(self._restored)
        self._statistics.update(report.posteriors, report.losses.reconstruction)
        if self._steps.stepped(trainer) and trainer.global_step % self.update_frequency == 0:
            self._mailbox.post(
                (trainer.global_step, fractional_epoch(trainer, batch_idx + 1)), self._statistics.vector()
            )
            self._statistics.reset()
        self._deliver(trainer, wait=False)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log what is still on its way."""
        self._deliver(trainer, wait=True)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Log what has arrived."""
        self._deliver(trainer, wait=False)

    def state_dict(self) -> dict[str, Any]:
        """Return the statistics gathered so far, so that a resumed run's next summary is the uninterrupted run's."""
        if self._statistics is not None:
            return {"statistics": self._statistics.state_dict()}
        # Saved before its first batch, a resumed run hands on what it was given.
        return {} if self._restored is None else {"statistics": self._restored}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._restored = state_dict.get("statistics")

    def _deliver(self, trainer: pl.Trainer, *, wait: bool) -> None:
        for (step, epoch), values in self._mailbox.collect(wait=wait):
            self.latest = read_summary(values)
            log_at(trainer, self.latest.to_metrics(), step=step, epoch=epoch)
