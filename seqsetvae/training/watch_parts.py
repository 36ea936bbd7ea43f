"""The callbacks of which a posterior watch consists: they measure, judge, and act on verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl
from rich.console import Console

from seqsetvae.collapse.advice import FLAGS, Words
from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.response import ActionKind, ResponsePlan
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.training.callbacks.collapse_report import CollapseReport
from seqsetvae.training.callbacks.collapse_response import CollapseResponse
from seqsetvae.training.callbacks.healthy_checkpoint import HealthyCheckpoint
from seqsetvae.training.callbacks.posterior_monitor import CheckListener, PosteriorMonitor
from seqsetvae.training.callbacks.posterior_plot import PosteriorPlot
from seqsetvae.training.callbacks.posterior_source import PosteriorSource
from seqsetvae.training.callbacks.verdict_command import VerdictCommands
from seqsetvae.training.schedules import CheckSchedule

#: The name of the watch whose verdicts are the run's.
FIRST_WATCH = "posterior"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """What is watched for, and what is done about it.

    Attributes:
        thresholds: The detector's settings.
        schedule: When the posterior is checked.
        plan: What verdicts set in motion.
        patience: Checks running at the level of `stop` after which training ends.
        plot_frequency: Optimizer steps between two pictures; 0 = none.
        healthy_minutes: Longest pause between two writes of the healthy checkpoint.
        name: What the names of metrics begin with.
        words: Those of the advice.
    """

    thresholds: Thresholds
    schedule: CheckSchedule
    plan: ResponsePlan
    patience: int
    plot_frequency: int
    healthy_minutes: float
    name: str = FIRST_WATCH
    words: Words = FLAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchParts:
    """The parts of a watch.

    Attributes:
        monitor: Measures, has each check judged, and calls the others.
        response: Carries out `--on_collapse`.
        healthy: Keeps the model from before a collapse; None where none is kept.
        commands: Runs the commands of `--on_collapse`.
        plot: Draws figures.
        report: Collects all checks.
    """

    monitor: PosteriorMonitor
    response: CollapseResponse
    healthy: HealthyCheckpoint | None
    commands: VerdictCommands
    plot: PosteriorPlot
    report: CollapseReport

    @property
    def deciding(self) -> list[pl.Callback]:
        """The parts whose decisions and changes checkpoints must hold."""
        return [self.monitor, self.response, *([] if self.healthy is None else [self.healthy])]

    @property
    def reporting(self) -> list[pl.Callback]:
        """The parts that name checkpoints, or take long at the end."""
        return [self.commands, self.plot, self.report]


def watch_parts(
    settings: WatchSettings,
    source: PosteriorSource,
    *,
    run: str,
    log_dir: Path,
    checkpoints: Path,
    console: Console,
    listeners: Sequence[CheckListener] = (),
) -> WatchParts:
    """Return the parts of a watch.

    Args:
        settings: What is watched for.
        source: Reads the posterior.
        run: The run's name.
        log_dir: Where pictures and the report go.
        checkpoints: Where checkpoints go.
        console: For warnings.
        listeners: Called with each check after the parts.
    """
    keeps = settings.plan.level_of(ActionKind.SAVE) is not None
    healthy = HealthyCheckpoint(directory=checkpoints, minutes=settings.healthy_minutes) if keeps else None
    report = CollapseReport(directory=log_dir, run=run, thresholds=settings.thresholds, checkpoints=checkpoints)
    plot = PosteriorPlot(
        directory=log_dir,
        run=run,
        plot_frequency=settings.plot_frequency,
        thresholds=settings.thresholds,
        history=report.history,
    )
    commands = VerdictCommands()
    response = CollapseResponse(
        plan=settings.plan,
        source=source,
        patience=settings.patience,
        directory=checkpoints,
        run=run,
        log_dir=log_dir,
        console=console,
        healthy=healthy,
        commands=commands,
        watch=None if settings.name == FIRST_WATCH else settings.name,
    )
    # The history is complete before it is drawn.
    called: list[CheckListener] = [report, plot, response, *([] if healthy is None else [healthy]), *listeners]
    monitor = PosteriorMonitor(
        source=source,
        schedule=settings.schedule,
        detector=make_detector(settings.thresholds, settings.words),
        listeners=called,
        group=settings.name,
    )
    return WatchParts(monitor=monitor, response=response, healthy=healthy, commands=commands, plot=plot, report=report)
