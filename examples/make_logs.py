"""Write the example logs: a healthy run, one whose posterior dies slowly, and one where it dies at once.

    python examples/make_logs.py [OUT_DIR]

    healthy           β is small, and the latent dimensions stay at work
    collapsing        β is far too large, and dimensions fall asleep one by one from step 5,000 on
    sudden-collapse   the learning rate is too large and gradients are not clipped: one bad step kills all dimensions

The numbers are made up but keep the shapes that real runs have; the same files come out every time. The verdicts are
those of the detector on these numbers.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import exp, inf, log
from pathlib import Path
from typing import Any

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.response import ResponsePlan, ResponseState, decide
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics, encode_system
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value
from seqsetvae.training.schedules import BetaSchedule

START = 1_760_000_000.0
STEPS = 12_000
EVERY = 40
CHECK_EVERY = 200
SECONDS_PER_STEP = 0.9
DIMENSIONS = 32
STEPS_PER_EPOCH = 1_500
SETS_PER_STEP = 560
SAMPLE_SETS = 128
ACTIVE_KL, COLLAPSED_KL = 0.01, 0.005
ABLATED_EVERY = 600
SYSTEM_EVERY = 60.0
GIB = 2.0**30
PLAN = ResponsePlan.parse(["warn", "save"])
PATIENCE = 5
#: One harmless jump of the gradient, by its step.
SPIKE = {3_120: 14}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """How a run goes.

    Attributes:
        started: Unix seconds of its start.
        seeds: Of the training's noise, and of the machine's.
        max_beta: What β rises to.
        learning_rate: Its largest.
        clipping: Largest norm of the gradient; 0 where there is no limit.
        collapse_from: Step at which the first dimension falls asleep; None where none does.
        apart: Steps between two dimensions that fall asleep.
        falling: Steps in which a dimension loses most of its KL.
        worse_from: Step after which reconstruction is worse in training.
    """

    started: float = START
    seeds: tuple[int, int]
    max_beta: float
    learning_rate: float = 1e-4
    clipping: float = 0.5
    collapse_from: int | None = None
    apart: float = 0.0
    falling: float = 1.0
    worse_from: float = inf

    def sleep(self, dimension: int, step: int) -> float:
        """Return the share of its KL that a dimension has kept."""
        if self.collapse_from is None:
            return 1.0
        return 1 / (1 + exp(min((step - self.collapse_from + self.apart * dimension) / self.falling, 50)))

    @property
    def blow(self) -> int | None:
        """The step whose gradient kills the posterior, where one does."""
        return None if self.clipping else self.collapse_from


#: By the name of the run's directory.
FATES = {
    "healthy": Fate(seeds=(3, 13), max_beta=0.05),
    "collapsing": Fate(
        started=START + 20_000 * SECONDS_PER_STEP,
        seeds=(7, 11),
        max_beta=1.0,
        collapse_from=5_000,
        apart=90.0,
        falling=450.0,
        worse_from=6_500,
    ),
    "sudden-collapse": Fate(
        started=START - 20_000 * SECONDS_PER_STEP,
        seeds=(5, 17),
        max_beta=0.05,
        learning_rate=3e-3,
        clipping=0.0,
        collapse_from=7_240,
        falling=12.0,
        worse_from=7_240,
    ),
}


def settings(fate: Fate) -> dict[str, Any]:
    """What the run was started with."""
    return {
        "latent_dim": DIMENSIONS,
        "levels": 1,
        "max_beta": fate.max_beta,
        "beta_warmup_steps": 1_500,
        "free_bits": 0.0,
        "learning_rate": fate.learning_rate,
        "detector": "posterior",
        "update_frequency": str(CHECK_EVERY),
    }


def beta(fate: Fate) -> BetaSchedule:
    """The schedule of β that the settings mean."""
    return BetaSchedule(max_beta=fate.max_beta, warmup_steps=settings(fate)["beta_warmup_steps"])


def alive(dimension: int, step: int, fate: Fate) -> float:
    """KL of one dimension in nats; dimensions wake during warm-up, and may fall asleep later."""
    waking = 1 - exp(-step / 900)
    return 0.9 * exp(-dimension / 14) * waking * fate.sleep(dimension, step) + 0.0004


def posterior(step: int, noise: random.Random, fate: Fate, *, ablated: bool) -> dict[str, Value]:
    """The posterior's statistics at a step; z ablation only where it is due."""
    per_dim = tuple(round(alive(j, step, fate) * noise.uniform(0.9, 1.1), 5) for j in range(DIMENSIONS))
    kl = sum(per_dim)
    schedule = beta(fate)
    # z cannot say more of its set than its KL, and a sample cannot show more than the logarithm of its size.
    information = 0.85 * kl / (1 + 0.85 * kl / (0.97 * log(SAMPLE_SETS)))
    values: dict[str, Value] = {
        "posterior/kl": round(kl, 4),
        "posterior/variance": round(max(0.99 - kl / 24, 0.3) * noise.uniform(0.995, 1.005), 4),
        "posterior/active_units": round(sum(each > ACTIVE_KL for each in per_dim) / DIMENSIONS, 4),
        "posterior/active_units_sigma": 1.0,
        "posterior/collapsed_fraction": round(sum(each < COLLAPSED_KL for each in per_dim) / DIMENSIONS, 4),
        "posterior/mutual_information": round(information * noise.uniform(0.96, 1.04), 4),
        "posterior/recon": round(0.62 + 1.9 * exp(-step / 1_800) + 0.25 * exp(-kl / 1.2) + noise.gauss(0, 0.012), 4),
        "posterior/sets": float(CHECK_EVERY * SETS_PER_STEP),
        "posterior/sample_sets": float(SAMPLE_SETS),
        "posterior/beta": round(schedule(step), 6),
        "posterior/max_beta": schedule.max_beta,
        "posterior/kl_per_dim": per_dim,
    }
    if ablated:
        values["posterior/z_ablation"] = round(0.4 * kl / (kl + 6) * noise.uniform(0.9, 1.1), 5)
    return values


