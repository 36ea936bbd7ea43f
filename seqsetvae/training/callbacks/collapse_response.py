"""The responses to verdicts: events, warnings, a checkpoint, a lower β, a command, the end of training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from rich.console import Console

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.response import Decision, ResponsePlan, ResponseState, decide
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.i18n.language import tr, translated
from seqsetvae.i18n.log_texts import log_headline, log_text
from seqsetvae.stream.records import SECOND_OPINION, Level
from seqsetvae.training.callbacks.checkpoint_saving import LAST
from seqsetvae.training.callbacks.checkpoint_writing import write_along_the_way
from seqsetvae.training.callbacks.healthy_checkpoint import HealthyCheckpoint
from seqsetvae.training.callbacks.posterior_source import PosteriorSource
from seqsetvae.training.callbacks.run_log import log_event
from seqsetvae.training.callbacks.training_position import StepDetector
from seqsetvae.training.callbacks.verdict_command import VerdictCommands

#: How a level is printed on the console.
STYLES = {Level.GREEN: "green", Level.YELLOW: "yellow", Level.ORANGE: "dark_orange", Level.RED: "bold red"}


class CollapseResponse(pl.Callback):
    """Carries out `--on_collapse`; a listener of `PosteriorMonitor`, placed after it and before `CheckpointSaver`.

    A change of level or condition is logged at once. What changes training or writes a checkpoint waits for the end of
    an optimizer step; until then it is part of this callback's state, so that a run that is resumed from a checkpoint
    in between does it too.

    Args:
        plan: What to do.
        source: Lowers β.
        patience: Checks running at the level of `stop` after which training ends.
        directory: Where checkpoints go.
        run: The run's name, for commands.
        log_dir: The run's log directory, for commands.
        console: For warnings.
        healthy: Keeps the checkpoint from before a collapse; None where none is kept.
        commands: Runs commands and reports those that fail.
        watch: The name of a second watch, whose verdicts are not those of the run; None for the first.
    """

    def __init__(
        self,
        *,
        plan: ResponsePlan,
        source: PosteriorSource,
        patience: int,
        directory: Path,
        run: str,
        log_dir: Path,
        console: Console,
        healthy: HealthyCheckpoint | None,
        commands: VerdictCommands,
        watch: str | None = None,
    ) -> None:
        self._plan = plan
        self._source = source
        self._patience = patience
        self._directory = directory
        self._run = run
        self._log_dir = log_dir
        self._console = console
        self._healthy = healthy
        self._commands = commands
        self._watch = watch
        self._steps = StepDetector()
        self._state = ResponseState()
        self._pending: list[tuple[Verdict, Decision]] = []
        self._collapse: Path | None = None
        self._stopping = False
        #: Why training was stopped, or None where it was not.
        self.stopped: str | None = None

    @property
    def healthy(self) -> Path | None:
        """The checkpoint from before a collapse, or None where there is none."""
        return None if self._healthy is None else self._healthy.kept

    def on_check(self, trainer: pl.Trainer, observation: Observation, verdict: Verdict) -> None:
        """Decide, log the event, and postpone what must wait for the end of the step."""
        before = self._state
        decision, self._state = decide(self._plan, before, verdict, patience=self._patience)
        if decision.tell:
            data = {
                **verdict.to_data(),
                "previous": _previous(before),
                "actions": decision.actions,
                **self._kept(verdict),
            }
            if self._watch is None:
                log_event(trainer, verdict.level, "collapse", verdict.headline, data, step=verdict.step)
            else:
                message = f"{self._watch}: {verdict.headline}"
                data["watch"] = self._watch
                log_event(trainer, verdict.level, SECOND_OPINION, message, data, step=verdict.step)
        if decision.warn and trainer.is_global_zero:
            self._warn(verdict)
        if decision.recommend_stop:
            message = f"stop recommended: {self._lasting(verdict)}"
            data = {"condition": str(verdict.condition), "checks": self._patience}
            log_event(trainer, Level.INFO, "stop_recommended", message, data, step=verdict.step)
            self._print(trainer, message)
        if decision.acts:
            self._pending.append((verdict, decision))

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Lower β as far as the run had lowered it when it was saved; stop where it was saved while it stopped."""
        self._steps.start(trainer)
        if self._stopping:
            trainer.should_stop = True
        else:
            self.stopped = None
        if self._state.lowered:
            self._lower_beta(trainer, pl_module, f"as it was when the run was saved (lowered {self._state.lowered}×)")

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Do what was postponed, between optimizer steps."""
        if self._steps.stepped(trainer):
            self._carry_out(trainer, pl_module, ended=False)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Do what the last checks have asked for; a run that is resumed from its end goes on."""
        self._carry_out(trainer, pl_module, ended=True)
        self._stopping = False

    def state_dict(self) -> dict[str, Any]:
        """Return the decisions so far, and those that are still to be carried out."""
        return {
            "state": self._state.to_data(),
            "pending": [[verdict.to_data(), decision.to_data()] for verdict, decision in self._pending],
            "stopping": self.stopped if self._stopping else None,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint; only commands of this run's own plan are run."""
        self._state = ResponseState.from_data(state_dict["state"])
        planned = {action.command for action in self._plan.planned}
        self._pending = []
        for verdict, data in state_dict["pending"]:
            decision = Decision.from_data(data)
            own = tuple(command for command in decision.commands if command in planned)
            self._pending.append((Verdict.from_data(verdict), replace(decision, commands=own)))
        self.stopped = state_dict.get("stopping")
        self._stopping = self.stopped is not None

    def _kept(self, verdict: Verdict) -> dict[str, str]:
        """Return the checkpoint from before the trouble; none at green, where a newer one will replace it."""
        if verdict.level is Level.GREEN or self.healthy is None:
            return {}
        return {"healthy": str(self.healthy)}

    def _carry_out(self, trainer: pl.Trainer, module: pl.LightningModule, *, ended: bool) -> None:
        pending, self._pending = self._pending, []
        for verdict, decision in pending:
            if decision.lower_beta:
                self._lower_beta(trainer, module, f"{verdict.level}: {verdict.condition}")
            if decision.stop and not ended:
                self._stop(trainer, verdict)
            if decision.save:
                self._save(trainer)
            if trainer.is_global_zero:
                self._start_commands(verdict, decision.commands)

    def _lower_beta(self, trainer: pl.Trainer, module: pl.LightningModule, why: str) -> None:
        """Set β to that of the settings times the factor decided on."""
        factor = self._state.beta_factor
        change = self._source.lower_beta(module, factor)
        if change is None:
            return
        message = f"max β is lowered from {change.old:.3g} to {change.new:.3g}, {why}"
        data = {"old": change.old, "new": change.new, "factor": factor, "times": self._state.lowered}
        log_event(trainer, Level.INFO, "lower_beta", message, data)
        self._print(trainer, message)

    def _save(self, trainer: pl.Trainer) -> None:
        path = self._directory / f"collapse-step{trainer.global_step:06d}.ckpt"
        before, self._collapse = self._collapse, path
        if write_along_the_way(trainer, path):
            log_event(trainer, Level.INFO, "saved", f"{path.name} is saved", {"checkpoint": str(path)})
        else:
            self._collapse = before

    def _stop(self, trainer: pl.Trainer, verdict: Verdict) -> None:
        self.stopped = self._lasting(verdict)
        trainer.should_stop = self._stopping = True
        message = f"training stops: {self.stopped}"
        log_event(trainer, Level.INFO, "stop", message, {"condition": str(verdict.condition), "checks": self._patience})
        self._print(trainer, message)

    def _lasting(self, verdict: Verdict) -> str:
        checks = "1 check" if self._patience == 1 else f"{self._patience} checks running"
        return f"{verdict.condition}, {verdict.level} in {checks}"

    def _warn(self, verdict: Verdict) -> None:
        level, headline = translated(verdict.level), log_headline(verdict.headline)
        text = tr("step {step:,} {level}: {headline}", step=verdict.step, level=level, headline=headline)
        if verdict.advice:
            text = tr("{verdict}; next: {advice}", verdict=text, advice=log_text(verdict.advice[0]))
        self._console.print(text, style=STYLES[verdict.level], markup=False, highlight=False, soft_wrap=True)

    def _print(self, trainer: pl.Trainer, message: str) -> None:
        if trainer.is_global_zero:
            self._console.print(log_text(message), markup=False, highlight=False, soft_wrap=True)

    def _start_commands(self, verdict: Verdict, commands: Sequence[tuple[str, ...]]) -> None:
        checkpoints = {
            "healthy": self.healthy,
            "collapse": self._collapse,
            "last": self._directory / LAST,
        }
        described = {
            "run": self._run,
            "log_dir": str(self._log_dir.absolute()),
            "checkpoints": {name: None if path is None else str(path.absolute()) for name, path in checkpoints.items()},
            "verdict": verdict.to_data(),
        }
        for command in commands:
            self._commands.start(command, json.dumps(described) + "\n")


def _previous(state: ResponseState) -> dict[str, Any] | None:
    """Return the previous verdict, and how many checks it lasted."""
    if state.level is None:
        return None
    return {"level": str(state.level), "condition": str(state.condition), "checks": state.checks}
