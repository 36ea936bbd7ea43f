"""Run detectors over the streams of foreign VAEs.

    python -m benchmarks.collapse.foreign
    python -m benchmarks.collapse.foreign --half all --inputs documented --list

Rows go by what became of the posterior and by architecture; the sentence below a table has the figures that decide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table

from benchmarks.collapse.foreign.foreign_score import (
    ForeignOutcome,
    Inputs,
    foreign_outcome,
    read_foreign_runs,
    summarize_foreign,
)  # fmt: skip
from seqsetvae.benchmark.bench_table import figures_table
from seqsetvae.collapse.thresholds import DetectorName
from seqsetvae.commandline.program import run_program
from seqsetvae.errors import InputError

STREAMS = Path(__file__).parent / "streams"
INTERVAL = 10
LIST_WIDTH = 140


def run(argv: Sequence[str]) -> int:
    """Print what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=Path, default=STREAMS, help="directory of streams (the checkout's)")
    parser.add_argument("--half", default="test", choices=["test", "calibration", "all"])
    parser.add_argument("--inputs", choices=get_args(Inputs), help="what a user gives; the first two by default")
    parser.add_argument("--detector", choices=get_args(DetectorName), help="both by default")
    parser.add_argument("--interval", type=int, default=INTERVAL, choices=[10, 50, 200], help="steps between checks")
    parser.add_argument("--only", default="", help="runs whose name contains this")
    parser.add_argument("--list", action="store_true", help="every run, not only the sums")
    options = parser.parse_args(argv)
    runs = [found for found in read_foreign_runs(options.streams) if options.half in ("all", found.half)]
    runs = [found for found in runs if options.only in found.name]
    if not runs:
        raise InputError("{path} has no runs of the half {half}", path=options.streams, half=options.half)
    console = Console(width=LIST_WIDTH) if options.list else Console()
    for inputs in [options.inputs] if options.inputs else get_args(Inputs)[:2]:
        for detector in [options.detector] if options.detector else get_args(DetectorName):
            outcomes = [foreign_outcome(found, detector, inputs, options.interval) for found in runs]
            console.print(_table(outcomes, f"--detector {detector}, inputs: {inputs}, half: {options.half}"))
            if options.list:
                console.print(_listed(outcomes))
            console.print(summarize_foreign(outcomes).sentences, highlight=False)
            console.print()
    return 0


def _table(outcomes: Sequence[ForeignOutcome], title: str) -> Table:
    """Return one row for each fate and architecture; weak posteriors have theirs."""
    table = figures_table(title, ("posterior", "architecture", "runs", "≥ yellow", "≥ orange", "red"), words=2)
    groups: dict[tuple[str, str], list[int]] = {}
    for outcome in outcomes:
        key = (outcome.run.course.fate, outcome.run.architecture)
        groups.setdefault(key, []).append(outcome.highest.severity)
    for (fate, architecture), highest in sorted(groups.items()):
        counts = [len(highest), *(sum(severity >= level for severity in highest) for level in (1, 2, 3))]
        table.add_row(fate, architecture, *map(str, counts))
    return table


def _listed(outcomes: Sequence[ForeignOutcome]) -> Table:
    headings = ("run", "fate", "onset", "half lost", "highest", "final", "as", "to orange", "announced", "same")
    table = figures_table(None, headings, words=10)
    for outcome in outcomes:
        course = outcome.run.course
        cells = (course.onset, course.half_lost, outcome.highest, outcome.final, outcome.condition,
                 outcome.orange_delay, outcome.announced, outcome.same)  # fmt: skip
        table.add_row(outcome.run.name, course.fate, *("" if cell is None else str(cell) for cell in cells))
    return table


if __name__ == "__main__":
    sys.exit(run_program("python -m benchmarks.collapse.foreign", run, None))
