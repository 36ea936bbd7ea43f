"""A trainer and a module that only stand where a callback looks, for tests that step through training by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping
from torch import Tensor

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.data.batch import EventBatch, collate
from seqsetvae.model.gaussian import GaussianPosterior
from seqsetvae.model.losses import Losses, LossWeights
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Level
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.checkpoint_files import AtomicCheckpointIO
from seqsetvae.training.schedules import BetaSchedule
from seqsetvae.training.watched_module import StepReport
from tests import tiny
from tests.scripted_detector import CONDITIONS


@dataclass
class TrainerState:
    fn: object = None


@dataclass
class StandInStrategy:
    """Another rank's view: what rank 0 answers, and how often it was asked."""

    rank_zero: bool = True
    asked: int = 0
    checkpoint_io: AtomicCheckpointIO = field(default_factory=AtomicCheckpointIO)

    def broadcast(self, mine: object) -> object:
        if not isinstance(mine, bool):
            return mine
        self.asked += 1
        return self.rank_zero


@dataclass
class StandInTrainer:
    """What callbacks of this package read of a trainer; tests set it."""

    global_step: int = 0
    current_epoch: int = 0
    num_training_batches: float = 10
    max_epochs: int | None = 1
    estimated_stepping_batches: float = 10
    is_global_zero: bool = True
    world_size: int = 1
    accumulate_grad_batches: int = 1
    should_stop: bool = False
    sanity_checking: bool = False
    validating: bool = False
    loggers: list[object] = field(default_factory=list)
    optimizers: list[object] = field(default_factory=list)
    callback_metrics: dict[str, Tensor] = field(default_factory=dict)
    early_stopping_callback: EarlyStopping | None = None
    saved: list[tuple[str, int]] = field(default_factory=list)
    state: TrainerState = field(default_factory=TrainerState)
    strategy: StandInStrategy = field(default_factory=StandInStrategy)

    def save_checkpoint(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(self.global_step))
        self.saved.append((path.name, self.global_step))

    @property
    def as_trainer(self) -> pl.Trainer:
        return cast(pl.Trainer, self)


class StandInModule(pl.LightningModule):
    """A module with what callbacks need of one, and nothing else."""

    def __init__(self, report: StepReport | None = None, gradient_norm: float | None = None) -> None:
        super().__init__()
        self.report = report
        self.gradient_norm = None if gradient_norm is None else torch.tensor(gradient_norm)
        self.beta = BetaSchedule(max_beta=0.5, warmup_steps=0)

    def z_ablation(self, batch: EventBatch) -> Tensor:
        return torch.tensor(0.5)


def report(value: float, *, mean: Tensor | None = None, beta: float = 0.5) -> StepReport:
    """Return a report whose losses are all `value`, and whose posterior has μ = `mean` and σ² = 1."""
    number = torch.tensor(value)
    mean = torch.zeros(4, 2) if mean is None else mean
    return StepReport(
        losses=Losses(
            total=number, reconstruction=number, kl=number, kl_per_dim=torch.zeros(2), classification=number
        ),
        posteriors=[GaussianPosterior(mean=mean, log_variance=torch.zeros_like(mean))],
        weights=LossWeights(reconstruction=1.0, beta=beta, classification=1.0),
        correct=torch.tensor([True, False]),
    )  # fmt: skip


def small_batch() -> EventBatch:
    """Return a batch of two patients, three sets and six events."""
    return collate(tiny.patients([(1, 2), (3,)]))


def written(logger: JsonlLogger) -> list[tuple[int, float | None, Mapping[str, Any]]]:
    """Close a logger and return step, epoch and values of its lines."""
    logger.finalize("success")
    path = Path(logger.log_dir) / "metrics.jsonl"
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [(line.step, line.epoch, line.values) for line in map(decode_metrics, lines)]


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def observation(step: int, *, active_units: float | None = 0.5) -> Observation:
    """Return a check's numbers."""
    return Observation(step=step, kl=1.0, active_units=active_units)


def verdict(step: int, level: Level, *, reasons: tuple[str, ...] = (), advice: tuple[str, ...] = ()) -> Verdict:
    """Return a verdict under the name that `tests.scripted_detector` gives a level."""
    return Verdict(
        step=step,
        level=level,
        condition=CONDITIONS[level],
        reasons=reasons,
        advice=advice,
        since=step,
        checks=1,
        changed=True,
    )


def events(logger: JsonlLogger) -> list[EventRecord]:
    """Close a logger and return its events."""
    logger.finalize("success")
    path = Path(logger.log_dir) / "events.jsonl"
    return [decode_event(line) for line in path.read_bytes().splitlines()] if path.exists() else []
