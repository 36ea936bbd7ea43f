"""A run to look at without files of one's own: healthy for an hour, then its posterior collapses.

The numbers are made up, with the shapes that real runs have, and the same at every time. The verdicts are those of the
detector on these numbers, so that the demo shows what a user would have been told, and when.
"""

from __future__ import annotations

import random
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import exp, log
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics, encode_system
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, system_file

RUN = "demo"

STEPS = 7_500
EVERY = 10
"""Optimizer steps from one record to the next: seven hundred and fifty records play smoothly for a minute."""

_CHECK_EVERY = 100
_VALIDATE_EVERY = 500
_READING_EVERY = 60
"""Optimizer steps from one reading of the machine to the next."""

_START = 1_760_000_000.0
_SECONDS_A_STEP = 0.8
_STEPS_AN_EPOCH = 1_500
_DIMENSIONS = 32
_SAMPLE_SETS = 128
_SETS_A_STEP = 560
_MAX_BETA = 1.0
_WARMUP_STEPS = 1_500
_ACTIVE_KL, _COLLAPSED_KL = 0.01, 0.005
_FALLS_FROM = 4_200
"""Step about which the first dimensions fall asleep."""

_GIB = 2.0**30

_CONFIG: dict[str, Any] = {
    "latent_dim": _DIMENSIONS,
    "levels": 1,
    "max_beta": _MAX_BETA,
    "beta_warmup_steps": _WARMUP_STEPS,
    "free_bits": 0.0,
    "learning_rate": 1e-4,
    "detector": "posterior",
    "update_frequency": str(_CHECK_EVERY),
}
"""What the run was started with: β is far too large."""


@dataclass(kw_only=True, slots=True)
class _Course:
    """The run as it goes on: its noise, its detector, and the events so far."""

    noise: random.Random = field(default_factory=lambda: random.Random(5))
    detector: Detector = field(default_factory=lambda: make_detector(Thresholds.of(_CONFIG)))
    events: list[EventRecord] = field(default_factory=list)

    def record(self, step: int) -> MetricsRecord:
        """The line of a step; a check's verdict becomes an event where it differs from the one before."""
        values = self._training(step)
        if step % _CHECK_EVERY == 0:
            values |= self._check(step)
        if step % _VALIDATE_EVERY == 0:
            values |= self._validation(step)
        return MetricsRecord(t=_time(step), step=step, epoch=round(step / _STEPS_AN_EPOCH, 4), values=values)

    def _training(self, step: int) -> dict[str, Value]:
        noise, kl = self.noise, sum(_alive(place, step) for place in range(_DIMENSIONS))
        recon = 0.6 + 1.8 * exp(-step / 1_500) + 0.25 * exp(-kl / 1.2) + noise.gauss(0, 0.04)
        label = 0.35 + 0.34 * exp(-step / 2_500) + noise.gauss(0, 0.03)
        beta, shaken = _beta(step), noise.uniform(0.9, 1.1)
        return {
            "train/loss": round(recon + beta * kl * shaken + label, 4),
            "train/recon": round(recon, 4),
            "train/kl": round(kl * shaken, 4),
            "train/beta": round(beta, 6),
            "train/classification": round(label, 4),
            "grad/norm": round(abs(noise.gauss(0.9, 0.25)) + (12.0 if step == 2_710 else 0.0), 4),
            "lr/adamw": round(1e-4 * min(step / 800, 1.0), 8),
            "time/patients_per_second": round(18.0 * noise.uniform(0.95, 1.05), 2),
        }

    def _check(self, step: int) -> dict[str, Value]:
        values = self._posterior(step)
        seen = observation_of(step, values)
        if seen is None:
            raise ValueError(f"the demo's check at step {step} lacks what a detector needs")
        before, verdict = self.detector.latest, self.detector.observe(seen)
        if verdict.changed or before is None:
            self.events.append(_told(verdict, before))
        return {**values, "posterior/verdict": float(verdict.level.severity)}

    def _posterior(self, step: int) -> dict[str, Value]:
        noise = self.noise
        per_dim = tuple(round(_alive(place, step) * noise.uniform(0.92, 1.08), 5) for place in range(_DIMENSIONS))
        kl = sum(per_dim)
        # z says no more of its set than its KL, and a sample shows no more than the logarithm of its size.
        information = 0.85 * kl / (1 + 0.85 * kl / (0.97 * log(_SAMPLE_SETS)))
        return {
            "posterior/kl": round(kl, 4),
            "posterior/variance": round(max(0.99 - kl / 24, 0.3) * noise.uniform(0.997, 1.003), 4),
            "posterior/active_units": round(sum(each > _ACTIVE_KL for each in per_dim) / _DIMENSIONS, 4),
            "posterior/collapsed_fraction": round(sum(each < _COLLAPSED_KL for each in per_dim) / _DIMENSIONS, 4),
            "posterior/mutual_information": round(information * noise.uniform(0.97, 1.03), 4),
            "posterior/recon": round(0.6 + 1.8 * exp(-step / 1_500) + 0.25 * exp(-kl / 1.2) + noise.gauss(0, 0.01), 4),
            "posterior/z_ablation": round(0.4 * kl / (kl + 6) * noise.uniform(0.92, 1.08), 5),
            "posterior/sets": float(_CHECK_EVERY * _SETS_A_STEP),
            "posterior/sample_sets": float(_SAMPLE_SETS),
            "posterior/beta": round(_beta(step), 6),
            "posterior/max_beta": _MAX_BETA,
            "posterior/kl_per_dim": per_dim,
        }

    def _validation(self, step: int) -> dict[str, Value]:
        noise, skill = self.noise, 1 - exp(-step / 2_200)
        return {
            "val/loss": round(1.0 + 1.5 * exp(-step / 1_700) + noise.gauss(0, 0.01), 4),
            "val/auroc": round(0.52 + 0.31 * skill + noise.gauss(0, 0.005), 4),
            "val/auprc": round(0.15 + 0.32 * skill + noise.gauss(0, 0.008), 4),
        }


