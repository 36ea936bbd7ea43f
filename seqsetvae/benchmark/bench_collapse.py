"""`seqsetvae-bench collapse`: how well the detector, and the original's rules, judge runs of known fate."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from seqsetvae.benchmark.bench_table import figures_table
from seqsetvae.errors import InputError

if TYPE_CHECKING:
    from seqsetvae.benchmark.detection import DetectionOutcome, DetectionRow

#: Where the checkout keeps them.
STREAMS = Path(__file__).parents[2] / "benchmarks" / "collapse" / "streams"
DETECTORS: tuple[Any, ...] = ("posterior", "original")


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Add the command and its flags."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "collapse", help="detectors on runs of known fate", description=__doc__
    )
    parser.add_argument("--streams", type=Path, default=STREAMS, help="directory of compact streams (the checkout's)")
    parser.add_argument(
        "--half", default="test", choices=["test", "calibration", "all"], help="which half of the runs, by seed (test)"
    )
    parser.add_argument("--list", action="store_true", help="every run, not only the table")
    return parser


def check(options: argparse.Namespace) -> None:
    """Refuse what cannot be measured.

    Raises:
        InputError: there is no such directory.
    """
    if not options.streams.is_dir():
        raise InputError(
            "--streams {path} is no directory; streams come with the source, see README.md", path=options.streams
        )


def measure(options: argparse.Namespace, console: Console) -> dict[str, Any]:
    """Run both detectors over the streams, print the tables and return them as plain values."""
    from seqsetvae.benchmark import detection

    traces = [t for t in detection.read_traces(options.streams) if options.half in ("all", t.half)]
    if not traces:
        raise InputError(
            "{path} has no runs of the half {half}; choose another --half", path=options.streams, half=options.half
        )
    figures: dict[str, Any] = {"half": options.half, "runs": len(traces)}
    for detector in DETECTORS:
        outcomes = [detection.outcome_of(trace, detector) for trace in traces]
        rows, summary = detection.table(outcomes, detector), detection.summarize(outcomes)
        console.print(_table(rows, f"--detector {detector}: {len(traces)} runs, half: {options.half}"))
        if options.list:
            console.print(_runs(outcomes))
        figures[detector] = {
            "rows": [asdict(row) for row in rows],
            "summary": asdict(summary),
            "runs": {outcome.trace.name: detection.as_plain(outcome) for outcome in outcomes},
        }
        console.print(_sentence(summary), highlight=False)
        console.print()
    return figures


def _table(rows: Sequence[DetectionRow], title: str) -> Table:
    headings = ("posterior", "kind", "runs", "≥ yellow", "≥ orange", "red", "to orange", "to red")
    table = figures_table(title, headings, words=2)
    for row in rows:
        counts = (row.runs, row.yellow, row.orange, row.red)
        table.add_row(row.fate, row.kind, *map(str, counts), _checks(row.orange_delay), _checks(row.red_delay))
    return table


def _runs(outcomes: Sequence[DetectionOutcome]) -> Table:
    table = figures_table(None, ("run", "onset", "highest", "as", "to orange", "to red", "final"), words=7)
    for outcome in outcomes:
        trace = outcome.trace
        table.add_row(
            trace.name, "" if trace.onset is None else str(trace.onset), str(outcome.highest), outcome.condition,
            _checks(outcome.orange_delay), _checks(outcome.red_delay), str(outcome.final),
        )  # fmt: skip
    return table


def _sentence(summary: Any) -> str:
    return (
        f"{summary.false_orange} of {summary.alive} living posteriors called orange, {summary.false_red} red; "
        f"{summary.caught} of {summary.dead} dead ones called red; delay from onset to orange "
        f"{_checks(summary.orange_delay) or '–'}, to red {_checks(summary.red_delay) or '–'} checks (median)"
    )


def _checks(delay: float | None) -> str:
    return "" if delay is None else f"{delay:g}"
