"""Write the example logs: one healthy run and one whose posterior collapses.

    python examples/make_logs.py [OUT_DIR]

The numbers are made up but keep the shapes that real runs have; the same files come out every time.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from math import exp
from pathlib import Path

from seqsetvae.stream.codec import encode_event, encode_manifest, encode_metrics
from seqsetvae.stream.records import EventRecord, Level, Manifest, MetricsRecord, RunState

START = 1_760_000_000.0
STEPS = 12_000
EVERY = 40
SECONDS_PER_STEP = 0.9
DIMENSIONS = 32
STEPS_PER_EPOCH = 1_500
COLLAPSE_FROM = 5_000


def alive(dimension: int, step: int, *, collapsing: bool) -> float:
    """KL of one dimension in nats; dimensions wake during warm-up, and in the collapsing run fall asleep one by one."""
    waking = 1 - exp(-step / 900)
    level = 0.9 * exp(-dimension / 14) * waking
    if collapsing:
        level *= 1 / (1 + exp((step - COLLAPSE_FROM + 90 * dimension) / 450))
    return level + 0.0004


def posterior(step: int, noise: random.Random, *, collapsing: bool) -> dict[str, float | tuple[float, ...]]:
    """The posterior's statistics at a step."""
    per_dim = tuple(
        round(alive(j, step, collapsing=collapsing) * noise.uniform(0.9, 1.1), 5) for j in range(DIMENSIONS)
    )
    active = sum(kl > 0.02 for kl in per_dim) / DIMENSIONS
    kl = sum(per_dim)
    return {
        "posterior/kl": round(kl, 4),
        "posterior/variance": round(max(0.985 - kl / 24, 0.3) * noise.uniform(0.99, 1.01), 4),
        "posterior/active_units": round(active, 4),
        "posterior/active_units_sigma": 1.0,
        "posterior/recon": round(0.62 + 1.9 * exp(-step / 1_800) + (0.25 if kl < 2 else 0) + noise.gauss(0, 0.012), 4),
        "posterior/kl_per_dim": per_dim,
    }


def training(step: int, noise: random.Random, *, collapsing: bool) -> dict[str, float]:
    """What a training step logs."""
    recon = 0.62 + 1.9 * exp(-step / 1_800) + noise.gauss(0, 0.05) + (0.25 if collapsing and step > 6_500 else 0)
    kl = sum(alive(j, step, collapsing=collapsing) for j in range(DIMENSIONS)) * noise.uniform(0.85, 1.15)
    label = 0.34 + 0.35 * exp(-step / 3_000) + noise.gauss(0, 0.04)
    return {
        "train/loss": round(recon + 0.1 * kl + label, 4),
        "train/recon": round(recon, 4),
        "train/kl": round(kl, 4),
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


def metrics(*, collapsing: bool) -> Iterator[MetricsRecord]:
    """All lines of ``metrics.jsonl``."""
    noise = random.Random(7 if collapsing else 3)
    for step in range(EVERY, STEPS + 1, EVERY):
        values: dict[str, float | tuple[float, ...]] = dict(training(step, noise, collapsing=collapsing))
        if step % (10 * EVERY) == 0:
            values |= posterior(step, noise, collapsing=collapsing)
        if step % 600 == 0:
            values |= validation(step, noise)
        t = START + (step + (20_000 if collapsing else 0)) * SECONDS_PER_STEP
        yield MetricsRecord(t=t, step=step, epoch=round(step / STEPS_PER_EPOCH, 4), values=values)


def events(*, collapsing: bool) -> Iterator[EventRecord]:
    """All lines of ``events.jsonl``."""
    shift = 20_000 if collapsing else 0
    story = [(0, Level.INFO, "started", f"training {STEPS:,} steps, latent {DIMENSIONS}")]
    story.append((1_200, Level.GREEN, "collapse", "the posterior is healthy"))
    if collapsing:
        story += [
            (5_200, Level.YELLOW, "collapse", "KL 0.15 < 0.16 (0.005·d)"),
            (5_600, Level.ORANGE, "collapse", "active units 9 % < 10 %, and KL 0.05 < 0.16, for 3 checks"),
            (7_600, Level.RED, "collapse", "the posterior has collapsed: KL 0.013, active units 0 %, for 5 checks"),
        ]
    for step, level, kind, message in story:
        yield EventRecord(
            t=START + (step + shift) * SECONDS_PER_STEP, step=step, level=level, kind=kind, message=message
        )


def write_run(directory: Path, *, collapsing: bool) -> None:
    """Write one run."""
    directory.mkdir(parents=True, exist_ok=True)
    started = START + (20_000 * SECONDS_PER_STEP if collapsing else 0)
    ended = started + STEPS * SECONDS_PER_STEP
    manifest = Manifest(run=directory.name, started=started, updated=ended, total_steps=STEPS, total_epochs=8.0)
    (directory / "run.json").write_bytes(encode_manifest(replace(manifest, state=RunState.FINISHED, ended=ended)))
    (directory / "metrics.jsonl").write_bytes(b"".join(map(encode_metrics, metrics(collapsing=collapsing))))
    (directory / "events.jsonl").write_bytes(b"".join(map(encode_event, events(collapsing=collapsing))))


def main() -> None:
    """Write both runs."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "logs"
    write_run(out / "healthy", collapsing=False)
    write_run(out / "collapsing", collapsing=True)


if __name__ == "__main__":
    main()
