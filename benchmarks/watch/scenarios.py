"""What is measured of the watcher, a terminal of its own for each launch; every function gives figures by name.

Names end in their unit: `_s` and `_ms`, `_mb` of peak memory, `_percent` of one core.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.watch import screen_measures
from benchmarks.watch.load import compare
from benchmarks.watch.make_log import write_log
from benchmarks.watch.terminal import Terminal
from seqsetvae.stream.writer import RunWriter

Figures = dict[str, float]

SETTLE_SECONDS = 3.0
"""From the first charts until a watcher has nothing left to do but what is asked of it."""

_RUN_STEPS = 300
"""Steps of each of many runs."""

_MS = 1_000


def bare(*, repeats: int, seconds: float, keys: int = 40) -> Figures:
    """A Textual app of one line: first paint, processor while nothing happens, a key, quitting."""
    paints, ends, pressed = [], [], []
    share = 0.0
    for place in range(repeats + 1):
        with Terminal() as terminal:
            program = terminal.run([sys.executable, "-m", "benchmarks.watch.bare_app"])
            painted = program.wait_for(lambda screen: "bare" in screen) - program.started
            if place == 0:
                continue  # the first launch of a machine's day reads the libraries from its disk
            paints.append(painted)
            time.sleep(0.5)
            if place == 1:
                pressed = screen_measures.answers(program, count=keys)
                share = screen_measures.cpu_share(program, seconds)
            ends.append(screen_measures.quit_seconds(program))
    return {
        "first_paint_s": min(paints),
        "first_paint_median_s": float(np.median(paints)),
        "idle_percent": 100 * share,
        **_spread("key", pressed),
        "quit_s": float(np.median(ends)),
    }


def opened(logdir: Path, steps: int, *, repeats: int) -> Figures:
    """A log of `steps` lines that nobody writes to: first charts, all of it, again, a key after that, quitting."""
    charts, whole, ends, pressed = [], [], [], []
    peak = busy = 0.0
    for _ in range(repeats):
        with Terminal() as terminal:
            program = screen_measures.watch(terminal, logdir)
            charts.append(program.wait_for(screen_measures.has_chart) - program.started)
            shown = program.wait_for(lambda screen: screen_measures.is_whole(screen, steps), timeout=600)
            whole.append(shown - program.started)
            busy = program.process.cpu_seconds()
            time.sleep(1.0)
            pressed += screen_measures.answers(program, count=20)
            peak = max(peak, program.process.peak_mb())
            ends.append(screen_measures.quit_seconds(program))
    return {
        "first_charts_s": min(charts),
        "first_charts_median_s": float(np.median(charts)),
        "whole_s": min(whole),
        "whole_median_s": float(np.median(whole)),
        "first_open_s": whole[0],
        "whole_cpu_s": busy,
        "peak_mb": peak,
        **_spread("key", pressed),
        "quit_s": float(np.median(ends)),
    }


def keys_while_loading(logdir: Path, steps: int, *, presses: int) -> Figures:
    """Keys pressed from the first chart until the whole log is on the screen, over as many launches as it takes."""
    pressed: list[float] = []
    while len(pressed) < presses:
        with Terminal() as terminal:
            program = screen_measures.watch(terminal, logdir)
            program.wait_for(screen_measures.has_chart)
            found = screen_measures.answers(program, until_whole=steps)
            if not found:
                break  # too short a log to press a key in
            pressed += found
    return {"presses": len(pressed), **_spread("key", pressed)}


def plain_parsing(logdir: Path, *, repeats: int) -> Figures:
    """Parsing the lines of the same log with ``orjson`` in a loop, and the watcher's reading without a screen."""
    best = compare(logdir, repeats)
    return {f"{way}_{name}": found[key] for way, found in best.items() for name, key in _KEPT.items()}


_KEPT = {"s": "seconds", "mb": "peak_mb"}


def live(*, metrics: int, rate: float, seconds: float, size: tuple[int, int] = (160, 45), keys: int = 60) -> Figures:
    """A run that is being written: processor, the way of a step to the screen, keys, quitting."""
    with _written(metrics, rate, 2.5 * seconds + 60) as (logdir, moments), Terminal(*size) as terminal:
        program = screen_measures.watch(terminal, logdir)
        program.wait_for(screen_measures.has_chart)
        time.sleep(SETTLE_SECONDS)
        share = screen_measures.cpu_share(program, seconds)
        seen = screen_measures.follow(program, seconds)
        way = screen_measures.late(seen, _moments(moments))
        pressed = screen_measures.answers(program, count=keys)
        ended = screen_measures.quit_seconds(program)
    return {
        "cpu_percent": 100 * share,
        "steps": len(way),
        **_spread("lag", way),
        **_spread("key", pressed),
        "quit_s": ended,
    }


def many(logdir: Path, *, repeats: int, seconds: float) -> Figures:
    """A directory of many runs that nobody writes to: first charts, and what watching them takes."""
    charts, shares = [], []
    for place in range(repeats):
        with Terminal() as terminal:
            program = screen_measures.watch(terminal, logdir)
            charts.append(program.wait_for(screen_measures.has_chart) - program.started)
            if place == 0:
                time.sleep(SETTLE_SECONDS)
                shares.append(screen_measures.cpu_share(program, seconds))
    return {
        "first_charts_s": min(charts),
        "first_charts_median_s": float(np.median(charts)),
        "idle_percent": 100 * shares[0],
    }


def write_runs(logdir: Path, count: int) -> None:
    """Finished runs of a few hundred steps, with their manifests."""
    for number in range(count):
        run = logdir / f"run-{number:03}"
        writer = RunWriter(run)
        writer.update_manifest(total_steps=_RUN_STEPS)
        writer.close()
        write_log(run, steps=_RUN_STEPS, seed=number)


@contextmanager
def _written(metrics: int, rate: float, seconds: float) -> Iterator[tuple[Path, Path]]:
    """A log directory that is being written to, and the file with each step's moment."""
    with tempfile.TemporaryDirectory() as folder:
        moments, logdir = Path(folder, "moments.txt"), Path(folder, "logs")
        command = [sys.executable, "-m", "benchmarks.watch.live_writer", str(logdir / "run")]
        command += ["--metrics", str(metrics), "--rate", str(rate), "--seconds", str(seconds)]
        with moments.open("w") as out, subprocess.Popen(command, stdout=out) as writer:
            try:
                while not moments.stat().st_size and writer.poll() is None:
                    time.sleep(0.05)
                yield logdir, moments
            finally:
                writer.terminate()


def _moments(path: Path) -> list[tuple[int, float]]:
    """The steps and moments that a writer has printed; its last line may not be whole yet."""
    whole, _, _ = path.read_text().rpartition("\n")
    return [(int(step), float(moment)) for step, moment in (line.split() for line in whole.splitlines())]


def _spread(name: str, seconds: Sequence[float]) -> Figures:
    """Median and tails of times, in milliseconds; without any, nothing."""
    if not seconds:
        return {}
    values = np.array(seconds) * _MS
    shares = {"median": 50, "p95": 95, "p99": 99}
    return {f"{name}_{word}_ms": float(np.percentile(values, share)) for word, share in shares.items()}
