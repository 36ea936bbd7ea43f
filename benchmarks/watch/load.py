"""Seconds until a whole log is in the watcher's store: ``python -m benchmarks.watch.load [LOGDIR]``.

Each reading runs in a process of its own, since peak memory is a process's. Beside it, in turn, an orjson loop over
the same lines, which shows how fast the machine is just now.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import orjson

from benchmarks.watch.make_log import METRICS, STEPS, write_log

_KB = 1024


def read_into_store(logdir: Path) -> int:
    """Read the newest run of a log directory as the watcher does, without its screen; gives the lines read."""
    from tui.follow.log_follower import Reader
    from tui.store.store import Store

    store = Store(logdir=logdir)
    reader = Reader(store, notify=False)
    reader.discover()
    name = store.runs()[0].name
    reader.read_all(name)
    return store.data(name).facts.lines


def parse_lines(logdir: Path) -> int:
    """Parse each line of the same log and keep nothing; gives the lines parsed."""
    count = 0
    with next(logdir.rglob("metrics.jsonl")).open("rb") as file:
        for line in file:
            orjson.loads(line)
            count += 1
    return count


_WAYS = {"watcher": read_into_store, "orjson": parse_lines}


def measured(way: str, logdir: Path) -> dict[str, float]:
    """One reading in this process: lines, seconds, and this process's peak memory in MB."""
    start = time.perf_counter()
    lines = _WAYS[way](logdir)
    seconds = time.perf_counter() - start
    return {"lines": lines, "seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KB}


def compare(logdir: Path, repeats: int) -> dict[str, dict[str, float]]:
    """The fastest of several readings each way, and the largest peak."""
    best: dict[str, dict[str, float]] = {}
    for _ in range(repeats):
        for way in _WAYS:
            command = [sys.executable, "-m", "benchmarks.watch.load", str(logdir), "--one", way]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found: dict[str, float] = json.loads(done.stdout)
            known = best.setdefault(way, found)
            known["seconds"] = min(known["seconds"], found["seconds"])
            known["peak_mb"] = max(known["peak_mb"], found["peak_mb"])
    return best


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watch.load", description=__doc__)
    parser.add_argument(
        "logdir", type=Path, nargs="?", help="a log directory; without one, a log is written and removed"
    )
    parser.add_argument(
        "--steps", type=int, default=STEPS, help="logged steps of the written log (default: %(default)s)"
    )
    parser.add_argument("--metrics", type=int, default=METRICS, help="metrics a line (default: %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="readings each way (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the figures for programs")
    parser.add_argument("--one", choices=_WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options.logdir)))
        return
    if options.logdir is not None and next(options.logdir.rglob("metrics.jsonl"), None) is None:
        parser.error(f"there is no metrics.jsonl below {options.logdir}; make_log writes one")
    with tempfile.TemporaryDirectory() as folder:
        logdir: Path = options.logdir or Path(folder)
        if options.logdir is None:
            write_log(logdir / "day", steps=options.steps, metrics=options.metrics)
        best = compare(logdir, options.repeats)
    if options.json:
        print(json.dumps(best))
        return
    for way, found in best.items():
        print(f"{way:8} {found['lines']:>9,.0f} lines  {found['seconds']:6.2f} s  {found['peak_mb']:4.0f} MB")


if __name__ == "__main__":
    main()
