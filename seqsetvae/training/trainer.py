"""The Lightning trainer of a run."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.loggers import Logger

from seqsetvae.errors import InputError
from seqsetvae.training.checkpoint_files import AtomicCheckpointIO
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.resumable_fit_loop import ResumableFitLoop

#: Warnings of Lightning about what is done here on purpose, as regular expressions.
EXPECTED_WARNINGS = (
    ".*does not have many workers.*",
    ".*exists and is not empty.*",
    ".*callbacks used to create the checkpoint need to be provided.*",
    ".*The dirpath has changed from.*",
    ".*The number of training batches.*",
    ".*Trying to infer the `batch_size`.*",
    ".*no positive samples.*",
    ".*No positive samples.*",
    ".*No negative samples.*",
    ".*`lr_scheduler.step\\(\\)` before `optimizer.step\\(\\)`.*",  # the loss scaler of 16-mixed skips steps
    ".*`isinstance\\(treespec, LeafSpec\\)`.*",
)


def make_trainer(
    config: TrainConfig,
    loggers: list[Logger],
    callbacks: list[pl.Callback],
    *,
    saved: Callable[[Path], None] | None = None,
) -> pl.Trainer:
    """Return the trainer that the settings ask for.

    Args:
        config: The settings.
        loggers: Where it logs.
        callbacks: What it calls.
        saved: Called with each checkpoint that is written.

    Raises:
        InputError: devices, nodes or strategy cannot be used here.
    """
    devices = _devices(config.devices)
    try:
        with quiet_lightning():
            trainer = pl.Trainer(
                accelerator="auto",
                devices=devices,
                num_nodes=config.num_nodes,
                strategy=config.strategy,
                precision=config.precision,
                max_epochs=config.max_epochs,
                max_steps=config.max_steps,
                accumulate_grad_batches=config.gradient_accumulation_steps,
                gradient_clip_val=config.gradient_clip_val or None,
                num_sanity_val_steps=0,
                logger=loggers,
                callbacks=callbacks,
                # Where SLURM signals, Lightning would save into the working directory, and any run would find it there.
                plugins=[AtomicCheckpointIO(saved), *_slurm()],
                default_root_dir=os.devnull,
                enable_progress_bar=False,
                enable_model_summary=config.verbose,
                use_distributed_sampler=False,
            )
    except (ValueError, TypeError, RuntimeError, MisconfigurationException) as error:
        raise InputError(
            "--devices {devices} --num_nodes {nodes} --strategy {strategy} cannot be used here: {reason}",
            devices=config.devices, nodes=config.num_nodes, strategy=config.strategy,
            reason=" ".join(str(error).split()),
        ) from error  # fmt: skip
    trainer.fit_loop = ResumableFitLoop(trainer)
    return trainer


def _slurm() -> list[SLURMEnvironment]:
    return [SLURMEnvironment(auto_requeue=False)] if SLURMEnvironment.detect() else []


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Silence `EXPECTED_WARNINGS`."""
    with warnings.catch_warnings():
        for message in EXPECTED_WARNINGS:
            warnings.filterwarnings("ignore", message=message)
        yield


def validation_interval(wanted: float, *, batches: float, accumulation: int) -> int:
    """Return after how many batches to validate: whole optimizer steps, at most an epoch.

    Args:
        wanted: A share of the epoch up to 1, a number of batches above.
        batches: Batches of an epoch on one device.
        accumulation: Batches per optimizer step.
    """
    whole = max(1, math.ceil(batches))
    steps = math.ceil(whole / accumulation)
    asked = math.floor(wanted * steps + 1e-9) if wanted <= 1 else round(wanted / accumulation)
    return min(max(1, asked) * accumulation, whole)


def validation_batches(wanted: float, *, batches: int) -> int:
    """Return how many batches are validated on: at least one, at most all.

    Args:
        wanted: A share of the batches up to 1, a number of them above.
        batches: All batches of the validation split.
    """
    asked = wanted if wanted > 1 else wanted * batches + 1e-9  # 0.29 · 100 is 28.999999999999996
    return min(max(1, int(asked)), batches)


def tensorboard_loggers(config: TrainConfig, run_dir: str) -> list[Logger]:
    """Return the logger of TensorBoard files, in the run's own log directory, where the settings ask for it.

    Raises:
        InputError: TensorBoard is not installed.
    """
    if not config.tensorboard:
        return []
    try:
        from pytorch_lightning.loggers import TensorBoardLogger

        return [TensorBoardLogger(run_dir, name="", version="tensorboard")]
    except ModuleNotFoundError as error:
        raise InputError('--tensorboard needs more packages: pip install "seqsetvae[tensorboard]"') from error


def _devices(text: str) -> Any:
    if text == "auto":
        return "auto"
    try:
        return [int(part) for part in text.split(",")] if "," in text else int(text)
    except ValueError as error:
        raise InputError(
            "--devices is {value!r}, expected a number, a list such as 0,2, or auto", value=text
        ) from error
