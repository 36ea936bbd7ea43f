"""`seqsetvae-bench watch`: how fast the watcher reads a log, beside a plain loop over its lines."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from seqsetvae.benchmark.bench_table import figures_table
from seqsetvae.errors import InputError

if TYPE_CHECKING:
    from seqsetvae.benchmark.watch_reading import ReadingRow

RUN = "run"


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command and its flags."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "watch", help="the watcher's reading of long logs", description=__doc__
    )
    parser.add_argument(
        "--lines", type=int, nargs="+", default=[1_000, 100_000], metavar="N",
        help="lines of the log; several may be given (1000 100000)",
    )  # fmt: skip
    parser.add_argument("--metrics", type=int, default=12, help="numbers in a line (12)")
    return parser


def check(options: argparse.Namespace) -> None:
    """Refuse what cannot be measured."""
    if min(options.lines) < 1:
        raise InputError("--lines {lines} must be at least 1", lines=options.lines)
    if options.metrics < 1:
        raise InputError("--metrics must be at least 1, got {metrics}", metrics=options.metrics)


def measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Write a log of each length, and time its reading."""
    from seqsetvae.benchmark.watch_reading import measure_reading, write_log

    logs: list[dict[str, Any]] = []
    for lines in sorted(options.lines):
        with tempfile.TemporaryDirectory() as folder:
            console.print(f"writing {lines:,} lines of {options.metrics} numbers …", highlight=False)
            size = write_log(Path(folder) / RUN, lines=lines, metrics=options.metrics)
            rows = measure_reading(Path(folder), RUN, lines=lines)
        console.print(_table(rows, lines, size))
        logs.append({"lines": lines, "metrics": options.metrics, "bytes": size, "rows": [asdict(row) for row in rows]})
    return {"logs": logs}


def _table(rows: Sequence[ReadingRow], lines: int, size: int) -> Table:
    title = f"{lines:,} lines, {size / 2**20:.1f} MiB: whole programs, start included"
    table = figures_table(title, ("program", "seconds", "CPU", "memory", "lines/s"))
    for row in rows:
        rate = "" if row.name == "nothing" else f"{row.lines_per_second:,.0f}"
        table.add_row(
            row.name, f"{row.seconds:.2f}", f"{row.cpu_seconds:.2f} s", f"{row.peak_memory / 2**20:,.0f} MiB", rate
        )
    return table
