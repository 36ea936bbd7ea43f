"""`seqsetvae-analyze`: figures, verdicts and one page from the logs of runs, side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from seqsetvae.commandline.console import progress_lines
from seqsetvae.commandline.program import run_options
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.commandline.save_dir import make_writable, writing_to
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.i18n.message import Message

if TYPE_CHECKING:
    from seqsetvae.analysis.run_curves import RunCurves
    from seqsetvae.logs.log import Log

PROGRAM = "seqsetvae-analyze"
SAVE_DIR, SMOOTH = Path("analysis"), 0.6
FORMATS = ("png", "svg", "pdf")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_options(make_parser, run, argv)


def run(options: argparse.Namespace) -> None:
    """Write the report of the runs that the options name."""
    if not 0 <= options.smooth < 1:
        raise InputError("--smooth must be at least 0 and below 1, got {smooth:g}", smooth=options.smooth)
    make_writable(options.save_dir)
    if find_spec("matplotlib") is None:
        raise InputError('figures need matplotlib; install it with pip install "seqsetvae[report]"')
    written = _analyze(options)
    console = Console(soft_wrap=True, highlight=False)
    for path in written:
        console.print(Text(str(path)))


def make_parser() -> ProgramParser:
    """Return the program's parser."""
    parser = ProgramParser(prog=PROGRAM, description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "paths", metavar="LOGDIR|RUN", nargs="+", type=Path, help="a directory that holds runs, or a run's directory"
    )
    parser.add_argument(
        "--save_dir", type=Path, default=SAVE_DIR, help=Message("where files go ({directory})", directory=SAVE_DIR)
    )
    parser.add_argument(
        "--smooth",
        type=float,
        default=SMOOTH,
        help=Message("smoothing of training curves, 0 to below 1 ({value})", value=SMOOTH),
    )
    parser.add_argument("--format", choices=FORMATS, default="png", help="of the pictures: png, svg or pdf (png)")
    return parser


def _analyze(options: argparse.Namespace) -> list[Path]:
    from seqsetvae.analysis.report_files import PARTS, write_report
    from seqsetvae.analysis.run_loading import find_runs
    from seqsetvae.analysis.run_styles import comparison_of
    from seqsetvae.analysis.run_summary import summary_of

    logs = find_runs(options.paths)
    with progress_lines() as progress:
        reading = progress.add_task(tr("reading runs"), total=len(logs))
        runs = _load(logs, lambda: progress.advance(reading))
        drawing = progress.add_task(tr("drawing"), total=PARTS)
        with writing_to(options.save_dir):
            return write_report(
                comparison_of(runs, smooth=options.smooth),
                [summary_of(loaded) for loaded in runs],
                options.save_dir,
                title=_title(options.paths, runs),
                file_format=options.format,
                progress=lambda: progress.advance(drawing),
            )


def _load(logs: Sequence[Log], progress: Callable[[], None]) -> list[RunCurves]:
    """Read all runs.

    Raises:
        InputError: none of them has a metric that figures show.
    """
    from seqsetvae.analysis.run_loading import load_run

    runs = []
    for log in logs:
        runs.append(load_run(log))
        progress()
    if not any(loaded.curves for loaded in runs):
        problems = [problem for loaded in runs for problem in loaded.problems]
        why = problems[0] if problems else Message("{path} has no metric that figures show", path=logs[0].path)
        raise InputError("nothing to draw: {why}; name a run that has logged", why=why)
    return runs


def _title(paths: Sequence[Path], runs: Sequence[RunCurves]) -> str:
    if len(runs) == 1:
        return f"Run {runs[0].name}"
    return f"{len(runs)} runs of {paths[0]}" if len(paths) == 1 else f"{len(runs)} runs"


if __name__ == "__main__":
    sys.exit(main())