@contextmanager
def demo_log() -> Iterator[Path]:
    """Write the run into a directory that is removed afterwards, also when the terminal is closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with tempfile.TemporaryDirectory(prefix="seqsetvae-demo-") as directory:
        write_demo(Path(directory))
        yield Path(directory)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def write_demo(logdir: Path) -> None:
    """Write the run into `logdir/demo`, which must not be there yet; takes a tenth of a second."""
    directory = logdir / RUN
    directory.mkdir(parents=True)
    course = _Course()
    lines = [course.record(step) for step in range(EVERY, STEPS + 1, EVERY)]
    ended = _time(STEPS)
    manifest = Manifest(
        run=RUN,
        started=_START,
        updated=ended,
        ended=ended,
        state=RunState.FINISHED,
        total_steps=STEPS,
        total_epochs=STEPS / _STEPS_AN_EPOCH,
        config=_CONFIG,
    )
    begun = f"training {STEPS:,} steps, latent {_DIMENSIONS}"
    events = [EventRecord(t=_START, step=0, level=Level.INFO, kind="started", message=begun), *course.events]
    (directory / MANIFEST).write_bytes(encode_manifest(manifest))
    (directory / METRICS).write_bytes(b"".join(map(encode_metrics, lines)))
    (directory / EVENTS).write_bytes(b"".join(map(encode_event, events)))
    (directory / system_file(0)).write_bytes(b"".join(map(encode_system, _machine())))


def _told(verdict: Verdict, before: Verdict | None) -> EventRecord:
    data = verdict.to_data()
    if before is not None:
        data["previous"] = {"level": str(before.level), "condition": str(before.condition), "checks": before.checks}
    return EventRecord(
        t=_time(verdict.step),
        step=verdict.step,
        level=verdict.level,
        kind="collapse",
        message=verdict.headline,
        data=data,
    )


def _alive(dimension: int, step: int) -> float:
    """KL of one dimension in nats: it wakes while β is small, and they fall asleep one after the other."""
    awake = 0.9 * exp(-dimension / 14) * (1 - exp(-step / 800))
    return awake / (1 + exp(min((step - _FALLS_FROM + 70 * dimension) / 380, 50.0))) + 0.0004


def _beta(step: int) -> float:
    return _MAX_BETA * min(step / _WARMUP_STEPS, 1.0)


def _time(step: int) -> float:
    return _START + step * _SECONDS_A_STEP


def _machine() -> Iterator[SystemRecord]:
    """Readings of a machine with one GPU that is kept busy."""
    noise = random.Random(9)
    for step in range(0, STEPS, _READING_EVERY):
        values: dict[str, Value] = {
            "cpu/percent": round(noise.uniform(31, 46), 1),
            "cpu/memory_used": round(noise.uniform(40, 42) * _GIB),
            "cpu/memory_total": 256 * _GIB,
            "gpu0/utilization": round(noise.uniform(86, 98)),
            "gpu0/memory_used": round(31.4 * _GIB),
            "gpu0/memory_total": 80 * _GIB,
        }
        yield SystemRecord(t=_time(step), step=step, values=values)
