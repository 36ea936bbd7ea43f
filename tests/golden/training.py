"""A checkpoint that the trainer wrote, and the metrics of the steps that it made when it resumed from it.

The checkpoint is of a model so small that a step takes milliseconds, three steps into a run on a synthetic cohort:
in the middle of an epoch, while β and the learning rate rise.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from tests.golden.programs import run_program

CHECKPOINT = Path(__file__).parent / "checkpoint"
WEIGHTS = CHECKPOINT / "healthy-step000003.ckpt.gz"
METRICS = CHECKPOINT / "resumed.json"

COHORT = ("synthetic", "cohort", "--patients", "48", "--mean_sets", "5", "--jobs", "1")

PLACES = ("--data_dir", "cohort", "--output_dir", "checkpoints", "--log_dir", "logs")

#: Settings of the run that the checkpoint is from; it carries them to the steps that follow.
SETTINGS = {
    "run_name": "run", "batch_size": 4, "num_workers": 0, "precision": 32, "devices": 1, "reduced_dim": 8,
    "latent_dim": 4, "ff_dim": 8, "transformer_layers": 1, "dropout": 0.2, "gradient_accumulation_steps": 2,
    "max_epochs": -1, "max_steps": 4, "learning_rate": 0.01, "lr_warmup_steps": 5, "beta_warmup_steps": 8,
    "update_frequency": 3, "min_checks": 2, "val_check_interval": 1.0, "early_stopping_patience": 50,
    "test_after_training": "false", "plot_frequency": 0,
}  # fmt: skip

#: Where the resumption ends: after three more steps, the second of which ends the epoch.
STEPS = ("--max_steps", "6")


def make(place: Path) -> None:
    """Train in an empty directory; keep the checkpoint of step 3, and the metrics of the three steps that follow."""
    place.mkdir(parents=True)
    _run(place, "seqsetvae-prepare", *COHORT)
    settings = [word for name, value in SETTINGS.items() for word in (f"--{name}", str(value))]
    _run(place, "seqsetvae-train", *PLACES, *settings)
    CHECKPOINT.mkdir(exist_ok=True)
    written = place / "checkpoints" / "run" / WEIGHTS.stem
    WEIGHTS.write_bytes(gzip.compress(written.read_bytes(), mtime=0))
    resumed = place.with_name("resumed")
    METRICS.write_text(json.dumps(resume(resumed), indent=1) + "\n")


def resume(place: Path) -> dict[str, Any]:
    """Resume from the kept checkpoint in an empty directory; return what the run wrote, without times."""
    place.mkdir(parents=True, exist_ok=True)
    checkpoint = place / WEIGHTS.stem
    checkpoint.write_bytes(gzip.decompress(WEIGHTS.read_bytes()))
    _run(place, "seqsetvae-prepare", *COHORT)
    _run(place, "seqsetvae-train", *PLACES, "--resume_from_checkpoint", str(checkpoint), *STEPS)
    logs = place / "logs" / "run"
    return {
        "metrics": [_timeless(line) for line in _lines(logs / "metrics.jsonl")],
        "events": [[event["step"], event["level"], event["kind"]] for event in _lines(logs / "events.jsonl")],
        "totals": json.loads((logs / "run.json").read_bytes())["totals"],
        "checkpoints": sorted(path.name for path in (place / "checkpoints" / "run").glob("*.ckpt")),
    }


def _run(place: Path, program: str, *words: str) -> None:
    outcome = run_program(program, *words, cwd=place)
    if outcome.code:
        raise AssertionError(f"{program} ended with {outcome.code}: {outcome.err or outcome.out}")


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def _timeless(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "t" and not name.startswith("time/")}
