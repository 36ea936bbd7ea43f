"""What watching the posterior costs a training step: everything that `PosteriorMonitor` does, on and off, and by part.

A check comes every 200 steps and a measurement of z ablation at every 200th or later, so that no affordable number of
timed steps contains them at their rate. Each part is therefore timed alone and counted as often as training does it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from seqsetvae.benchmark.training_step import Objective, TrainingStep, median, timed
from seqsetvae.callbacks.device_mailbox import DeviceMailbox
from seqsetvae.callbacks.posterior_monitor import ABLATION_INTERVAL, SAMPLES_PER_CHECK
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.data.batch import EventBatch
from seqsetvae.losses import Losses
from seqsetvae.model.config import ModelConfig
from seqsetvae.posterior_statistics import PosteriorStatistics, read_summary
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.z_ablation import z_ablation

#: Bytes that are written before a part is timed. A training step leaves nothing of what came before it in the caches.
SWEEP_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Median seconds of each thing that monitoring does, from cold caches.

    Attributes:
        update: Taking in a batch.
        sampled_update: Taking in a batch of which sets are sampled too.
        check: Summary, its copy to the host, the detector, the line of the stream.
        ablation: Measuring z ablation.
    """

    update: float
    sampled_update: float
    check: float
    ablation: float

    def per_step(self, update_frequency: int) -> float:
        """Return the seconds that one step pays, with each part as often as training does it."""
        every = sample_every(update_frequency)
        sampled = math.ceil(update_frequency / every) / update_frequency
        ablation_interval = math.ceil(ABLATION_INTERVAL / update_frequency) * update_frequency
        return (
            (1.0 - sampled) * self.update
            + sampled * self.sampled_update
            + self.check / update_frequency
            + self.ablation / ablation_interval
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What checking every `update_frequency` steps costs.

    Attributes:
        update_frequency: Steps between two checks.
        batch_size: Patients of a step.
        seconds_without, seconds_with: Median seconds of a step, steps with monitoring and without taken in turn.
        overhead_in_pairs: Extra time as a share: the median over pairs of neighbouring steps, which a drifting machine
            moves less than it moves either time. It is that of an ordinary step, which holds no check.
        seconds_of_parts: Seconds of all parts, each as often as training does it.
        overhead_of_parts: These as a share of a step without.
        parts: The parts.
    """

    update_frequency: int
    batch_size: int
    seconds_without: float
    seconds_with: float
    overhead_in_pairs: float
    seconds_of_parts: float
    overhead_of_parts: float
    parts: Parts


class Monitoring:
    """What `PosteriorMonitor` does at each step of a run that is in order, without Lightning around it.

    Args:
        step: Whose posteriors are watched.
        update_frequency: Steps between two checks.
    """

    def __init__(self, step: TrainingStep, *, update_frequency: int) -> None:
        self._step = step
        self._frequency = update_frequency
        dimensions = [step.model.config.latent_dim] * step.model.config.levels
        every = sample_every(update_frequency)
        self.statistics = PosteriorStatistics(dimensions, step.device, sample_every=every)
        self.detector = make_detector(Thresholds())
        self._mailbox: DeviceMailbox[int] = DeviceMailbox()
        self._seen = 0
        self._last_ablation = -ABLATION_INTERVAL

    def __call__(self, losses: Losses, batch: EventBatch) -> None:
        """Take in a step; check where a check is due."""
        self.statistics.update(self._step.posteriors, losses.reconstruction)
        self._seen += 1
        if self._seen % self._frequency == 0:
            due = self._seen - self._last_ablation >= ABLATION_INTERVAL
            self.check(self.ablation(batch) if due else None)

    def ablation(self, batch: EventBatch) -> Tensor:
        """Measure z ablation."""
        self._last_ablation = self._seen
        return z_ablation(self._step.model, batch, self._step.objective.chamfer)

    def check(self, ablation: Tensor | None = None) -> None:
        """Send the summary off and judge what has arrived."""
        self._mailbox.post(self._seen, self.statistics.vector(ablation))
        self.statistics.reset()
        for step, values in self._mailbox.collect():
            metrics = read_summary(values, self.statistics.dimensions).to_metrics()
            observation = observation_of(step, metrics)
            assert observation is not None  # a summary always has its KL
            self.detector.observe(observation)
            line = {name: tuple(value) if isinstance(value, list) else value for name, value in metrics.items()}
            encode_metrics(MetricsRecord(t=0.0, step=step, values=line))


def sample_every(update_frequency: int) -> int:
    """Return every which batch `PosteriorMonitor` has sampled, at one batch a step."""
    return max(1, update_frequency // SAMPLES_PER_CHECK)


def measure_monitoring(
    batches: Sequence[EventBatch],
    *,
    model: ModelConfig,
    objective: Objective,
    device: str,
    update_frequencies: Sequence[int],
    rounds: int,
) -> list[Cost]:
    """Time steps without monitoring and with it at each frequency in turn, all on the same batch, and its parts."""
    step = TrainingStep(model, objective, precision="32", device=device)
    monitored = [Monitoring(step, update_frequency=frequency) for frequency in update_frequencies]
    alone = _PartTimer(step)
    step(batches[0])
    seconds: list[list[float]] = [[] for _ in range(1 + len(monitored))]
    for index in range(rounds):
        batch = batches[index % len(batches)]
        calls: list[Callable[[], object]] = [partial(step, batch)]
        calls += [partial(_monitored_step, step, monitoring, batch) for monitoring in monitored]
        turns = list(zip(calls, seconds, strict=True))
        for call, times in turns if index % 2 == 0 else reversed(turns):
            times.append(timed(call, step.device))
        alone.measure(batch)
    parts = alone.medians()
    without = median(seconds[0])
    return [
        Cost(
            update_frequency=frequency,
            batch_size=batches[0].num_patients,
            seconds_without=without,
            seconds_with=median(times),
            overhead_in_pairs=median([b / a for a, b in zip(seconds[0], times, strict=True)]) - 1.0,
            seconds_of_parts=parts.per_step(frequency),
            overhead_of_parts=parts.per_step(frequency) / without,
            parts=parts,
        )
        for frequency, times in zip(update_frequencies, seconds[1:], strict=True)
    ]


def _monitored_step(step: TrainingStep, monitoring: Monitoring, batch: EventBatch) -> None:
    monitoring(step(batch), batch)


class _PartTimer:
    """Times each part on the posteriors that the last step left."""

    def __init__(self, step: TrainingStep) -> None:
        self._step = step
        self._monitoring = Monitoring(step, update_frequency=ABLATION_INTERVAL)
        self._sweep = torch.zeros(SWEEP_BYTES // 4, device=step.device)
        self._recon = torch.ones((), device=step.device)
        self._seconds: dict[str, list[float]] = {"update": [], "sampled_update": [], "check": [], "ablation": []}

    def measure(self, batch: EventBatch) -> None:
        """Time each part once."""
        monitoring, statistics = self._monitoring, self._monitoring.statistics
        update = partial(statistics.update, self._step.posteriors, self._recon)
        statistics.reset()
        # The first batch after a reset is sampled, the second is not.
        parts: dict[str, Callable[[], object]] = {
            "sampled_update": update,
            "update": update,
            "check": monitoring.check,
            "ablation": partial(monitoring.ablation, batch),
        }
        for name, part in parts.items():
            self._sweep.add_(1.0)
            self._seconds[name].append(timed(part, self._step.device))

    def medians(self) -> Parts:
        return Parts(**{name: median(times) for name, times in self._seconds.items()})
