"""The callbacks that watch the posterior of a run: they measure, judge, and act on verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl
from rich.console import Console

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.response import ActionKind
from seqsetvae.training.callbacks.checkpoint_saving import CheckpointSaver
from seqsetvae.training.callbacks.collapse_report import CollapseReport
from seqsetvae.training.callbacks.collapse_response import CollapseResponse
from seqsetvae.training.callbacks.healthy_checkpoint import HealthyCheckpoint
from seqsetvae.training.callbacks.posterior_monitor import CheckListener, PosteriorMonitor
from seqsetvae.training.callbacks.posterior_plot import PosteriorPlot
from seqsetvae.training.callbacks.verdict_command import VerdictCommands
from seqsetvae.training.config import TrainConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitoring:
    """The callbacks that watch the posterior.

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
    def before_saver(self) -> list[pl.Callback]:
        """The callbacks before the checkpoint saver: checkpoints hold what they decide and change."""
        return [self.monitor, self.response, *([] if self.healthy is None else [self.healthy])]

    @property
    def after_saver(self) -> list[pl.Callback]:
        """The callbacks after the checkpoint saver: they name its checkpoints, or take long at the end."""
        return [self.commands, self.plot, self.report]


def monitoring_of(
    config: TrainConfig, *, run: str, log_dir: Path, saver: CheckpointSaver, console: Console
) -> Monitoring | None:
    """Return the callbacks that watch the posterior of a run, or None where the settings ask for none.

    Args:
        config: The run's settings.
        run: Its name.
        log_dir: Its log directory.
        saver: Writes its checkpoints; listens to checks too.
        console: For warnings.
    """
    if config.disable_metrics_monitoring:
        return None
    plan, thresholds = config.response_plan(), config.thresholds()
    keeps = plan.level_of(ActionKind.SAVE) is not None
    healthy = HealthyCheckpoint(directory=saver.directory, minutes=config.checkpoint_minutes) if keeps else None
    report = CollapseReport(directory=log_dir, run=run, thresholds=thresholds, checkpoints=saver.directory)
    plot = PosteriorPlot(
        directory=log_dir,
        run=run,
        plot_frequency=config.plot_frequency,
        thresholds=thresholds,
        history=report.history,
    )
    commands = VerdictCommands()
    response = CollapseResponse(
        plan=plan,
        patience=config.early_stop_patience,
        directory=saver.directory,
        run=run,
        log_dir=log_dir,
        console=console,
        healthy=healthy,
        commands=commands,
    )
    # The history is complete before it is drawn.
    listeners: list[CheckListener] = [report, plot, response, *([] if healthy is None else [healthy]), saver]
    monitor = PosteriorMonitor(
        schedule=config.check_schedule(), detector=make_detector(thresholds), listeners=listeners
    )
    return Monitoring(monitor=monitor, response=response, healthy=healthy, commands=commands, plot=plot, report=report)
