"""One training run, from settings to checkpoints: builds its parts and hands them to Lightning."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytorch_lightning as pl
import torch
from rich.console import Console

from seqsetvae.atomic_file import removed_if_unused, write_whole
from seqsetvae.data.cohort_identity import cohort_identity
from seqsetvae.data.datamodule import EventDataModule
from seqsetvae.data.packed_store import Cohort
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.model.model_config import ModelConfig
from seqsetvae.stream.run_directory import MANIFEST
from seqsetvae.stream.run_name import safe_run_name
from seqsetvae.stream.values import plain
from seqsetvae.strict_json import encode_pretty
from seqsetvae.training.callbacks.best_checkpoints import BestCheckpoints
from seqsetvae.training.callbacks.checkpoint_saving import LAST, CheckpointSaver
from seqsetvae.training.callbacks.console_progress import ConsoleProgress
from seqsetvae.training.callbacks.early_stopping import AurocStopping
from seqsetvae.training.callbacks.interruption import Interruption
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.callbacks.reported_posterior import ReportedPosterior
from seqsetvae.training.callbacks.run_events import RunEvents
from seqsetvae.training.callbacks.run_progress import RunProgress
from seqsetvae.training.callbacks.system_monitor import SystemMonitor
from seqsetvae.training.callbacks.training_metrics import TrainingMetrics
from seqsetvae.training.checkpoint_contents import CheckpointHeader, read_checkpoint
from seqsetvae.training.config import VALIDATION_SHARE, TrainConfig
from seqsetvae.training.freed_memory import keep_freed_memory
from seqsetvae.training.inherited_settings import is_log_of
from seqsetvae.training.module import SeqSetVAEModule, freeze_first
from seqsetvae.training.one_class import one_class_notices, validation_has_one_class
from seqsetvae.training.posterior_watch import PosteriorWatch
from seqsetvae.training.precision import cpu_has_bfloat16, resolve_precision
from seqsetvae.training.ranks import Ranks
from seqsetvae.training.resumption_check import check_resumable
from seqsetvae.training.run_length import RunLength, chosen_flags, fitted
from seqsetvae.training.saved_models import SavedModels
from seqsetvae.training.slurm_job import SlurmJob
from seqsetvae.training.trainer import (
    make_trainer,
    quiet_lightning,
    tensorboard_loggers,
    validation_batches,
    validation_interval,
)
from seqsetvae.training.watch_parts import WatchSettings, watch_parts

logger = logging.getLogger(__name__)

CONFIG_FILE = "config.yaml"
TEST_FILE = "test.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Everything that one run consists of."""

    config: TrainConfig
    trainer: pl.Trainer
    module: SeqSetVAEModule
    data: EventDataModule
    logger: JsonlLogger
    best: BestCheckpoints
    saver: CheckpointSaver
    watch: PosteriorWatch | None
    resume_from: Path | None


def build_run(config: TrainConfig, console: Console, ranks: Ranks | None = None, *, job: SlurmJob | None = None) -> Run:
    """Check all inputs, then build the run. Nothing is written before everything has been read.

    Args:
        config: Its settings.
        console: For notices and progress.
        ranks: Lets the processes of the run end together.
        job: The job of SLURM that the run belongs to; None where there is none.

    Raises:
        InputError: an input cannot be used.
    """
    config, precision_notice = _with_possible_precision(config)
    pl.seed_everything(config.seed, workers=True, verbose=False)
    data = EventDataModule(config, seed=config.seed)
    config, length_notice = _with_length(config, patients=len(data.cohort.train))
    header = _source(config, data)
    module = build_module(config, data)
    _start_weights(config, header, module)
    if header is not None and config.pretrained_ckpt is None:
        _check_data(config, header, module, console)
    resumed = header if config.resume_from_checkpoint is not None else None
    stream = _stream(config, resumed)
    checkpoints = _checkpoint_directory(config, stream.name, resumed)
    best = BestCheckpoints(checkpoints, resumed=None if resumed is None else resumed.path)
    saver = CheckpointSaver(directory=checkpoints, run_name=stream.name, minutes=config.checkpoint_minutes)
    watch = _posterior_watch(config, stream, saver, console)
    stops_early = config.early_stopping_patience > 0 and not validation_has_one_class(data.cohort, config)
    interruption = Interruption(ranks, None if job is None else lambda: _requeue(job, saver))
    callbacks = [best, *_callbacks(config, console, saver, watch, stops_early=stops_early), interruption]
    trainer = make_trainer(
        config, [stream, *tensorboard_loggers(config, stream.log_dir)], callbacks, saved=SavedModels(console)
    )
    if resumed is not None:
        sampler = data.train_sampler(num_replicas=trainer.world_size)
        try:
            check_resumable(resumed, config=config, module=module, trainer=trainer, sampler=sampler)
        except InputError:
            stream.discard()
            raise
    if ranks is not None:
        ranks.join(trainer, stream)
    for notice in filter(None, (precision_notice, *one_class_notices(data.cohort, config), length_notice)):
        if trainer.is_global_zero:
            console.print(notice, markup=False, highlight=False, soft_wrap=True)
    return Run(
        config=config,
        trainer=trainer,
        module=module,
        data=data,
        logger=stream,
        best=best,
        saver=saver,
        watch=watch,
        resume_from=None if resumed is None else resumed.path,
    )


