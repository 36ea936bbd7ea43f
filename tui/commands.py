"""The command ``seqsetvae-watch``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from seqsetvae import __version__
from tui.reader import POLL_SECONDS, Reader
from tui.store import Store
from tui.theme_names import THEMES

_MIN_POLL, _MAX_POLL = 0.01, 3600.0


class UsageError(ValueError):
    """What the user asked for cannot be done; the message says what to do instead."""


def parser() -> argparse.ArgumentParser:
    """The options of ``seqsetvae-watch``."""
    out = argparse.ArgumentParser(
        prog="seqsetvae-watch",
        description="Watch training runs in the terminal. Quitting never touches the training.",
        epilog="Without a terminal (a pipe, TERM=dumb) a report is printed once, as with --once.",
    )
    out.add_argument("logdir", type=Path, metavar="LOGDIR", help="directory that holds runs, or one run's directory")
    out.add_argument("runs", nargs="*", metavar="RUN", help="show only these runs; the first is opened")
    out.add_argument("--once", action="store_true", help="print one report of the newest run and exit")
    out.add_argument("--json", action="store_true", help="with --once: print the report for programs")
    out.add_argument(
        "--poll",
        type=float,
        metavar="SECONDS",
        help="look at the files this often and do not use file notifications (for network file systems)",
    )
    out.add_argument("--metrics", default="", metavar="GLOB", help="show metrics whose name matches, such as 'train/*'")
    out.add_argument("--theme", choices=THEMES, default="auto", help="colours; auto goes by the terminal's background")
    out.add_argument("--version", action="version", version=f"seqsetvae-watch {__version__}")
    return out


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = parser().parse_args(argv)
    try:
        _check(options)
        if options.json and not options.once:
            raise UsageError("--json prints a report for programs: use it with --once")
        store = Store(logdir=options.logdir)
        reader = Reader(
            store,
            options.runs,
            poll_seconds=options.poll if options.poll is not None else POLL_SECONDS,
            notify=options.poll is None,
        )
        reader.discover()
        _check_runs(options.runs, store)
        if options.once or not _has_terminal():
            return _report(store, reader, options)
        return _watch(store, reader, options)
    except UsageError as error:
        print(f"seqsetvae-watch: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _check(options: argparse.Namespace) -> None:
    logdir: Path = options.logdir
    if not logdir.exists():
        raise UsageError(f"{logdir} does not exist; give the directory that seqsetvae-train got as --log_dir")
    if not logdir.is_dir():
        raise UsageError(f"{logdir} is a file; give the directory that holds it")
    if not os.access(logdir, os.R_OK | os.X_OK):
        raise UsageError(f"{logdir} cannot be read; ask its owner for permission to read and enter it")
    if options.poll is not None and not _MIN_POLL <= options.poll <= _MAX_POLL:
        raise UsageError(f"--poll must lie between {_MIN_POLL} and {_MAX_POLL:.0f} seconds, not {options.poll:g}")


def _check_runs(wanted: Sequence[str], store: Store) -> None:
    known = [run.name for run in store.runs()]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise UsageError(
            f"there is no run {', '.join(map(repr, missing))} in {store.logdir}; see seqsetvae-watch --once"
        )


def _has_terminal() -> bool:
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def _watch(store: Store, reader: Reader, options: argparse.Namespace) -> int:
    from tui.app import MonitorApp  # a report needs no Textual, and starts faster without it

    first = options.runs[0] if options.runs else None
    MonitorApp(store, reader, run=first, pattern=options.metrics, theme_choice=options.theme).run()
    return 0


def _report(store: Store, reader: Reader, options: argparse.Namespace) -> int:
    from tui.report import print_report

    runs = store.runs()
    name = options.runs[0] if options.runs else runs[0].name if runs else None
    if name is not None:
        reader.read_all(name)
    print_report(store, name, pattern=options.metrics, as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