def judged(step: int, noise: random.Random, detector: Detector, fate: Fate) -> tuple[dict[str, Value], Verdict]:
    """What a check measures, and the detector's verdict on it. In doubt, z ablation is measured at every check."""
    suspicious = detector.latest is not None and detector.latest.level is not Level.GREEN
    ablated = suspicious or step % ABLATED_EVERY == CHECK_EVERY
    values = posterior(step, noise, fate, ablated=ablated)
    seen = observation_of(step, values)
    assert seen is not None  # every check has its KL
    verdict = detector.observe(seen)
    return {**values, "posterior/verdict": float(verdict.level.severity)}, verdict


def training(step: int, noise: random.Random, fate: Fate) -> dict[str, float]:
    """What a training step logs."""
    recon = 0.62 + 1.9 * exp(-step / 1_800) + noise.gauss(0, 0.05) + (0.25 if step > fate.worse_from else 0)
    kl = sum(alive(j, step, fate) for j in range(DIMENSIONS)) * noise.uniform(0.85, 1.15)
    weight = beta(fate)(step)
    label = 0.34 + 0.35 * exp(-step / 3_000) + noise.gauss(0, 0.04)
    return {
        "train/loss": round(recon + weight * kl + label, 4),
        "train/recon": round(recon, 4),
        "train/kl": round(kl, 4),
        "train/beta": round(weight, 6),
        "train/classification": round(label, 4),
        "grad/norm": round(abs(noise.gauss(0.9, 0.3)) + SPIKE.get(step, 0) + (480 if step == fate.blow else 0), 4),
        "lr/adamw": round(fate.learning_rate * min(step / 800, 1), 8),
        "time/step": round(SECONDS_PER_STEP * noise.uniform(0.93, 1.07), 4),
        "time/patients_per_second": round(17.3 * noise.uniform(0.94, 1.06), 2),
    }


def validation(step: int, noise: random.Random) -> dict[str, float]:
    """What a validation logs."""
    skill = 1 - exp(-step / 2_600)
    return {
        "val/loss": round(1.02 + 1.6 * exp(-step / 1_900) + noise.gauss(0, 0.01), 4),
        "val/auroc": round(0.52 + 0.31 * skill + noise.gauss(0, 0.006), 4),
        "val/auprc": round(0.15 + 0.32 * skill + noise.gauss(0, 0.009), 4),
    }


