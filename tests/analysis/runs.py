"""Runs for tests: as logs on disk, written with the package's own codec, and loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seqsetvae.analysis.run_curves import RunCurves
from seqsetvae.analysis.run_loading import find_runs, load_run
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics
from seqsetvae.stream.records import EventRecord, Manifest, MetricsRecord, RunState, Value

T0 = 1_700_000_000.0

Values = dict[str, Value]


def training(step: int) -> Values:
    """What every line of a training holds."""
    return {
        "train/loss": 3.0 - step / 1000,
        "train/recon": 2.0 - step / 1000,
        "train/kl": 4.0,
        "train/classification": 0.5,
        "train/beta": 0.1,
    }


def check(step: int, *, dead: bool) -> Values:
    """A check of a posterior of eight dimensions."""
    del step
    kl = 0.001 if dead else 4.0
    return {
        "posterior/kl": kl,
        "posterior/variance": 0.999 if dead else 0.5,
        "posterior/active_units": 0.0 if dead else 1.0,
        "posterior/collapsed_fraction": 1.0 if dead else 0.0,
        "posterior/mutual_information": 0.0 if dead else 2.5,
        "posterior/recon": 2.0,
        "posterior/sample_sets": 128.0,
        "posterior/beta": 0.1,
        "posterior/max_beta": 0.1,
        "posterior/kl_per_dim": (kl / 8,) * 8,
    }


def whole(step: int, *, dead_from: int | None = None) -> Values:
    """Training, a check every 10 steps, a validation every 50."""
    values = training(step)
    if step % 10 == 0:
        values |= check(step, dead=dead_from is not None and step >= dead_from)
    if step % 50 == 0:
        values |= {"val/loss": 2.5, "val/auroc": 0.6 + step / 1000, "val/auprc": 0.3, "val/accuracy": 0.8}
    return values


def collapsing(step: int) -> Values:
    return whole(step, dead_from=100)


def write_run(
    directory: Path,
    values: Callable[[int], Values] = whole,
    *,
    steps: int = 200,
    events: Sequence[EventRecord] = (),
    **config: Any,
) -> Path:
    """Write a finished run, a line a step."""
    directory.mkdir(parents=True)
    manifest = Manifest(
        run=directory.name, started=T0, updated=T0, state=RunState.FINISHED, total_steps=steps, config=config
    )
    (directory / "run.json").write_bytes(encode_manifest(manifest))
    lines = [
        encode_metrics(MetricsRecord(t=T0 + step, step=step, epoch=step / 100, values=values(step)))
        for step in range(1, steps + 1)
    ]
    (directory / "metrics.jsonl").write_bytes(b"".join(lines))
    (directory / "events.jsonl").write_bytes(b"".join(map(encode_event, events)))
    return directory


def loaded(directory: Path, values: Callable[[int], Values] = whole, **more: Any) -> RunCurves:
    """Write a run and load it."""
    return read(write_run(directory, values, **more))


def read(path: Path) -> RunCurves:
    """Load the only run in a directory, or of a file."""
    (log,) = find_runs([path])
    return load_run(log)
