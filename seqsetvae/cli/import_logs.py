"""`seqsetvae-import`: turns the logs of other tools into streams that `seqsetvae-watch` shows and replays."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn

from seqsetvae.commandline.console import progress_lines
from seqsetvae.commandline.program import run_options
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr, translated
from seqsetvae.i18n.message import Message
from seqsetvae.importing.log_import import ImportReport, counted, import_log
from seqsetvae.logs.discovery import find_logs, log_at
from seqsetvae.logs.log import FOREIGN, Log, LogFormat
from seqsetvae.logs.metric_names import Names, read_names
from seqsetvae.stream.values import printable

PROGRAM = "seqsetvae-import"
AUTO = "auto"

#: Renamed metrics that are listed for a run; the others are in its event `imported`.
NAMES_SHOWN = 8


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    return run_options(make_parser, run, argv)


def make_parser() -> ProgramParser:
    """Return the program's parser."""
    parser = ProgramParser(prog=PROGRAM, description=__doc__, allow_abbrev=False)
    parser.add_argument("source", metavar="SRC", type=Path, help="a log, or a directory with one or more runs in it")
    parser.add_argument("logdir", metavar="LOGDIR", type=Path, help="each run is written to LOGDIR/RUN")
    parser.add_argument(
        "--run", metavar="NAME", help="name of the run, or of the directory of several; SRC's by default"
    )
    parser.add_argument(
        "--format", choices=[AUTO, *FOREIGN], default=AUTO, help="read only logs of this format (%(default)s)"
    )
    parser.add_argument("--names", metavar="FILE", type=Path, help="YAML or JSON table of metrics' names: LOG'S: OURS")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Import the logs that the options name; one that cannot be read leaves the others.

    Raises:
        InputError: there is none, none can be read, or a run of that name is there already.
    """
    own = read_names(arguments.names) if arguments.names is not None else {}
    kind = None if arguments.format == AUTO else LogFormat(arguments.format)
    logs = _logs(arguments.source, kind)
    targets = [arguments.logdir / _target(log, arguments.run, several=len(logs) > 1) for log in logs]
    existing = next((target for target in targets if target.exists()), None)
    if existing is not None:
        raise InputError("{path} exists already; choose another name with --run, or remove it first", path=existing)
    console = Console(highlight=False, soft_wrap=True)
    refused: list[str] = []
    for log, target in zip(logs, targets, strict=True):
        try:
            with _progress(log.name) as progress:
                report = import_log(log, target, names=Names(own), progress=progress)
        except InputError as error:
            refused.append(str(error))
            continue
        _print(report, console)
    if len(refused) == len(logs):
        if len(refused) == 1:
            raise InputError(refused[0])
        raise InputError("{problem} (and so on: {count} logs)", problem=refused[0], count=len(refused))
    for sentence in refused:
        said = tr("left out: {what}", what=printable(translated(sentence)))
        print(f"{PROGRAM}: {said}", file=sys.stderr)


def _logs(source: Path, kind: LogFormat | None) -> list[Log]:
    """The logs to import, in order of their names.

    Raises:
        InputError: there is none.
    """
    if not source.exists():
        raise InputError("{path} does not exist; name a log or a directory with logs", path=source)
    if not source.is_dir():
        log = log_at(source, kind)
        if log is None:
            raise InputError("{path} has a name that tells no format; choose one with --format", path=source)
        return [log]
    logs = [log for log in find_logs(source, FOREIGN) if kind in (None, log.format)]
    if not logs:
        raise InputError(
            "{path} holds no {wanted}; formats and their file names are in docs/en/other-logs.md",
            path=source,
            wanted=Message("logs of other tools") if kind is None else Message("logs of {tool}", tool=kind.tool),
        )
    return sorted(logs, key=lambda log: log.name)


def _target(log: Log, run: str | None, *, several: bool) -> PurePosixPath:
    """The run's directory below LOGDIR.

    Raises:
        InputError: `--run` leads out of it, or hides the run.
    """
    if run is None:
        return PurePosixPath(log.name)
    path = PurePosixPath(run)
    if path.is_absolute() or not path.parts or any(part.startswith(".") for part in path.parts):
        raise InputError("--run {name} is no name of a run; take words, with slashes between them at most", name=run)
    return path / log.name if several else path


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with bytes read and bytes in all; a bar on stderr, where that is a terminal."""
    with progress_lines(BarColumn(), DownloadColumn(), TimeRemainingColumn()) as progress:
        task = progress.add_task(escape(printable(name)), total=None)
        yield lambda read, size: progress.update(task, completed=read, total=size)


def _print(report: ImportReport, console: Console) -> None:
    count = len(report.metrics)
    metrics = tr("1 metric") if count == 1 else tr("{count:,} metrics", count=count)
    said = tr(
        "{run}: {tool}, {points:,} points of {metrics}, steps {first:,} to {last:,}",
        run=report.target,
        tool=report.log.format.tool,
        points=report.points,
        metrics=metrics,
        first=report.first_step,
        last=report.last_step,
    )
    console.print(printable(said), markup=False)
    if report.names:
        shown = [f"{name} → {ours}" for name, ours in sorted(report.names.items())[:NAMES_SHOWN]]
        more = len(report.names) - len(shown)
        names = ", ".join(shown)
        if more:
            names = tr("{names} and {count} more", names=names, count=more)
        console.print(printable(f"  {tr('names: {names}', names=names)}"), markup=False)
    if report.skipped:
        console.print(f"  {tr('left out: {what}', what=_counted(report.skipped))}", markup=False)
    if report.damaged:
        console.print(f"  {tr('not understood: {what}', what=_counted(report.damaged))}", markup=False)
    if report.unfinished:
        rest = tr("unfinished: the last {count:,} bytes are no whole record", count=report.unfinished)
        console.print(f"  {rest}", markup=False)


def _counted(counts: Mapping[str, int]) -> str:
    return counted({translated(kind): count for kind, count in counts.items()})


if __name__ == "__main__":
    sys.exit(main())