def records(fate: Fate) -> tuple[list[MetricsRecord], list[Verdict]]:
    """All lines of `metrics.jsonl`, and the verdict of each check."""
    noise = random.Random(fate.seeds[0])
    detector = make_detector(Thresholds.of(settings(fate)))
    lines: list[MetricsRecord] = []
    verdicts: list[Verdict] = []
    for step in range(EVERY, STEPS + 1, EVERY):
        values: dict[str, Value] = dict(training(step, noise, fate))
        if step % CHECK_EVERY == 0:
            measured, verdict = judged(step, noise, detector, fate)
            values |= measured
            verdicts.append(verdict)
        if step % 600 == 0:
            values |= validation(step, noise)
        t = fate.started + step * SECONDS_PER_STEP
        lines.append(MetricsRecord(t=t, step=step, epoch=round(step / STEPS_PER_EPOCH, 4), values=values))
    return lines, verdicts


def events(verdicts: Iterable[Verdict], fate: Fate) -> Iterator[EventRecord]:
    """All lines of `events.jsonl`: the start, and each change of level or condition, as training writes them."""
    begin = fate.started
    message = f"training {STEPS:,} steps, latent {DIMENSIONS}"
    yield EventRecord(t=begin, step=0, level=Level.INFO, kind="started", message=message)
    state = ResponseState()
    for verdict in verdicts:
        before = state
        decision, state = decide(PLAN, before, verdict, patience=PATIENCE)
        if decision.tell:
            data = {**verdict.to_data(), "previous": previous(before), "actions": decision.deeds}
            t = begin + verdict.step * SECONDS_PER_STEP
            yield EventRecord(
                t=t, step=verdict.step, level=verdict.level, kind="collapse", message=verdict.headline, data=data
            )


def previous(state: ResponseState) -> Mapping[str, Any] | None:
    """What the verdict before was, and how many checks it lasted."""
    if state.level is None:
        return None
    return {"level": str(state.level), "condition": str(state.condition), "checks": state.checks}


def machine(fate: Fate) -> Iterator[SystemRecord]:
    """All lines of `system.jsonl`: one GPU that is kept busy; a reading a minute keeps the file small."""
    noise = random.Random(fate.seeds[1])
    begin, seconds = fate.started, STEPS * SECONDS_PER_STEP
    for place in range(int(seconds / SYSTEM_EVERY) + 1):
        step = int(place * SYSTEM_EVERY / SECONDS_PER_STEP)
        values: dict[str, Value] = {
            "cpu/percent": round(noise.uniform(31, 46), 1),
            "cpu/memory_used": round(noise.uniform(40, 42) * GIB),
            "cpu/memory_total": 256 * GIB,
            "gpu0/utilization": round(noise.uniform(86, 98)),
            "gpu0/memory_used": round(31.4 * GIB),
            "gpu0/memory_total": 80 * GIB,
        }
        yield SystemRecord(t=begin + place * SYSTEM_EVERY, step=step, values=values)


def write_run(directory: Path, fate: Fate) -> None:
    """Write one run."""
    directory.mkdir(parents=True, exist_ok=True)
    ended = fate.started + STEPS * SECONDS_PER_STEP
    manifest = Manifest(
        run=directory.name,
        started=fate.started,
        updated=ended,
        total_steps=STEPS,
        total_epochs=8.0,
        config=settings(fate),
    )
    lines, verdicts = records(fate)
    (directory / "run.json").write_bytes(encode_manifest(replace(manifest, state=RunState.FINISHED, ended=ended)))
    (directory / "metrics.jsonl").write_bytes(b"".join(map(encode_metrics, lines)))
    (directory / "events.jsonl").write_bytes(b"".join(map(encode_event, events(verdicts, fate))))
    (directory / "system.jsonl").write_bytes(b"".join(map(encode_system, machine(fate))))


def main() -> None:
    """Write all runs."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "logs"
    for name, fate in FATES.items():
        write_run(out / name, fate)


if __name__ == "__main__":
    main()
