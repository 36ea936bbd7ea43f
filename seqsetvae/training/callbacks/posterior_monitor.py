"""Watches the posterior: gathers statistics on the device, logs a summary at every check, and has it judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import pytorch_lightning as pl
from torch import Tensor

from seqsetvae.collapse.detector import Detector
from seqsetvae.collapse.observation import PREFIX, Observation
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.posterior.posterior_judge import CheckContext, PosteriorJudge, sample_every
from seqsetvae.stream.records import Level
from seqsetvae.training.callbacks.posterior_source import PosteriorSource, StepPosterior
from seqsetvae.training.callbacks.run_log import log_metrics_at
from seqsetvae.training.callbacks.training_position import StepDetector, fractional_epoch
from seqsetvae.training.schedules import CheckSchedule

#: Least steps between two measurements of z ablation, which costs a third of a training step, while nothing is wrong.
ABLATION_INTERVAL = 500


class CheckListener(Protocol):
    """What is called with each check."""

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Handle a check; called on every rank with the same values, possibly while a checkpoint is being written.

        What writes a checkpoint or changes training must wait for the end of a batch.
        """


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
        self.listeners = list(listeners)
        self._judge = PosteriorJudge(detector, group=group)
        self._steps = StepDetector()
        self._trainer: pl.Trainer | None = None
        #: What the last batch with a posterior said beside it.
        self._seen: StepPosterior | None = None
        self._last_ablation = -ABLATION_INTERVAL

    @property
    def latest(self) -> Verdict | None:
        """The last verdict, or None before the first check."""
        return self._judge.latest

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note where training starts."""
        self.source.start(trainer, pl_module)
        self._trainer = trainer
        self._steps.start(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Add the batch; start the copy of a summary where one is due."""
        stepped, every = self._steps.stepped(trainer), self._sample_every(trainer)
        due = stepped and self.schedule.due(trainer.global_step)
        if due or not self.source.thinned or batch_idx % every == 0:
            self._add(self.source.read(trainer, pl_module, outputs, batch), 1 if self.source.thinned else every)
        else:
            self.source.skip(pl_module, trainer.global_step)
        if not stepped:
            return
        # All ranks must act on a check at the same step, so all of them receive it one step later.
        if trainer.world_size > 1:
            self._log_completed(wait=True)
        if self._seen is not None and due:
            context = CheckContext(
                step=trainer.global_step,
                epoch=fractional_epoch(trainer, batch_idx + 1),
                beta=self._seen.beta,
                max_beta=self._seen.max_beta,
                has_reconstruction=self._seen.reconstruction is not None,
            )
            self._judge.begin_check(context, self._ablation(trainer, pl_module, batch))
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
        return {
            **self._judge.state_dict(),
            "last_ablation": self._last_ablation,
            "source": self.source.state_dict(),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint."""
        self._judge.load_state_dict(state_dict)
        self._last_ablation = state_dict["last_ablation"]
        self.source.load_state_dict(state_dict.get("source", {}))

    def _add(self, seen: StepPosterior | None, sample_every: int) -> None:
        if seen is not None:
            self._judge.add(seen.levels, seen.reconstruction, sample_every=sample_every)
            self._seen = replace(seen, levels=())

    def _sample_every(self, trainer: pl.Trainer) -> int:
        batches = self.schedule.interval(trainer.global_step) * trainer.accumulate_grad_batches
        return sample_every(batches)

    def _ablation(self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any) -> Tensor | None:
        """Measure z ablation where it is due: now and then, and at each check once something is wrong."""
        suspicious = self.latest is not None and self.latest.level is not Level.GREEN
        if not (suspicious or trainer.global_step - self._last_ablation >= ABLATION_INTERVAL):
            return None
        self._last_ablation = trainer.global_step
        return self.source.ablation(module, batch)

    def _log_completed(self, *, wait: bool) -> None:
        if self._trainer is None:
            return
        for check in self._judge.completed(wait=wait):
            log_metrics_at(self._trainer, check.metrics, step=check.context.step, epoch=check.context.epoch)
            for listener in self.listeners:
                listener.on_check(self._trainer, check.observation, check.verdict)
