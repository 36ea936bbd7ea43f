"""`seqsetvae-bench`: measure speed, and how well collapse is detected, each figure beside one to compare it with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console

from seqsetvae.cli import bench_collapse, bench_train
from seqsetvae.cli.errors import run_main
from seqsetvae.cli.flags import FlagParser, underscored
from seqsetvae.data.errors import InputError

PROGRAM = "seqsetvae-bench"

#: What can be measured: each module adds its flags, checks them, and measures.
COMMANDS = {"train": bench_train, "collapse": bench_collapse}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_main(PROGRAM, lambda: run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Measure what the first word names."""
    parser = _parser()
    if not argv:
        parser.print_help()
        return 0
    options = parser.parse_args([underscored(word) for word in argv])
    _check(options)
    # Figures for a program go to stdout alone.
    figures = COMMANDS[options.command].measure(options, Console(stderr=options.json == "-"))
    if options.json:
        _write(options.json, orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    return 0


def _parser() -> FlagParser:
    parser = FlagParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        command.add_parser(commands)
    return parser


def _check(options: argparse.Namespace) -> None:
    """Refuse in a second what would otherwise fail after minutes."""
    COMMANDS[options.command].check(options)
    if options.json not in (None, "-"):
        _write(options.json, b"")


def _write(target: str, content: bytes) -> None:
    if target == "-":
        sys.stdout.buffer.write(content + b"\n")
        return
    try:
        Path(target).write_bytes(content + b"\n")
    except OSError as error:
        raise InputError(f"--json {target} cannot be written: {error.strerror}") from error
