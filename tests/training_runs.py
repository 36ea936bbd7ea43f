"""Training runs so small that a test can afford several: a cohort, settings, and what a run's streams say."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jaxtyping
import pytorch_lightning as pl
import torch
from rich.console import Console

from seqsetvae.data.prepare.splitting import SplitPlan
from seqsetvae.data.prepare.synthetic import CohortPlan, prepare_synthetic
from seqsetvae.stream.codec import decode_event, decode_metrics
from seqsetvae.stream.records import EventRecord, Manifest, MetricsRecord, Value
from seqsetvae.stream.resume import resumes_of
from seqsetvae.stream.run_directory import read_manifest
from seqsetvae.training.config import TrainConfig
from seqsetvae.training.run import Run, build_run, train
from tests.superseding import is_superseded

#: Dimensions of a model whose step takes milliseconds.
TINY = {"reduced_dim": 16, "latent_dim": 8, "ff_dim": 16, "transformer_layers": 1}

#: What the cohort's train split gives with `batch_size` 4 and two batches a step: 34 patients, 9 batches, 5 steps.
BATCHES_PER_EPOCH, STEPS_PER_EPOCH = 9, 5

#: The step and the name of a value.
Point = tuple[int, str]


def make_cohort(directory: Path) -> Path:
    """Make a cohort of 34, 7 and 7 patients, of some five sets each."""
    prepare_synthetic(directory, cohort=CohortPlan(patients=48, mean_sets=5.0), shares=SplitPlan(), jobs=1)
    return directory


def settings(cohort: Path, root: Path, **changes: Any) -> TrainConfig:
    """Return settings of a run called `run` under `root`: float32 on one CPU process, everything random switched on."""
    defaults = TrainConfig(
        data_dir=str(cohort),
        output_dir=str(root / "checkpoints"),
        log_dir=str(root / "logs"),
        run_name="run",
        batch_size=4,
        num_workers=0,
        precision="32",
        devices="1",
        max_epochs=1,
        val_check_interval=1.0,
        beta_warmup_steps=5000,
        lr_warmup_steps=100,
        update_frequency="200",
        early_stopping_patience=0,
        test_after_training=False,
        **TINY,  # type: ignore[arg-type]  # all of them are int
    )
    return dataclasses.replace(defaults, **changes)


def long_settings(cohort: Path, root: Path, **changes: Any) -> TrainConfig:
    """Return settings of twelve steps in three epochs, in which everything that has a state or a schedule changes.

    Batches of two make a step, dropout and sampling are on, β and the learning rate move, the posterior is checked at
    steps 3, 6, 9 and 12, and validation comes twice an epoch, after steps 2, 4, 7, 9 and 12.
    """
    moving: dict[str, Any] = {
        "max_epochs": -1,
        "max_steps": 12,
        "gradient_accumulation_steps": 2,
        "dropout": 0.2,
        "learning_rate": 1e-2,
        "lr_warmup_steps": 5,
        "lr_decay": "cosine",
        "beta_warmup_steps": 8,
        "update_frequency": 3,
        "val_check_interval": 0.5,
        "early_stopping_patience": 50,
    }
    return settings(cohort, root, **{**moving, **changes})


def words(config: TrainConfig) -> list[str]:
    """Return the command line that gives these settings."""
    flags: list[str] = []
    for name, value in config.to_dict().items():
        if isinstance(value, list):
            flags += [f"--{name}", *value]
        else:
            flags.append(f"--{name}={'none' if value is None else value}")
    return flags


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Compute on one core: a tiny step takes a hundred times as long when threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def quiet_console() -> Console:
    """Return a console that nobody sees; its `file` keeps what was said."""
    return Console(file=io.StringIO(), width=200)


def trained(config: TrainConfig, prepare: Callable[[Run], object] | None = None) -> Run:
    """Build a run, let `prepare` change it, and train to the end."""
    run = build_run(config, quiet_console())
    if prepare is not None:
        prepare(run)
    with _unchecked_shapes():
        train(run, "")
    return run


@contextmanager
def _unchecked_shapes() -> Iterator[None]:
    """Do without the checks of `tests.shapes`, which take half of a tiny step; the model's own tests have them."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


def metrics_of(root: Path, run: str = "run") -> list[MetricsRecord]:
    """Return the lines of a run's metrics.jsonl; a line that is not whole or not strict JSON raises."""
    content = (root / "logs" / run / "metrics.jsonl").read_bytes()
    assert content.endswith(b"\n")
    return [decode_metrics(line) for line in content.splitlines()]


def events_of(root: Path, run: str = "run") -> list[EventRecord]:
    """Return the lines of a run's events.jsonl."""
    return [decode_event(line) for line in (root / "logs" / run / "events.jsonl").read_bytes().splitlines()]


def resumptions_of(root: Path, run: str = "run") -> list[int]:
    """Return the steps from which a run was resumed."""
    if not (root / "logs" / run / "events.jsonl").exists():
        return []
    return [event.step for event in events_of(root, run) if event.kind == "resumed"]


def manifest_of(root: Path, run: str = "run") -> Manifest:
    """Return a run's manifest."""
    manifest = read_manifest(root / "logs" / run / "run.json")
    assert isinstance(manifest, Manifest)
    return manifest


def history(lines: list[MetricsRecord], events: list[EventRecord] | None = None) -> dict[Point, Value]:
    """Return every value by step and name, with the epoch as one of them, that no resumption made void.

    Times are left out: they are the machine's.
    """
    resumes = resumes_of(events or [])
    found: dict[Point, Value] = {}
    for line in lines:
        if is_superseded(resumes, step=line.step, t=line.t):
            continue
        group = next(iter(line.values)).split("/")[0]
        values = {**line.values, f"{group}/epoch": line.epoch or 0.0}
        found |= {(line.step, name): value for name, value in values.items() if not name.startswith("time/")}
    return found


def root_of(config: TrainConfig) -> Path:
    """Return the directory that holds a run's logs and checkpoints."""
    return Path(config.log_dir).parent


def checkpoints(root: Path, pattern: str = "*") -> list[str]:
    """Return the names of a run's checkpoints."""
    return sorted(path.name for path in (root / "checkpoints" / "run").glob(pattern))


def add_first(run: Run, callback: pl.Callback) -> None:
    """Put a callback before all others."""
    run.trainer.callbacks.insert(0, callback)  # type: ignore[attr-defined]  # Lightning puts it there


def callback_of(run: Run, kind: type[pl.Callback]) -> Any:
    """Return a run's callback of a kind."""
    (found,) = (callback for callback in run.trainer.callbacks if type(callback) is kind)  # type: ignore[attr-defined]
    return found
