"""What cohorts of growing size cost: `python -m benchmarks.scale`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.scale.growth import Measured, growth_table
from benchmarks.scale.steps import STEPS, as_json, costs_of, disk_of, measured

SIZES = (1_000, 10_000, 100_000)
SOURCES = ("synthetic", "MEDS")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--patients", type=int, nargs="+", default=SIZES, help="sizes of the cohorts")
    parser.add_argument("--sources", choices=SOURCES, nargs="+", default=SOURCES, help="what cohorts are made of")
    parser.add_argument("--directory", type=Path, help="where cohorts are written and removed (a temporary one)")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--one", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("place", type=Path, nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.one:
        print(as_json(measured(options.one, options.place, options.patients[0])))
        return
    console = Console()
    figures = {}
    for source in options.sources:
        sizes = [_measure(source, patients, options.directory) for patients in sorted(options.patients)]
        figures[source] = [dataclasses.asdict(size) for size in sizes]
        console.print(growth_table(source, sizes))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _measure(source: str, patients: int, directory: Path | None) -> Measured:
    place = Path(tempfile.mkdtemp(prefix="scale-", dir=directory))
    try:
        print(f"{source}, {patients:,} patients", file=sys.stderr)
        costs = costs_of(place, patients, meds=source == "MEDS")
        return Measured(patients=patients, costs=costs, disk=disk_of(place))
    finally:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