def _requeue(job: SlurmJob, saver: CheckpointSaver) -> None:
    job.requeue(saver.closing or saver.directory / LAST)


def build_module(config: TrainConfig, data: EventDataModule) -> SeqSetVAEModule:
    """Return a module for the cohort's vocabulary and embeddings."""
    cohort = data.cohort
    embeddings = None if cohort.embeddings is None else torch.from_numpy(cohort.embeddings.copy())
    return SeqSetVAEModule(
        config=config,
        model_config=model_config_of(config, cohort),
        variables=cohort.variables,
        embeddings=embeddings,
        data_identity=cohort_identity(cohort),
    )


def model_config_of(config: TrainConfig, cohort: Cohort) -> ModelConfig:
    """Return the dimensions of the model for a cohort."""
    width = None if cohort.embeddings is None else cohort.embeddings.shape[1]
    return config.model(num_variables=len(cohort.variables), embedding_dim=width)


def train(run: Run, config_text: str, begun: Callable[[], None] = lambda: None) -> None:
    """Train to the end; `config_text` is kept in the run's directory, and `begun` called once it is there."""
    config = run.config
    if not torch.cuda.is_available():
        keep_freed_memory()
    if config.compile_model:
        run.module.model.compile(dynamic=True)
    _begin_log(run, config_text)
    begun()
    run.trainer.val_check_interval = validation_interval(
        config.val_check_interval or VALIDATION_SHARE,
        batches=len(run.data.cohort.train) / (config.batch_size * run.trainer.world_size),
        accumulation=config.gradient_accumulation_steps,
    )
    patients, world = len(run.data.cohort.valid), run.trainer.world_size
    validated = validation_batches(config.limit_val_batches, batches=math.ceil(patients / config.batch_size))
    run.trainer.limit_val_batches = math.ceil(validated / world)
    with quiet_lightning():
        run.trainer.fit(run.module, datamodule=run.data, ckpt_path=_text(run.resume_from), weights_only=True)


def _begin_log(run: Run, config_text: str) -> None:
    """Put the settings into the run's directory.

    Raises:
        InputError, OSError: its disk refuses them; nothing is left of a run that is new.
    """
    if run.trainer.is_global_zero:
        try:
            _ = run.logger.experiment
            write_whole(Path(run.logger.log_dir) / CONFIG_FILE, config_text.encode())
        except (InputError, OSError):
            run.logger.discard()
            raise
    run.logger.log_hyperparams(run.config.to_dict())


def test(run: Run, checkpoint: Path) -> dict[str, float]:
    """Evaluate a checkpoint on the test split; the result is kept in the run's directory.

    Raises:
        InputError: a probability is not finite; of a run that does nothing else, nothing is left.
    """
    try:
        return _tested(run, checkpoint)
    except (InputError, OSError):
        if run.config.test_checkpoint is not None:
            run.logger.discard()
        raise


def _tested(run: Run, checkpoint: Path) -> dict[str, float]:
    run.module.model.load_state_dict(dict(read_checkpoint(checkpoint).weights))
    with quiet_lightning():
        (result,) = run.trainer.test(run.module, datamodule=run.data, verbose=False)
    patients, non_finite = len(run.data.cohort.test), run.module.evaluation.non_finite
    if non_finite:
        raise InputError(
            "checkpoint {path} gives {count:,} of {patients:,} test patients a probability that is not finite; "
            "test an earlier checkpoint, or train again with a lower --learning_rate",
            path=checkpoint, count=non_finite, patients=patients,
        )  # fmt: skip
    found = {name: float(value) for name, value in result.items()}
    report = plain({"checkpoint": str(checkpoint), "patients": patients, **found})
    if run.trainer.is_global_zero:
        write_whole(Path(run.logger.log_dir) / TEST_FILE, encode_pretty(report))
    return found


def _with_possible_precision(config: TrainConfig) -> tuple[TrainConfig, str | None]:
    on_cpu = not (torch.cuda.is_available() or torch.backends.mps.is_available())
    precision, notice = resolve_precision(config.precision, on_cpu=on_cpu, has_bfloat16=cpu_has_bfloat16())
    return replace(config, precision=precision), notice


def _with_length(config: TrainConfig, *, patients: int) -> tuple[TrainConfig, str | None]:
    """Return the settings for a run of this length, and a sentence that says which were left open."""
    length = RunLength.of(config, patients=patients)
    complete = fitted(config, length)
    if complete == config or config.test_checkpoint is not None:
        return complete, None
    flags = chosen_flags(config, complete)
    return complete, tr("chosen for a run of {steps:,} optimizer steps: {flags}", steps=length.total, flags=flags)


