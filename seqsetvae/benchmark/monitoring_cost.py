"""What watching the posterior costs a training step: everything that `PosteriorMonitor` does, on and off, and by part.

A check and a measurement of z ablation come every few hundred steps, so that no affordable number of timed steps
contains them at their rate. Each part is therefore timed alone, the addition of a batch right behind the step that
made it, and counted as often as training does it.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from statistics import median

from seqsetvae.benchmark.training_step import TrainingStep, Workload, timed
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.data.batch import EventBatch
from seqsetvae.posterior.device_readback import DeviceReadback
from seqsetvae.posterior.posterior_judge import sample_every
from seqsetvae.posterior.statistics import PosteriorStatistics, read_summary
from seqsetvae.posterior.z_ablation import z_ablation
from seqsetvae.stream.codec import encode_metrics
from seqsetvae.stream.records import MetricsRecord
from seqsetvae.training.callbacks.posterior_monitor import ABLATION_INTERVAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Median seconds of each thing that monitoring does.

    Attributes:
        update: Adding a batch.
        sampled_update: Adding a batch of which sets are sampled too.
        check: Summary, its copy to the host, the detector, the line of the stream.
        ablation: Measuring z ablation.
    """

    update: float
    sampled_update: float
    check: float
    ablation: float

    def per_step(self, update_frequency: int) -> float:
        """Return the seconds that one step pays, with each part as often as training does it."""
        sampled = sampled_share(update_frequency)
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
        seconds_without: Median seconds of a step without monitoring.
        overhead_in_pairs: What adding its batch costs a step, as a share: the median over pairs of neighbouring
            steps, which a drifting machine moves less than it moves either time. No check is in it.
        seconds_of_parts: Seconds of all parts, each as often as training does it.
        overhead_of_parts: These as a share of a step without.
        parts: The parts.
    """

    update_frequency: int
    batch_size: int
    seconds_without: float
    overhead_in_pairs: float
    seconds_of_parts: float
    overhead_of_parts: float
    parts: Parts


def sampled_share(update_frequency: int) -> float:
    """Return the share of batches that are sampled; of those of a check it is the first, then every so many."""
    return math.ceil(update_frequency / sample_every(update_frequency)) / update_frequency


def measure_monitoring(
    workload: Workload, *, batch_size: int, update_frequencies: Sequence[int], rounds: int
) -> list[Cost]:
    """Time steps in turn on the same batch: without monitoring, with it, with a sampled batch; and the other parts."""
    step, batches = workload.step(), workload.batches(batch_size)
    losses = step(batches[0])
    plain, sampling = (_statistics(step, every) for every in (sys.maxsize, 1))
    # The first batch is always sampled.
    plain.update(step.posteriors, losses.reconstruction)
    check, seconds = CheckAlone(sampling), defaultdict[str, list[float]](list)

    def time(part: str, function: Callable[[], object]) -> None:
        seconds[part].append(timed(function, step.device))

    def monitored(batch: EventBatch, statistics: PosteriorStatistics, part: str) -> None:
        losses = step(batch)
        time(part, partial(statistics.update, step.posteriors, losses.reconstruction.detach()))

    for index in range(rounds):
        batch = batches[index % len(batches)]
        steps: list[tuple[str, Callable[[], object]]] = [
            ("step", partial(step, batch)),
            ("step with update", partial(monitored, batch, plain, "update")),
            ("step with sampled_update", partial(monitored, batch, sampling, "sampled_update")),
        ]
        for name, function in steps if index % 2 == 0 else reversed(steps):
            time(name, function)
        time("check", partial(check, index))
        time("ablation", partial(z_ablation, step.model, batch, workload.objective.chamfer))
    return [_cost(seconds, frequency, batches[0].num_patients) for frequency in update_frequencies]


def _cost(seconds: Mapping[str, Sequence[float]], update_frequency: int, batch_size: int) -> Cost:
    parts = Parts(**{part.name: median(seconds[part.name]) for part in fields(Parts)})
    without, sampled = median(seconds["step"]), sampled_share(update_frequency)
    update, sampled_update = (
        median(b / a for a, b in zip(seconds["step"], seconds[f"step with {part}"], strict=True)) - 1.0
        for part in ("update", "sampled_update")
    )
    return Cost(
        update_frequency=update_frequency,
        batch_size=batch_size,
        seconds_without=without,
        overhead_in_pairs=(1.0 - sampled) * update + sampled * sampled_update,
        seconds_of_parts=parts.per_step(update_frequency),
        overhead_of_parts=parts.per_step(update_frequency) / without,
        parts=parts,
    )


class CheckAlone:
    """What a check does between two steps: summary, copy to the host, verdict, the line of the stream."""

    def __init__(self, statistics: PosteriorStatistics) -> None:
        self.statistics = statistics
        self.detector = make_detector(Thresholds())
        self._readback: DeviceReadback[int] = DeviceReadback()

    def __call__(self, step: int) -> None:
        """Check at a step."""
        self._readback.start(step, self.statistics.vector())
        self.statistics.reset()
        for posted, values in self._readback.completed(wait=True):
            metrics = read_summary(values, self.statistics.dimensions).to_metrics()
            observation = observation_of(posted, metrics)
            assert observation is not None  # a summary always has its KL
            self.detector.observe(observation)
            line = {name: tuple(value) if isinstance(value, list) else value for name, value in metrics.items()}
            encode_metrics(MetricsRecord(t=0.0, step=posted, values=line))


def _statistics(step: TrainingStep, every: int) -> PosteriorStatistics:
    config = step.model.config
    return PosteriorStatistics([config.latent_dim] * config.levels, step.device, sample_every=every)
