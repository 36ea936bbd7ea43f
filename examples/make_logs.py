"""Write the example logs: one healthy run and one whose posterior collapses.

    python examples/make_logs.py [OUT_DIR]

The numbers are made up but keep the shapes that real runs have; the same files come out every time. The verdicts are
those of the detector on these numbers.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import exp, log
from pathlib import Path
from typing import Any

from seqsetvae.collapse.detector import Detector, make_detector
from seqsetvae.collapse.observation import observation_of
from seqsetvae.collapse.response import ResponsePlan, ResponseState, decide
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.schedules import BetaSchedule
from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics, encode_system
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState, SystemRecord, Value

START = 1_760_000_000.0
STEPS = 12_000
EVERY = 40
CHECK_EVERY = 200
SECONDS_PER_STEP = 0.9
DIMENSIONS = 32
STEPS_PER_EPOCH = 1_500
COLLAPSE_FROM = 5_000
SETS_PER_STEP = 560
SAMPLE_SETS = 128
ACTIVE_KL, COLLAPSED_KL = 0.01, 0.005
ABLATED_EVERY = 600
SYSTEM_EVERY = 60.0
GIB = 2.0**30
PLAN = ResponsePlan.parse(["warn", "save"])
PATIENCE = 5


def settings(*, collapsing: bool) -> dict[str, Any]:
    """What the run was started with; the collapsing one has a far too large β."""
    return {
        "latent_dim": DIMENSIONS,
        "levels": 1,
        "max_beta": 1.0 if collapsing else 0.05,
        "beta_warmup_steps": 1_500,
        "free_bits": 0.0,
        "learning_rate": 1e-4,
        "detector": "posterior",
        "update_frequency": str(CHECK_EVERY),
    }


def beta(*, collapsing: bool) -> BetaSchedule:
    """The schedule of β that the settings mean."""
    config = settings(collapsing=collapsing)
    return BetaSchedule(max_beta=config["max_beta"], warmup_steps=config["beta_warmup_steps"])


def alive(dimension: int, step: int, *, collapsing: bool) -> float:
    """KL of one dimension in nats; dimensions wake during warm-up, and in the collapsing run fall asleep one by one."""
    waking = 1 - exp(-step / 900)
    level = 0.9 * exp(-dimension / 14) * waking
    if collapsing:
        level *= 1 / (1 + exp((step - COLLAPSE_FROM + 90 * dimension) / 450))
    return level + 0.0004


def posterior(step: int, noise: random.Random, *, collapsing: bool, ablated: bool) -> dict[str, Value]:
    """The posterior's statistics at a step; z ablation only where it is due."""
    per_dim = tuple(
        round(alive(j, step, collapsing=collapsing) * noise.uniform(0.9, 1.1), 5) for j in range(DIMENSIONS)
    )
    kl = sum(per_dim)
    schedule = beta(collapsing=collapsing)
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


def judged(
    step: int, noise: random.Random, detector: Detector, *, collapsing: bool
) -> tuple[dict[str, Value], Verdict]:
    """What a check measures, and the detector's verdict on it. In doubt, z ablation is measured at every check."""
    suspicious = detector.latest is not None and detector.latest.level is not Level.GREEN
    ablated = suspicious or step % ABLATED_EVERY == CHECK_EVERY
    values = posterior(step, noise, collapsing=collapsing, ablated=ablated)
    seen = observation_of(step, values)
    assert seen is not None  # every check has its KL
    verdict = detector.observe(seen)
    return {**values, "posterior/verdict": float(verdict.level.severity)}, verdict


def training(step: int, noise: random.Random, *, collapsing: bool) -> dict[str, float]:
    """What a training step logs."""
    recon = 0.62 + 1.9 * exp(-step / 1_800) + noise.gauss(0, 0.05) + (0.25 if collapsing and step > 6_500 else 0)
    kl = sum(alive(j, step, collapsing=collapsing) for j in range(DIMENSIONS)) * noise.uniform(0.85, 1.15)
    weight = beta(collapsing=collapsing)(step)
    label = 0.34 + 0.35 * exp(-step / 3_000) + noise.gauss(0, 0.04)
    return {
        "train/loss": round(recon + weight * kl + label, 4),
        "train/recon": round(recon, 4),
        "train/kl": round(kl, 4),
        "train/beta": round(weight, 6),
        "train/classification": round(label, 4),
        "grad/norm": round(abs(noise.gauss(0.9, 0.3)) + (14 if step == 3_120 else 0), 4),
        "lr/adamw": round(1e-4 * min(step / 800, 1), 8),
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


def records(*, collapsing: bool) -> tuple[list[MetricsRecord], list[Verdict]]:
    """All lines of ``metrics.jsonl``, and the verdict of each check."""
    noise = random.Random(7 if collapsing else 3)
    detector = make_detector(Thresholds.of(settings(collapsing=collapsing)))
    lines: list[MetricsRecord] = []
    verdicts: list[Verdict] = []
    for step in range(EVERY, STEPS + 1, EVERY):
        values: dict[str, Value] = dict(training(step, noise, collapsing=collapsing))
        if step % CHECK_EVERY == 0:
            measured, verdict = judged(step, noise, detector, collapsing=collapsing)
            values |= measured
            verdicts.append(verdict)
        if step % 600 == 0:
            values |= validation(step, noise)
        t = started(collapsing=collapsing) + step * SECONDS_PER_STEP
        lines.append(MetricsRecord(t=t, step=step, epoch=round(step / STEPS_PER_EPOCH, 4), values=values))
    return lines, verdicts


def events(verdicts: Iterable[Verdict], *, collapsing: bool) -> Iterator[EventRecord]:
    """All lines of ``events.jsonl``: the start, and each change of level or condition, as training tells them."""
    begin = started(collapsing=collapsing)
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


def machine(*, collapsing: bool) -> Iterator[SystemRecord]:
    """All lines of ``system.jsonl``: one GPU that is kept busy; a reading a minute keeps the file small."""
    noise = random.Random(11 if collapsing else 13)
    begin, seconds = started(collapsing=collapsing), STEPS * SECONDS_PER_STEP
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


def started(*, collapsing: bool) -> float:
    """When the run began; the collapsing one is the newer."""
    return START + (20_000 * SECONDS_PER_STEP if collapsing else 0)


def write_run(directory: Path, *, collapsing: bool) -> None:
    """Write one run."""
    directory.mkdir(parents=True, exist_ok=True)
    begin = started(collapsing=collapsing)
    ended = begin + STEPS * SECONDS_PER_STEP
    manifest = Manifest(
        run=directory.name,
        started=begin,
        updated=ended,
        total_steps=STEPS,
        total_epochs=8.0,
        config=settings(collapsing=collapsing),
    )
    lines, verdicts = records(collapsing=collapsing)
    (directory / "run.json").write_bytes(encode_manifest(replace(manifest, state=RunState.FINISHED, ended=ended)))
    (directory / "metrics.jsonl").write_bytes(b"".join(map(encode_metrics, lines)))
    (directory / "events.jsonl").write_bytes(b"".join(map(encode_event, events(verdicts, collapsing=collapsing))))
    (directory / "system.jsonl").write_bytes(b"".join(map(encode_system, machine(collapsing=collapsing))))


def main() -> None:
    """Write both runs."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "logs"
    write_run(out / "healthy", collapsing=False)
    write_run(out / "collapsing", collapsing=True)


if __name__ == "__main__":
    main()
