"""Made-up runs with the shapes that real ones have: the run of `--demo`, and what the example logs are written by.

The same plan gives the same numbers every time, and the verdicts are those of the detector on these numbers.
"""

from __future__ import annotations

import random
import signal
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import exp, inf, log
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.response import ResponsePlan, ResponseState, decide
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics, encode_system
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value
from seqsetvae.stream.run_directory import EVENTS, MANIFEST, METRICS, system_file

RUN = "demo"

_DIMENSIONS = 32
_STEPS_AN_EPOCH = 1_500
_SETS_A_STEP = 560
_SAMPLE_SETS = 128
_WARMUP_STEPS = 1_500
_ACTIVE_KL, _COLLAPSED_KL = 0.01, 0.005
_SECONDS_A_READING = 60.0
_GIB = 2.0**30
_PLAN = ResponsePlan.parse(["warn", "save"])
_PATIENCE = 5
_SPIKE, _SPIKE_NORM = 3_120, 14.0
"""One harmless jump of the gradient: its step, and by how much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SyntheticRun:
    """How a run goes.

    Attributes:
        started: unix seconds of its start.
        steps: optimizer steps.
        every: steps from one record to the next.
        check_every: steps from one check of the posterior to the next.
        ablated_every: steps from one measurement of z ablation to the next, while the posterior is healthy.
        validate_every: steps from one validation to the next.
        seconds_a_step: how long a step lasts.
        seeds: of the training's noise, and of the machine's.
        max_beta: what β rises to.
        learning_rate: its largest.
        clipping: largest norm of the gradient; 0 where there is no limit.
        collapse_from: step at which the first dimension collapses; None where none does.
        apart: steps between two dimensions that collapse.
        falling: steps in which a dimension loses most of its KL.
        worse_from: step after which reconstruction is worse in training.
    """

    started: float = 1_760_000_000.0
    steps: int = 12_000
    every: int = 40
    check_every: int = 200
    ablated_every: int = 600
    validate_every: int = 600
    seconds_a_step: float = 0.9
    seeds: tuple[int, int]
    max_beta: float
    learning_rate: float = 1e-4
    clipping: float = 0.5
    collapse_from: int | None = None
    apart: float = 0.0
    falling: float = 1.0
    worse_from: float = inf

    @property
    def explosion(self) -> int | None:
        """The step whose gradient collapses all dimensions, where one does."""
        return None if self.clipping else self.collapse_from

    @property
    def config(self) -> dict[str, Any]:
        """What the run was started with."""
        return {
            "latent_dim": _DIMENSIONS,
            "levels": 1,
            "max_beta": self.max_beta,
            "beta_warmup_steps": _WARMUP_STEPS,
            "free_bits": 0.0,
            "learning_rate": self.learning_rate,
            "detector": "posterior",
            "update_frequency": str(self.check_every),
        }

    def write(self, directory: Path) -> None:
        """Write the log of the run; takes a tenth of a second."""
        directory.mkdir(parents=True, exist_ok=True)
        ended = self._time(self.steps)
        manifest = Manifest(
            run=directory.name,
            started=self.started,
            updated=ended,
            ended=ended,
            state=RunState.FINISHED,
            total_steps=self.steps,
            total_epochs=self.steps / _STEPS_AN_EPOCH,
            config=self.config,
        )
        lines, verdicts = self._records()
        (directory / MANIFEST).write_bytes(encode_manifest(manifest))
        (directory / METRICS).write_bytes(b"".join(map(encode_metrics, lines)))
        (directory / EVENTS).write_bytes(b"".join(map(encode_event, self._events(verdicts))))
        (directory / system_file(0)).write_bytes(b"".join(map(encode_system, self._machine())))

    def _time(self, step: int) -> float:
        return self.started + step * self.seconds_a_step

    def _beta(self, step: int) -> float:
        return self.max_beta * min(1.0, step / _WARMUP_STEPS)

    def _kl(self, dimension: int, step: int) -> float:
        """KL of one dimension in nats; dimensions become active during warm-up, and may collapse later."""
        active = 0.9 * exp(-dimension / 14) * (1 - exp(-step / 900))
        if self.collapse_from is not None:
            active /= 1 + exp(min((step - self.collapse_from + self.apart * dimension) / self.falling, 50))
        return active + 0.0004

    def _records(self) -> tuple[list[MetricsRecord], list[Verdict]]:
        """All lines of metrics, and the verdict of each check."""
        noise = random.Random(self.seeds[0])
        detector = make_detector(Thresholds.of(self.config))
        lines: list[MetricsRecord] = []
        verdicts: list[Verdict] = []
        for step in range(self.every, self.steps + 1, self.every):
            values = self._training(step, noise)
            if step % self.check_every == 0:
                measured, verdict = self._check(step, noise, detector)
                values |= measured
                verdicts.append(verdict)
            if step % self.validate_every == 0:
                values |= _validation(step, noise)
            epoch = round(step / _STEPS_AN_EPOCH, 4)
            lines.append(MetricsRecord(t=self._time(step), step=step, epoch=epoch, values=values))
        return lines, verdicts

    def _training(self, step: int, noise: random.Random) -> dict[str, Value]:
        recon = 0.62 + 1.9 * exp(-step / 1_800) + noise.gauss(0, 0.05) + (0.25 if step > self.worse_from else 0)
        kl = sum(self._kl(place, step) for place in range(_DIMENSIONS)) * noise.uniform(0.85, 1.15)
        beta = self._beta(step)
        label = 0.34 + 0.35 * exp(-step / 3_000) + noise.gauss(0, 0.04)
        spike = (_SPIKE_NORM if step == _SPIKE else 0) + (480 if step == self.explosion else 0)
        return {
            "train/loss": round(recon + beta * kl + label, 4),
            "train/recon": round(recon, 4),
            "train/kl": round(kl, 4),
            "train/beta": round(beta, 6),
            "train/classification": round(label, 4),
            "grad/norm": round(abs(noise.gauss(0.9, 0.3)) + spike, 4),
            "lr/adamw": round(self.learning_rate * min(step / 800, 1), 8),
            "time/step": round(self.seconds_a_step * noise.uniform(0.93, 1.07), 4),
            "time/patients_per_second": round(17.3 * noise.uniform(0.94, 1.06), 2),
        }

    def _check(self, step: int, noise: random.Random, detector: Detector) -> tuple[dict[str, Value], Verdict]:
        """What a check measures, and its verdict. In doubt, z ablation is measured at every check."""
        suspicious = detector.latest is not None and detector.latest.level is not Level.GREEN
        values = self._posterior(step, noise)
        if suspicious or step % self.ablated_every == self.check_every % self.ablated_every:
            kl = sum(values["posterior/kl_per_dim"])
            values["posterior/z_ablation"] = round(0.4 * kl / (kl + 6) * noise.uniform(0.9, 1.1), 5)
        observation = observation_of(step, values)
        if observation is None:
            raise ValueError(f"the check at step {step} lacks what a detector needs")
        verdict = detector.observe(observation)
        return {**values, "posterior/verdict": float(verdict.level.severity)}, verdict

    def _posterior(self, step: int, noise: random.Random) -> dict[str, Any]:
        per_dim = tuple(round(self._kl(place, step) * noise.uniform(0.9, 1.1), 5) for place in range(_DIMENSIONS))
        kl = sum(per_dim)
        # z cannot say more of its set than its KL, and a sample cannot show more than the logarithm of its size.
        information = 0.85 * kl / (1 + 0.85 * kl / (0.97 * log(_SAMPLE_SETS)))
        return {
            "posterior/kl": round(kl, 4),
            "posterior/variance": round(max(0.99 - kl / 24, 0.3) * noise.uniform(0.995, 1.005), 4),
            "posterior/active_units": round(sum(each > _ACTIVE_KL for each in per_dim) / _DIMENSIONS, 4),
            "posterior/active_units_sigma": 1.0,
            "posterior/collapsed_fraction": round(sum(each < _COLLAPSED_KL for each in per_dim) / _DIMENSIONS, 4),
            "posterior/mutual_information": round(information * noise.uniform(0.96, 1.04), 4),
            "posterior/recon": round(
                0.62 + 1.9 * exp(-step / 1_800) + 0.25 * exp(-kl / 1.2) + noise.gauss(0, 0.012), 4
            ),
            "posterior/sets": float(self.check_every * _SETS_A_STEP),
            "posterior/sample_sets": float(_SAMPLE_SETS),
            "posterior/beta": round(self._beta(step), 6),
            "posterior/max_beta": self.max_beta,
            "posterior/kl_per_dim": per_dim,
        }

    def _events(self, verdicts: Iterable[Verdict]) -> Iterator[EventRecord]:
        """The start, and each change of level or condition, as training writes them."""
        message = f"training {self.steps:,} steps, latent {_DIMENSIONS}"
        yield EventRecord(t=self.started, step=0, level=Level.INFO, kind="started", message=message)
        state = ResponseState()
        for verdict in verdicts:
            before = state
            decision, state = decide(_PLAN, before, verdict, patience=_PATIENCE)
            if decision.tell:
                data = {**verdict.to_data(), "previous": _previous(before), "actions": decision.actions}
                t, level = self._time(verdict.step), verdict.level
                yield EventRecord(
                    t=t, step=verdict.step, level=level, kind="collapse", message=verdict.headline, data=data
                )

    def _machine(self) -> Iterator[SystemRecord]:
        """Readings of a machine with one GPU that is kept busy; one a minute keeps the file small."""
        noise = random.Random(self.seeds[1])
        for place in range(int(self.steps * self.seconds_a_step / _SECONDS_A_READING) + 1):
            values: dict[str, Value] = {
                "cpu/percent": round(noise.uniform(31, 46), 1),
                "cpu/memory_used": round(noise.uniform(40, 42) * _GIB),
                "cpu/memory_total": 256 * _GIB,
                "gpu0/utilization": round(noise.uniform(86, 98)),
                "gpu0/memory_used": round(31.4 * _GIB),
                "gpu0/memory_total": 80 * _GIB,
            }
            seconds = place * _SECONDS_A_READING
            yield SystemRecord(t=self.started + seconds, step=int(seconds / self.seconds_a_step), values=values)


DEMO = SyntheticRun(
    steps=7_500, every=10, check_every=100, ablated_every=100, validate_every=500, seconds_a_step=0.8, seeds=(5, 9),
    max_beta=1.0, collapse_from=4_200, apart=70.0, falling=380.0, worse_from=5_500,
)  # fmt: skip
"""Healthy for an hour, then its posterior collapses; its 750 records play smoothly for a minute."""


@contextmanager
def demo_log() -> Iterator[Path]:
    """Write the run into a directory that is removed afterwards, also when the terminal is closed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    with tempfile.TemporaryDirectory(prefix="seqsetvae-demo-") as directory:
        DEMO.write(Path(directory, RUN))
        yield Path(directory)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _validation(step: int, noise: random.Random) -> dict[str, Value]:
    skill = 1 - exp(-step / 2_600)
    return {
        "val/loss": round(1.02 + 1.6 * exp(-step / 1_900) + noise.gauss(0, 0.01), 4),
        "val/auroc": round(0.52 + 0.31 * skill + noise.gauss(0, 0.006), 4),
        "val/auprc": round(0.15 + 0.32 * skill + noise.gauss(0, 0.009), 4),
    }


def _previous(state: ResponseState) -> Mapping[str, Any] | None:
    """What the verdict before was, and how many checks it lasted."""
    if state.level is None:
        return None
    return {"level": str(state.level), "condition": str(state.condition), "checks": state.checks}