def _source(config: TrainConfig, data: EventDataModule) -> CheckpointHeader | None:
    """Return the checkpoint that weights come from, which fits the model that is to be built."""
    source = config.resume_from_checkpoint or config.pretrained_ckpt or config.test_checkpoint
    if config.freeze_ratio > 0 and source is None:
        raise InputError("--freeze_ratio needs --pretrained_ckpt: in a run from random weights it would freeze noise")
    if source is None:
        return None
    header, model = read_checkpoint(Path(source)), model_config_of(config, data.cohort)
    header.check_fits(model, data.cohort.variables)
    header.check_weights(model)
    return header


def _start_weights(config: TrainConfig, header: CheckpointHeader | None, module: SeqSetVAEModule) -> None:
    """Load weights that a run starts from; freeze what is to stay as it is, also where the run goes on."""
    if header is not None and config.pretrained_ckpt is not None:
        module.model.load_state_dict(dict(header.weights))
    if config.freeze_ratio > 0:
        freeze_first(module.model.encoder, config.freeze_ratio)


def _stream(config: TrainConfig, resumed: CheckpointHeader | None) -> JsonlLogger:
    """Return the logger of a run; one that goes on goes on in its log, and never in that of another run."""
    name = config.run_name or (None if resumed is None else resumed.run_name)
    logs = _writable(config.log_dir, "--log_dir")
    try:
        stream = JsonlLogger(logs, name)
        if resumed is None or name is None:
            return stream
        directory = logs / safe_run_name(name)
        of_another = resumed.run_started is not None and not is_log_of(resumed, directory)
        if config.run_name is None and of_another and (directory / MANIFEST).exists():
            return stream
        return JsonlLogger(logs, name, resume=True)
    except ValueError as error:
        raise InputError("--run_name: {reason}", reason=error) from error


def _checkpoint_directory(config: TrainConfig, name: str, resumed: CheckpointHeader | None) -> Path:
    """Return OUTPUT_DIR/RUN, or where a run goes on the directory in OUTPUT_DIR that holds its checkpoint."""
    output = _writable(config.output_dir, "--output_dir")
    directory = output / name
    if resumed is not None and config.run_name in (None, resumed.run_name):
        beside = resumed.path.absolute().parent
        if beside.parent.resolve() == output.resolve():
            directory = output / beside.name
    return _writable(str(directory), "--output_dir")


def _check_data(config: TrainConfig, header: CheckpointHeader, module: SeqSetVAEModule, console: Console) -> None:
    names = ", ".join(header.other_data(module.data_identity))
    if names and not config.allow_other_data:
        raise InputError(
            "checkpoint {path} was trained on other data than {directory}: {names} differ; use the data it was trained "
            "on, or go on with --allow_other_data",
            path=header.path, directory=config.data_dir, names=names,
        )  # fmt: skip
    if names:
        notice = tr(
            "checkpoint {path} was trained on other data than {directory}: {names} differ.",
            path=header.path, directory=config.data_dir, names=names,
        )  # fmt: skip
        console.print(notice, markup=False, highlight=False)
    elif not header.data:
        notice = tr(
            "checkpoint {path} does not say what data it was trained on; that it was {directory} is not checked.",
            path=header.path, directory=config.data_dir,
        )  # fmt: skip
        console.print(notice, markup=False, highlight=False)


def _posterior_watch(
    config: TrainConfig, log: JsonlLogger, saver: CheckpointSaver, console: Console
) -> PosteriorWatch | None:
    if config.disable_metrics_monitoring:
        return None
    settings = WatchSettings(
        thresholds=config.thresholds(),
        schedule=config.check_schedule(),
        plan=config.response_plan(),
        patience=config.early_stop_patience,
        plot_frequency=config.plot_frequency,
        healthy_minutes=config.checkpoint_minutes,
    )
    parts = watch_parts(
        settings,
        ReportedPosterior(),
        run=log.name,
        log_dir=Path(log.log_dir),
        checkpoints=saver.directory,
        console=console,
        listeners=[saver],
    )
    return PosteriorWatch.of_parts(settings, parts)


def _callbacks(
    config: TrainConfig, console: Console, saver: CheckpointSaver, watch: PosteriorWatch | None, *, stops_early: bool
) -> list[pl.Callback]:
    metrics = TrainingMetrics(every_n_steps=config.log_every_n_steps)
    callbacks: list[pl.Callback] = [RunProgress(), metrics, SystemMonitor(), ConsoleProgress(metrics, console)]
    if watch is not None:
        callbacks.append(watch)
    if stops_early:
        callbacks.append(AurocStopping(patience=config.early_stopping_patience))
    # After the callbacks whose state a checkpoint must hold, and before those that name it or can interrupt.
    callbacks.append(saver)
    if watch is not None:
        callbacks.append(watch.reporting)
    response = None if watch is None else watch.parts.response
    return [*callbacks, RunEvents(metrics, saver, response, console)]


def _writable(directory: str, flag: str) -> Path:
    path = Path(directory)
    is_there = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            "{flag} {path} cannot be made: {reason}; choose another directory",
            flag=flag, path=path, reason=error.strerror,
        ) from error  # fmt: skip
    if not os.access(path, os.W_OK | os.X_OK):
        raise InputError(
            "{flag} {path} is not writable; choose another directory or change its permissions", flag=flag, path=path
        )
    return path if is_there else removed_if_unused(path)


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
