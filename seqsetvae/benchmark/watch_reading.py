"""How fast the watcher reads a log, beside a plain loop over its lines in the same minute."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seqsetvae.stream.codec import encode_manifest, encode_metrics
from seqsetvae.stream.records import Manifest, MetricsRecord, RunState
from seqsetvae.stream.run_directory import MANIFEST, METRICS
from seqsetvae.strict_json import decode

#: What the watcher is compared with: parse every line, keep nothing.
PLAIN_LOOP = "import sys, msgspec\nfor line in open(sys.argv[1], 'rb'): msgspec.json.decode(line)"
#: What any Python program needs to start.
NOTHING = "import msgspec"

# A child's peak counts what its parent held when it forked: so the parent must be small.
_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print([time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss])
sys.exit(status)
"""

_STARTED = 1_700_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One program over one log.

    Attributes:
        name: What was run.
        seconds: From start to end.
        cpu_seconds: Of the processor, all threads together.
        peak_memory: The largest that the process held, bytes.
        lines_per_second: Lines of the log over `seconds`.
    """

    name: str
    seconds: float
    cpu_seconds: float
    peak_memory: int
    lines_per_second: float


def write_log(run: Path, *, lines: int, metrics: int) -> int:
    """Write a finished run of one line a step, ten a second; returns the bytes of its metrics."""
    run.mkdir(parents=True)
    ended = _STARTED + lines / 10
    manifest = Manifest(
        run=run.name, started=_STARTED, updated=ended, ended=ended, state=RunState.FINISHED, total_steps=lines
    )
    (run / MANIFEST).write_bytes(encode_manifest(manifest))
    names = ["train/loss", "train/kl", *(f"train/metric{number}" for number in range(2, metrics))][:metrics]
    with (run / METRICS).open("wb") as file:
        for step in range(lines):
            values = {name: 1 + place + math.sin((step + 1) / (50 + place)) for place, name in enumerate(names)}
            file.write(
                encode_metrics(MetricsRecord(t=_STARTED + step / 10, step=step, epoch=step / 1e3, values=values))
            )
    return (run / METRICS).stat().st_size


def measure_reading(logdir: Path, run: str, *, lines: int) -> list[ReadingRow]:
    """Time the watcher's report, the plain loop, and a program that does nothing."""
    watcher = [sys.executable, "-m", "tui.command", str(logdir), "--once", "--json"]
    loop = [sys.executable, "-c", PLAIN_LOOP, str(logdir / run / METRICS)]
    programs = {"seqsetvae-watch --once": watcher, "plain loop": loop, "nothing": [sys.executable, "-c", NOTHING]}
    return [_run(name, words, lines) for name, words in programs.items()]


def _run(name: str, words: Sequence[str], lines: int) -> ReadingRow:
    """Run a program to its end, below a small one that measures it.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    measured = subprocess.run([sys.executable, "-S", "-c", _MEASURE, *words], capture_output=True, check=True)
    seconds, cpu_seconds, peak = decode(measured.stdout)
    return ReadingRow(
        name=name,
        seconds=seconds,
        cpu_seconds=cpu_seconds,
        peak_memory=peak * (1 if sys.platform == "darwin" else 1024),
        lines_per_second=lines / seconds,
    )
