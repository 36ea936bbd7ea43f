"""Writes a log as a day of training leaves it: `python -m benchmarks.watch.make_log LOGDIR`."""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from pathlib import Path

import orjson

STEPS = 864_000
"""A day at ten steps a second."""

METRICS = 12

_START = 1_732_100_000.0
_SECONDS_A_STEP = 0.1
_STEPS_AN_EPOCH = 86_400
_LINES_A_WRITE = 10_000

_NAMES = (
    *("train/loss", "train/recon", "train/kl", "train/accuracy", "grad/norm", "lr/encoder", "lr/rest", "time/step"),
    *("posterior/kl", "posterior/variance", "posterior/active_units", "posterior/recon"),
)


def metric_names(count: int) -> list[str]:
    """The usual names first; numbered ones when more are wanted."""
    return [*_NAMES[:count], *(f"train/extra_{place}" for place in range(len(_NAMES), count))]


def write_log(run: Path, *, steps: int = STEPS, metrics: int = METRICS, seed: int = 0) -> Path:
    """Write `metrics.jsonl` of a run, the same for the same numbers; gives its path."""
    run.mkdir(parents=True, exist_ok=True)
    path = run / "metrics.jsonl"
    names, draw = metric_names(metrics), random.Random(seed).gauss
    with path.open("wb") as file:
        for start in range(0, steps, _LINES_A_WRITE):
            file.writelines(_line(step, names, draw) for step in range(start, min(start + _LINES_A_WRITE, steps)))
    return path


def _line(step: int, names: list[str], draw: Callable[[float, float], float]) -> bytes:
    record = {"t": round(_START + step * _SECONDS_A_STEP, 3), "step": step, "epoch": round(step / _STEPS_AN_EPOCH, 5)}
    record |= {name: round(draw(1.0, 0.1), 6) for name in names}
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch.make_log", description=__doc__)
    parser.add_argument("logdir", type=Path, help="directory to write the run `day` into")
    parser.add_argument("--steps", type=int, default=STEPS, help="logged steps (default: %(default)s)")
    parser.add_argument("--metrics", type=int, default=METRICS, help="metrics a line (default: %(default)s)")
    options = parser.parse_args()
    path = write_log(options.logdir / "day", steps=options.steps, metrics=options.metrics)
    print(f"{path}: {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
