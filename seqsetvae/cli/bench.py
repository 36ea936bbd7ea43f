"""`seqsetvae-bench`: measure speed, and how well collapse is detected, each figure beside one to compare it with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console

from seqsetvae.benchmark import bench_batches, bench_collapse, bench_memory, bench_train, bench_watch
from seqsetvae.commandline.config_flags import FlagParser, underscored
from seqsetvae.commandline.exit_codes import run_command
from seqsetvae.errors import InputError

PROGRAM = "seqsetvae-bench"

#: Tables are at least this wide where the output is no terminal: a log file scrolls sideways, cut numbers are lost.
FILE_WIDTH = 140

#: What can be measured: each module adds its flags, checks them, and measures.
COMMANDS = {
    "train": bench_train,
    "memory": bench_memory,
    "batches": bench_batches,
    "collapse": bench_collapse,
    "watch": bench_watch,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_command(PROGRAM, run, argv)


def run(argv: Sequence[str]) -> int:
    """Measure what the first word names."""
    parser = _parser()
    if not argv:
        parser.print_help()
        return 0
    options = parser.parse_args([underscored(word) for word in argv])
    _check(options)
    from seqsetvae.benchmark.facts import machine_facts

    # Figures for a program go to stdout alone.
    console = _console(to_stderr=options.json == "-")
    facts = machine_facts()
    console.print(facts.in_words(), markup=False, highlight=False)
    figures = COMMANDS[options.command].measure(options, console)
    if options.json:
        content = {"command": options.command, "machine": facts.as_json(), **figures}
        _write(options.json, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n", "--json")
    if options.plot:
        from seqsetvae.benchmark.table_plots import draw_png

        _write(options.plot, draw_png(options.command, figures, facts.in_words()), "--plot")
    return 0


def _console(*, to_stderr: bool) -> Console:
    console = Console(stderr=to_stderr)
    return console if console.is_terminal else Console(stderr=to_stderr, width=max(FILE_WIDTH, console.width))


def _parser() -> FlagParser:
    parser = FlagParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        added = command.add_parser(commands)
        added.add_argument("--json", metavar="FILE", help="write all figures to FILE; - is stdout")
        added.add_argument("--plot", metavar="FILE", help="draw the figures as a PNG")
    return parser


def _check(options: argparse.Namespace) -> None:
    """Refuse in a second what would otherwise fail after minutes."""
    COMMANDS[options.command].check(options)
    if options.json not in (None, "-"):
        _write(options.json, b"", "--json")
    if options.plot is not None:
        _write(options.plot, b"", "--plot")


def _write(target: str, content: bytes, flag: str) -> None:
    if target == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        Path(target).write_bytes(content)
    except OSError as error:
        raise InputError(f"{flag} {target} cannot be written: {error.strerror}") from error
