"""`seqsetvae-bench`: measure speed, and how well collapse is detected, each figure beside one to compare it with."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from seqsetvae.atomic_file import check_place, write_whole
from seqsetvae.benchmark import bench_collapse, bench_memory, bench_train
from seqsetvae.commandline.console import table_console
from seqsetvae.commandline.program import run_options
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.disk_errors import reason_of
from seqsetvae.errors import InputError
from seqsetvae.strict_json import encode_pretty

PROGRAM = "seqsetvae-bench"

#: What can be measured: each module adds its flags, checks them, and measures.
COMMANDS = {
    "train": bench_train,
    "memory": bench_memory,
    "collapse": bench_collapse,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_options(make_parser, run, argv)


def run(options: argparse.Namespace) -> None:
    """Measure what the command names, and write the figures where they are wanted."""
    _check(options)
    from seqsetvae.benchmark.machine_facts import machine_facts

    # Figures for a program go to stdout alone.
    console = table_console(stderr=options.json == "-")
    facts = machine_facts()
    console.print(facts.in_words(), markup=False, highlight=False)
    figures = COMMANDS[options.command].measure(options, console)
    if options.json:
        content = {"command": options.command, "machine": facts.as_json(), **figures}
        _write(options.json, encode_pretty(content))


def make_parser() -> ProgramParser:
    """Return the program's parser."""
    parser = ProgramParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS.values():
        added = command.add_parser(commands)
        added.add_argument("--json", metavar="FILE", help="write all figures to FILE; - is stdout")
    return parser


def _check(options: argparse.Namespace) -> None:
    """Refuse in a second what would otherwise fail after minutes."""
    COMMANDS[options.command].check(options)
    if options.json not in (None, "-"):
        _at_place(options.json, check_place)


def _write(target: str, content: bytes) -> None:
    if target == "-":
        sys.stdout.buffer.write(content)
    elif Path(target).is_symlink() or (Path(target).exists() and not Path(target).is_file()):  # a pipe, or a device
        _at_place(target, lambda path: path.write_bytes(content))
    else:
        _at_place(target, lambda path: write_whole(path, content))


def _at_place(target: str, write: Callable[[Path], object]) -> None:
    try:
        write(Path(target))
    except OSError as error:
        reason = reason_of(error)
        raise InputError("--json {target} cannot be written: {reason}", target=target, reason=reason) from error
