"""A Lightning logger that writes the log format of this package, for any LightningModule.

    trainer = Trainer(logger=JsonlLogger("runs"), callbacks=[RunProgress(), SystemMonitor()])

The logger alone writes what Lightning hands it. `RunProgress` adds
what only the trainer knows: totals, fractional epochs, the exact optimizer step, and the step a run was resumed from.
"""

from __future__ import annotations

import shutil
import sys
import time
import weakref
from argparse import Namespace
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from lightning_fabric.loggers.logger import rank_zero_experiment
from lightning_fabric.utilities.rank_zero import rank_zero_only
from pytorch_lightning.loggers import Logger

from seqsetvae.errors import InputError
from seqsetvae.stream.codec import RESERVED
from seqsetvae.stream.line_writer import FLUSH_INTERVAL
from seqsetvae.stream.records import Level, RunState
from seqsetvae.stream.run_name import safe_run_name, unique_directory
from seqsetvae.stream.writer import RunWriter
from seqsetvae.training.rank_end import failure_text

if TYPE_CHECKING:
    from pytorch_lightning import Trainer


class JsonlLogger(Logger):
    """Writes `LOG_DIR/<run>/{run.json, metrics.jsonl, events.jsonl, system.jsonl}`, on rank 0.

    Metric names pass unchanged, but for `epoch`, which becomes the record's epoch, and the format's own keys `t`,
    `step` and `rank`, which become `metric/t` and so on. Values are numbers or flat lists of numbers.

    Args:
        log_dir: The directory of all runs.
        run_name: Name of this run; the date and time by default. Characters that file systems
            refuse become `-`, and a name that exists gets `-2`, `-3` and so on.
        resume: Continue the run of exactly this name, if there is one.
        clock: Unix seconds.
        flush_interval: Seconds between two writes at most.

    Raises:
        ValueError: at first use, when the directory cannot be written or another live process writes this run.
    """

    def __init__(
        self,
        log_dir: str | Path,
        run_name: str | None = None,
        *,
        resume: bool = False,
        clock: Callable[[], float] = time.time,
        flush_interval: float = FLUSH_INTERVAL,
    ) -> None:
        super().__init__()
        if resume and run_name is None:
            raise InputError("resume needs the name of the run to go on with; give run_name")
        self._root = Path(log_dir)
        self._wanted = safe_run_name(run_name or time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(clock())))
        self._resume = resume
        self._clock = clock
        self._flush_interval = flush_interval
        self._run_dir: Path | None = None
        self._made = self._opened = False
        self._writer: RunWriter | None = None
        self._trainer: weakref.ReferenceType[Trainer] | None = None
        self._epoch: float | None = None
        self._step = 0

    @property
    def name(self) -> str:
        """The run's name, which is its directory's."""
        return self._directory().name

    @property
    def version(self) -> str:
        """Empty: every run has a directory and a name of its own."""
        return ""

    @property
    def save_dir(self) -> str:
        """The directory of all runs."""
        return str(self._root)

    @property
    def root_dir(self) -> str:
        """The directory of this run."""
        return str(self._directory())

    @property
    def log_dir(self) -> str:
        """The directory of this run."""
        return str(self._directory())

    @property
    @rank_zero_experiment
    def experiment(self) -> RunWriter:
        """The run's writer, opened at first use; elsewhere than on rank 0 an object that ignores every call."""
        if self._writer is None:
            # A logger that was finalized, after fit() say, goes on in the same run when test() logs.
            reopened = self._run_dir is not None
            directory = self._directory()
            self._writer = RunWriter(
                directory,
                versions={"torch": torch.__version__, "lightning": version("pytorch-lightning")},
                append=self._resume or reopened,
                reopened=self._opened,
                clock=self._clock,
                flush_interval=self._flush_interval,
            )
            self._opened = True
        return self._writer

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Append one metrics line. Device tensors are copied to the host, so hand over numbers inside a step.

        Lightning's own calls carry the whole epoch and a step count that lags by one while it logs; both are made
        exact where a trainer is followed. Steps and fractional epochs from elsewhere are taken as they are.
        """
        values = {f"metric/{key}" if key in RESERVED - {"epoch"} else key: value for key, value in metrics.items()}
        epoch = values.pop("epoch", None)
        if step is None or (isinstance(epoch, int) and step == self._lightnings_count()):
            step = self._present_step()
        if epoch is None or (isinstance(epoch, int) and self._epoch is not None):
            epoch = self._epoch
        self._step = step
        self.experiment.metrics(step=step, epoch=epoch, values=values)

    @rank_zero_only
    def log_event(
        self,
        level: Level | str,
        kind: str,
        message: str,
        data: Mapping[str, Any] | None = None,
        *,
        step: int | None = None,
    ) -> None:
        """Append an event, at the present step unless another is given.

        Raises:
            ValueError: the level is not one of info, green, yellow, orange, red.
        """
        step = self._present_step() if step is None else step
        self.experiment.event(step=step, level=Level(level), kind=kind, message=message, data=data)

    @rank_zero_only
    def log_hyperparams(self, params: dict[str, Any] | Namespace, *args: Any, **kwargs: Any) -> None:
        """Merge settings into the manifest's config."""
        self.experiment.update_manifest(config=vars(params) if isinstance(params, Namespace) else params)

    @rank_zero_only
    def set_totals(self, *, steps: int | None = None, epochs: float | None = None) -> None:
        """Say how many optimizer steps and epochs the run will take."""
        self.experiment.update_manifest(total_steps=steps, total_epochs=epochs)

    @rank_zero_only
    def follow(self, trainer: Trainer, epoch: float | None) -> None:
        """Use the steps of this trainer, and `epoch` as the present one, until the next call."""
        if self._trainer is None or self._trainer() is not trainer:
            self._trainer = weakref.ref(trainer)
        self._epoch = epoch

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Write what is queued and how the run ended.

        Lightning says "failed" of an interrupt too; the exception that is being handled tells the two apart.
        """
        if self._writer is None:
            return
        state, reason = _end(status)
        self._writer.close(state, reason)
        self._writer = None

    def discard(self) -> None:
        """Leave nothing of a run that ended before it began; one that goes on from an earlier one stays, as failed."""
        if not self._made or self._run_dir is None:
            self.finalize("failed")
            return
        if self._writer is not None:
            self._writer.discard()
            self._writer = None
        shutil.rmtree(self._run_dir, ignore_errors=True)

    def end(self, state: RunState, reason: str | None) -> None:
        """Write what is queued and how the run ended, unless that is said already."""
        if self._writer is not None:
            self._writer.close(state, reason)

    def _followed(self) -> Trainer | None:
        return self._trainer() if self._trainer is not None else None

    def _lightnings_count(self) -> int | None:
        trainer = self._followed()
        return None if trainer is None else trainer.fit_loop.epoch_loop._batches_that_stepped

    def _present_step(self) -> int:
        trainer = self._followed()
        return self._step if trainer is None else trainer.global_step

    def _directory(self) -> Path:
        if self._run_dir is None:
            wanted = self._root / self._wanted
            is_ours_to_make = _rank() == 0 and not self._resume
            self._run_dir = unique_directory(wanted) if is_ours_to_make else wanted
            self._made = is_ours_to_make
        return self._run_dir

    def __getstate__(self) -> dict[str, Any]:
        """Without the writer and the trainer, which stay with their process."""
        return {**self.__dict__, "_writer": None, "_trainer": None}


def _rank() -> int:
    """This process's global rank; Lightning sets it on the function before any logger is used."""
    rank: int = getattr(rank_zero_only, "rank", 0)
    return rank


def _end(status: str) -> tuple[RunState, str | None]:
    """State and reason for a status that Lightning passes to `finalize`."""
    if status == "success":
        return RunState.FINISHED, None
    if status == "finished":  # what Lightning says before it asks SLURM to queue the job again
        return RunState.INTERRUPTED, "queued again"
    error = sys.exc_info()[1]
    if error is None:
        state = RunState.INTERRUPTED if status in ("interrupted", "aborted") else RunState.FAILED
        return state, None
    # Ctrl-C, SIGTERM (which arrives as a SystemExit) and other requests to stop are no errors, hence no `Exception`.
    return (RunState.FAILED if isinstance(error, Exception) else RunState.INTERRUPTED), failure_text(error)
