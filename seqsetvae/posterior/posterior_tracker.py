"""The watch over a posterior for training loops without Lightning.

with PosteriorTracker(log_dir="logs", run_name="mine") as tracker:
    for batch in batches:
        ...
        verdict = tracker.step(mean, log_variance, reconstruction=loss, beta=beta)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
import torch.distributed as dist
from torch import Tensor

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.original_values import given_thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.errors import InputError
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.posterior.gaussian_conversion import GaussianConversion, levels_as_sets
from seqsetvae.posterior.posterior_judge import Check, CheckContext, PosteriorJudge, sample_every, world_size
from seqsetvae.posterior.prior import PriorCoordinates, PriorLike
from seqsetvae.stream.records import RunState
from seqsetvae.stream.run_name import safe_run_name, unique_directory
from seqsetvae.stream.writer import RunWriter


class PosteriorTracker:
    """Measures the posterior of each training step, has it judged, and writes a log for `seqsetvae-watch`.

    Args:
        log_dir: Directory of all runs.
        run_name: Name of this run; the time by default. A name that exists gets `-2`, `-3` and so on.
        check_frequency: Optimizer steps between two checks.
        max_beta: What β rises to, where it is warmed up: before half of it, nothing is called a collapse.
        free_bits: Nats a dimension that cost nothing.
        total_steps: Optimizer steps of the whole training, for the watcher.
        config: Settings that the log shows.
        thresholds: `min_checks`, `window_size` and the other settings of the detector.

    Raises:
        InputError: a setting is out of its range.
    """

    def __init__(
        self,
        log_dir: str | Path = "logs",
        run_name: str | None = None,
        *,
        check_frequency: int = 50,
        max_beta: float | None = None,
        free_bits: float = 0.0,
        total_steps: int | None = None,
        config: Mapping[str, Any] | None = None,
        **thresholds: Any,
    ) -> None:
        if check_frequency < 1:
            raise InputError("check_frequency {value} must be at least 1", value=check_frequency)
        chosen, notices = given_thresholds("PosteriorTracker", free_bits=free_bits, **thresholds)
        for notice in notices:
            print(f"PosteriorTracker: {notice}", file=sys.stderr)
        self._root = Path(log_dir)
        self._run_name = safe_run_name(run_name or time.strftime("%Y-%m-%d_%H-%M-%S"))
        self._resumed_at: int | None = None
        self._every = check_frequency
        self._max_beta = max_beta
        self._total_steps = total_steps
        self._config = config
        self._judge = PosteriorJudge(make_detector(chosen))
        self._conversion = GaussianConversion()
        self._coordinates = PriorCoordinates()
        self._writer: RunWriter | None = None
        self._step = 0

    @property
    def latest(self) -> Verdict | None:
        """The last verdict, None before the first check."""
        return self._judge.latest

    @property
    def writer(self) -> RunWriter:
        """The run's log, for other metrics and events; on rank 0 only."""
        if self._writer is None:
            wanted = self._root / self._run_name
            directory = wanted if self._resumed_at is not None else unique_directory(wanted)
            self._run_name = directory.name
            self._writer = RunWriter(
                directory,
                config=self._config,
                versions={"torch": torch.__version__},
                append=self._resumed_at is not None,
            )
            self._writer.update_manifest(total_steps=self._total_steps)
            if self._resumed_at is not None:
                self._writer.resumed(self._resumed_at)
        return self._writer

    def step(
        self,
        mean: object,
        log_variance: Tensor | Sequence[Tensor] | None = None,
        *,
        reconstruction: Tensor | float | None = None,
        beta: float | None = None,
        prior: PriorLike = None,
        mask: Tensor | None = None,
        step: int | None = None,
    ) -> Verdict | None:
        """Add the posterior of a training batch; return the latest verdict, None before the first.

        Args:
            mean: μ, `[batch, latent]` or `[batch, time, latent]`; or a `torch.distributions.Normal`; or a list of
                either, one a latent level.
            log_variance: log σ², of the same form; not with distributions.
            reconstruction: The reconstruction loss: a mean, or one of each example.
            beta: The weight of KL.
            prior: N(0, 1) where None; else a distribution, a pair (mean, log_variance), samples of it
                `[draws, latent]`, or a list of these, one a level.
            mask: `[batch, time]`, true where there is something.
            step: The optimizer step, where batches are accumulated; by default each call is one.

        Raises:
            InputError: that is no posterior, the prior does not fit it, or the log cannot be written.
        """
        levels = self._coordinates.relative(levels_as_sets(self._levels(mean, log_variance), mask), prior, mask)
        loss = None
        if isinstance(reconstruction, Tensor):
            loss = reconstruction.detach().float().mean()
        elif reconstruction is not None:
            loss = levels[0].mean.new_full((), float(reconstruction))
        self._judge.add(levels, loss, sample_every=sample_every(self._every))
        before, self._step = self._step, self._step + 1 if step is None else step
        # With several processes all must return a verdict at the same step: it is waited for, one step later.
        if world_size() > 1:
            self._write_completed(wait=True)
        if self._step // self._every > before // self._every:
            self._judge.begin_check(
                CheckContext(step=self._step, beta=beta, max_beta=self._max_beta, has_reconstruction=loss is not None)
            )
        if world_size() == 1:
            self._write_completed(wait=False)
        return self.latest

    def close(self, error: BaseException | None = None) -> None:
        """Write what is known and how training ended; call at the end, or use the tracker in a `with` statement.

        Args:
            error: What ended it, if anything did.
        """
        self._write_completed(wait=True)
        if self._writer is None:
            return
        if error is None:
            self._writer.close()
        else:
            state = RunState.FAILED if isinstance(error, Exception) else RunState.INTERRUPTED
            self._writer.close(state, f"{type(error).__name__}: {error}".rstrip(": "))

    def __enter__(self) -> Self:
        """Return the tracker."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the log."""
        self.close(error)

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed training must know, for a checkpoint."""
        self._write_completed(wait=True)
        return {"step": self._step, "run": self._run_name, "judge": self._judge.state_dict()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`, in the same log where it is still there; call before the first step."""
        self._step = state_dict["step"]
        self._judge.load_state_dict(state_dict["judge"])
        if (self._root / state_dict["run"]).is_dir():
            self._run_name, self._resumed_at = state_dict["run"], self._step

    def _levels(self, mean: object, log_variance: Tensor | Sequence[Tensor] | None) -> list[GaussianPosterior]:
        value = mean
        if isinstance(log_variance, Tensor):
            value = {"mean": mean, "log_variance": log_variance}
        elif log_variance is not None and isinstance(mean, list | tuple) and len(mean) == len(log_variance):
            value = [{"mean": m, "log_variance": v} for m, v in zip(mean, log_variance, strict=True)]
        levels = self._conversion.levels_of(value)
        if not levels:
            raise InputError(
                "step() has no posterior: give mean and log_variance as tensors of one shape, a torch distribution, "
                "or lists of these, one a latent level"
            )
        return levels

    def _write_completed(self, *, wait: bool) -> None:
        for check in self._judge.completed(wait=wait):
            if world_size() == 1 or dist.get_rank() == 0:
                self._write(check)

    def _write(self, check: Check) -> None:
        values = {name: value if isinstance(value, float) else tuple(value) for name, value in check.metrics.items()}
        self.writer.metrics(step=check.context.step, values=values)
        verdict = check.verdict
        if verdict.changed:
            data = verdict.to_data()
            self.writer.event(
                step=verdict.step, kind="collapse", message=verdict.headline, level=verdict.level, data=data
            )
