"""Watches the posterior: gathers statistics on the device, logs a summary at every check, and has it judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import pytorch_lightning as pl
from torch import Tensor

from seqsetvae.collapse.detector import Detector
from seqsetvae.collapse.observation import PREFIX, Observation, observation_of
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.posterior.device_readback import DeviceReadback
from seqsetvae.posterior.statistics import PosteriorStatistics, read_summary
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.posterior_source import PosteriorSource, StepPosterior
from seqsetvae.training.callbacks.run_log import log_metrics_at
from seqsetvae.training.callbacks.training_position import StepDetector, fractional_epoch
from seqsetvae.training.schedules import CheckSchedule

#: Batches of a check that the per-set statistics look at, about.
SAMPLES_PER_CHECK = 10
#: Least steps between two measurements of z ablation, which costs a third of a training step, while nothing is wrong.
ABLATION_INTERVAL = 500


class CheckListener(Protocol):
    """What is called with each check."""

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Handle a check; called on every rank with the same values, possibly while a checkpoint is being written.

        What writes a checkpoint or changes training must wait for the end of a batch.
        """


class CheckContext(NamedTuple):
    """What the host knew when the copy of a summary began."""

    step: int
    epoch: float
    beta: float | None
    max_beta: float | None
    has_reconstruction: bool


class PosteriorMonitor(pl.Callback):
    """Logs the `posterior/` group and feeds the detector.

    A summary covers all batches since the last one. It is written when its copy has reached the host, under the step
    that it describes.

    Args:
        source: Reads the posterior of each step.
        schedule: When to check.
        detector: Judges each check; its state travels with checkpoints.
        listeners: Called with each check and its verdict, in order.
        group: What the names of metrics begin with; a second monitor of a run needs another than `posterior`.
    """

    def __init__(
        self,
        *,
        source: PosteriorSource,
        schedule: CheckSchedule,
        detector: Detector,
        listeners: Sequence[CheckListener] = (),
        group: str = PREFIX.rstrip("/"),
    ) -> None:
        self.source = source
        self.schedule = schedule
        self.detector = detector
        self.listeners = list(listeners)
        self._group = group
        self._steps = StepDetector()
        self._statistics: PosteriorStatistics | None = None
        self._restored: dict[str, Any] | None = None
        self._readback: DeviceReadback[CheckContext] = DeviceReadback()
        self._trainer: pl.Trainer | None = None
        self._last_ablation = -ABLATION_INTERVAL
        #: The last verdict, or None before the first check.
        self.latest: Verdict | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where training starts."""
        self.source.start(trainer, pl_module)
        self._trainer = trainer
        self._steps.start(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add the batch; start the copy of a summary where one is due."""
        seen = self.source.read(trainer, pl_module, outputs, batch)
        statistics = self._statistics_of(seen, trainer, pl_module)
        statistics.update(seen.levels, seen.reconstruction)
        if not self._steps.stepped(trainer):
            return
        # All ranks must act on a check at the same step, so all of them receive it one step later.
        if trainer.world_size > 1:
            self._log_completed(wait=True)
        if self.schedule.due(trainer.global_step):
            context = CheckContext(
                step=trainer.global_step,
                epoch=fractional_epoch(trainer, batch_idx + 1),
                beta=seen.beta,
                max_beta=seen.max_beta,
                has_reconstruction=seen.reconstruction is not None,
            )
            self._readback.start(context, statistics.vector(self._ablation(trainer, pl_module, batch)))
            statistics.reset()
            statistics.sample_every = self._sample_every(trainer)
        if trainer.world_size == 1:
            self._log_completed(wait=False)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the summaries whose copies are under way."""
        self._log_completed(wait=True)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Log the summaries that have been copied."""
        self._log_completed(wait=False)

    def state_dict(self) -> dict[str, Any]:
        """Return the statistics so far and the detector's state, so that a resumed run continues exactly.

        Checks whose copies are under way are waited for: without them the detector's state would be incomplete.
        """
        self._log_completed(wait=True)
        state: dict[str, Any] = {
            "detector": self.detector.state_dict(),
            "last_ablation": self._last_ablation,
            "source": self.source.state_dict(),
        }
        if self._statistics is not None:
            state["statistics"] = self._statistics.state_dict()
        elif self._restored is not None:
            # A resumed run that is saved before its first batch keeps what it was resumed with.
            state["statistics"] = self._restored
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._restored = state_dict.get("statistics")
        self._last_ablation = state_dict["last_ablation"]
        self.detector.load_state_dict(state_dict["detector"])
        self.source.load_state_dict(state_dict.get("source", {}))
        self.latest = self.detector.latest

    def _statistics_of(
        self, seen: StepPosterior, trainer: pl.Trainer, module: pl.LightningModule
    ) -> PosteriorStatistics:
        if self._statistics is None:
            dimensions = [q.mean.shape[-1] for q in seen.levels]
            self._statistics = PosteriorStatistics(dimensions, module.device, sample_every=self._sample_every(trainer))
            if self._restored is not None:
                self._statistics.load_state_dict(self._restored)
        return self._statistics

    def _sample_every(self, trainer: pl.Trainer) -> int:
        batches = self.schedule.interval(trainer.global_step) * trainer.accumulate_grad_batches
        return max(1, batches // SAMPLES_PER_CHECK)

    def _ablation(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any) -> Tensor | None:
        """Measure z ablation where it is due: now and then, and at each check once something is wrong."""
        suspicious = self.latest is not None and self.latest.level is not Level.GREEN
        if not (suspicious or trainer.global_step - self._last_ablation >= ABLATION_INTERVAL):
            return None
        self._last_ablation = trainer.global_step
        return self.source.ablation(module, batch)

    def _log_completed(self, *, wait: bool) -> None:
        if self._trainer is None or self._statistics is None:
            return
        for context, values in self._readback.completed(wait=wait):
            summary = read_summary(values, self._statistics.dimensions)
            metrics = replace(
                summary,
                beta=context.beta,
                max_beta=context.max_beta,
                recon=summary.recon if context.has_reconstruction else None,
            ).to_metrics()
            observation = observation_of(context.step, metrics)
            assert observation is not None  # a summary always has its KL
            self.latest = self.detector.observe(observation)
            metrics["posterior/verdict"] = float(self.latest.level.severity)
            named = {self._group + name.removeprefix(PREFIX.rstrip("/")): value for name, value in metrics.items()}
            log_metrics_at(self._trainer, named, step=context.step, epoch=context.epoch)
            for listener in self.listeners:
                listener.on_check(self._trainer, observation, self.latest)
