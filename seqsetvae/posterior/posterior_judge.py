"""Statistics of a posterior that are judged at checks, for any training loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch.distributed as dist
from torch import Tensor

from seqsetvae.collapse.detector import Detector
from seqsetvae.collapse.observation import PREFIX, Observation, observation_of
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.device_readback import DeviceReadback
from seqsetvae.posterior.statistics import PosteriorStatistics, read_summary

#: Batches of a check that the per-set statistics look at, about.
SAMPLES_PER_CHECK = 10


def sample_every(batches: int) -> int:
    """Return how many batches of a check with so many lie between two that the per-set statistics look at."""
    return max(1, batches // SAMPLES_PER_CHECK)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckContext:
    """What the host knew when the copy of a summary began."""

    step: int
    epoch: float | None = None
    beta: float | None = None
    max_beta: float | None = None
    has_reconstruction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check that has reached the host.

    Attributes:
        context: What was known when it began.
        metrics: Its names and values for the log.
        observation: The same for the detector.
        verdict: What the detector says of it.
    """

    context: CheckContext
    metrics: Mapping[str, float | list[float]]
    observation: Observation
    verdict: Verdict


class PosteriorJudge:
    """Gathers statistics on the device, copies a summary to the host at every check, and has it judged.

    Args:
        detector: Judges each check.
        group: What the names of metrics begin with.
    """

    def __init__(self, detector: Detector, *, group: str = PREFIX.rstrip("/")) -> None:
        self.detector = detector
        self._group = group
        self._statistics: PosteriorStatistics | None = None
        self._restored: dict[str, Any] | None = None
        self._readback: DeviceReadback[CheckContext] = DeviceReadback()
        #: The last verdict, or None before the first check.
        self.latest: Verdict | None = None

    def add(self, levels: Sequence[GaussianPosterior], reconstruction: Tensor | None, *, sample_every: int) -> None:
        """Add a batch: a posterior `[sets, latent]` for each level.

        Args:
            levels: The posterior.
            reconstruction: The reconstruction loss, a scalar.
            sample_every: Batches between two that the per-set statistics look at, from the next check on.
        """
        statistics = self._statistics
        if statistics is None:
            dimensions = [q.mean.shape[-1] for q in levels]
            statistics = PosteriorStatistics(dimensions, levels[0].mean.device, sample_every=sample_every)
            if self._restored is not None:
                statistics.load_state_dict(self._restored)
            self._statistics = statistics
        elif not statistics.sets:
            statistics.sample_every = sample_every
        statistics.update(levels, reconstruction)

    def begin_check(self, context: CheckContext, z_ablation: Tensor | None = None) -> None:
        """Start the copy of a summary of all batches since the last; all ranks must call this together."""
        assert self._statistics is not None  # a check follows a batch
        self._readback.start(context, self._statistics.vector(z_ablation))
        self._statistics.reset()

    def completed(self, *, wait: bool) -> Iterator[Check]:
        """Yield the checks that have reached the host, each judged; with `wait`, all that have begun."""
        if self._statistics is None:
            return
        for context, values in self._readback.completed(wait=wait):
            summary = read_summary(values, self._statistics.dimensions)
            if not summary.sets:  # no batch since the last check had a posterior
                continue
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
            yield Check(context=context, metrics=named, observation=observation, verdict=self.latest)

    def state_dict(self) -> dict[str, Any]:
        """Return the statistics so far and the detector's state; the checks that have begun must be completed."""
        state: dict[str, Any] = {"detector": self.detector.state_dict()}
        if self._statistics is not None:
            state["statistics"] = self._statistics.state_dict()
        elif self._restored is not None:
            # A resumed run that is saved before its first batch keeps what it was resumed with.
            state["statistics"] = self._restored
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        self._restored = state_dict.get("statistics")
        self.detector.load_state_dict(state_dict["detector"])
        self.latest = self.detector.latest


def world_size() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1
