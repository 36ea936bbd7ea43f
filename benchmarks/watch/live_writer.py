"""Writes a run as training does, at a steady rate: `python -m benchmarks.watch.live_writer RUN`.

Prints each step with the unix second of its writing, for whoever measures when it is seen.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

from benchmarks.watch.make_log import metric_names
from seqsetvae.stream.writer import RunWriter

PAST = 5_000
"""Steps that are in the log before the first is written at its time."""

_NO_BUFFER = 0.001
"""Seconds between two writes at most: the watcher is measured, not the writer's buffer."""


def write(run: Path, *, metrics: int, rate: float, seconds: float) -> None:
    """Log `metrics` numbers `rate` times a second for `seconds`, after `PAST` steps at once."""
    names = metric_names(metrics)
    writer = RunWriter(run, flush_interval=_NO_BUFFER)
    writer.update_manifest(total_steps=10 * PAST)
    for step in range(PAST):
        _log(writer, names, step)
    writer.flush()
    start = time.monotonic()
    for count in range(int(seconds * rate)):
        time.sleep(max(start + count / rate - time.monotonic(), 0))
        _log(writer, names, PAST + count)
        print(PAST + count, time.time(), flush=True)
    writer.close()


def _log(writer: RunWriter, names: list[str], step: int) -> None:
    values = {name: place + 2 + math.sin(step / (200 + place)) for place, name in enumerate(names)}
    writer.metrics(step=step, epoch=step / 1_000, values=values)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch.live_writer", description=__doc__)
    parser.add_argument("run", type=Path, help="directory of the run, which must not hold one")
    parser.add_argument("--metrics", type=int, default=12, help="numbers a line (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=10.0, help="lines a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long it writes (default: %(default)s)")
    options = parser.parse_args()
    write(options.run, metrics=options.metrics, rate=options.rate, seconds=options.seconds)


if __name__ == "__main__":
    main()
