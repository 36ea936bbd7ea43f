"""The command `seqsetvae-watch`."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from seqsetvae import __version__
from seqsetvae.commandline.program import BAD_INPUT, run_program
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import told
from seqsetvae.i18n.locale import knows_ascii_alone, started_with
from seqsetvae.stream.records import Level
from tui.alerts.alert_command import AlertCommand, command_words
from tui.alerts.wait_for import WAIT_SECONDS, Goal, Wait, wait_on_files
from tui.export.run_export import STDOUT, export_run
from tui.follow.log_follower import POLL_SECONDS, Reader
from tui.replay.replay_options import (
    add_replay_options,
    check_replay_options,
    check_replayable,
    opening_of,
    store_at,
)
from tui.store import Store
from tui.terminal.background import ask_terminal, shade_in
from tui.terminal.capabilities import Terminal, has_sixteen_colours, settle_size
from tui.terminal.plain_text import to_ascii
from tui.terminal.theme_names import THEMES
from tui.view_state import ViewMemory, state_directory
from tui.views.frame import verdict_of
from tui.what_if.overrides import NO_OVERRIDES, WhatIf, ask_again, read_thresholds

_MIN_POLL, _MAX_POLL = 0.01, 3600.0

NO_VERDICT = 4
"""Exit status of what cannot be done, or judged, with `--exit-code`: 0 to 3 are levels there."""

NOT_REACHED = 1
"""Exit status of `--wait-for` when a run has ended otherwise."""


def parser() -> ProgramParser:
    """The options of `seqsetvae-watch`."""
    out = ProgramParser(
        prog="seqsetvae-watch",
        description="Watch training runs in the terminal. Quitting never touches the training.",
        epilog="Without a terminal (a pipe, TERM=dumb) a report is printed once, as with --once.",
        allow_abbrev=False,
    )
    out.add_argument(
        "logdir", nargs="?", type=Path, metavar="LOGDIR", help="directory that holds runs, or one run's directory"
    )
    out.add_argument("runs", nargs="*", metavar="RUN", help="show only these runs; the first is opened")
    out.add_argument(
        "--poll",
        type=float,
        metavar="SECONDS",
        help="look at the files this often and do not use file notifications (for network file systems)",
    )
    out.add_argument("--metrics", default="", metavar="GLOB", help="show metrics whose name matches, such as 'train/*'")
    out.add_argument("--theme", choices=THEMES, default="auto", help="colours; auto goes by the terminal's background")
    out.add_argument(
        "--thresholds",
        type=Path,
        metavar="FILE",
        help="draw the limits of these settings, YAML or JSON; a report tells what the detector would have said",
    )
    out.add_argument(
        "--ascii",
        action=argparse.BooleanOptionalAction,
        help="draw with ASCII alone, as in a locale without UTF-8; with --no-ascii never",
    )
    out.add_argument("--fresh", action="store_true", help="begin without the view that was kept of this LOGDIR")
    out.add_argument("--version", action="version", version=f"seqsetvae-watch {__version__}")
    add_replay_options(out.add_argument_group("the past of a run"))
    _add_script_options(out.add_argument_group("for scripts, and getting data out"))
    return out


def _add_script_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--once", action="store_true", help="print one report of the newest run and exit")
    group.add_argument("--json", action="store_true", help="with --once: print the report for programs")
    group.add_argument(
        "--exit-code",
        action="store_true",
        help="with --once or --wait-for: exit with the level, 0 green, 1 yellow, 2 orange, 3 red; "
        f"{NO_VERDICT} when there is none, where bad input is {BAD_INPUT} otherwise",
    )
    group.add_argument(
        "--wait-for",
        choices=[goal.value for goal in Goal],
        help="wait until the run is red, or has finished, and say so; a run that ended otherwise ends the wait "
        f"with status {NOT_REACHED}",
    )
    group.add_argument(
        "--on-alert",
        metavar="CMD",
        help="run this command, without a shell, when the run turns orange or red; the event is its input, as JSON",
    )
    group.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="write the run's metrics, those of --metrics, to a .csv or .parquet file, or to - as CSV, and exit",
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    words = sys.argv[1:] if argv is None else argv
    bad_input = NO_VERDICT if "--exit-code" in words else BAD_INPUT
    return run_program("seqsetvae-watch", _main, words, bad_input=bad_input, utf8=_shows_utf8(words))


def _main(words: Sequence[str]) -> int:
    return _run(parser().parse_intermixed_args(words))  # a RUN may follow an option


def _shows_utf8(words: Sequence[str]) -> bool | None:
    """Whether the user says that the terminal shows more than ASCII; None when they do not say."""
    return None if not {"--ascii", "--no-ascii"} & set(words) else "--no-ascii" in words


def _run(options: argparse.Namespace) -> int:
    check_replay_options(options, on_screen=_has_terminal())
    if options.demo:
        return _demo(options)
    _check(options)
    _check_combination(options)
    overrides = read_thresholds(options.thresholds) if options.thresholds is not None else NO_OVERRIDES
    store = Store(logdir=options.logdir)
    polled = options.poll is not None or options.wait_for is not None
    reader = Reader(
        store,
        options.runs,
        poll_seconds=options.poll if options.poll is not None else POLL_SECONDS,
        notify=not polled,
    )
    reader.discover()
    _check_runs(options.runs, store)
    if options.export is not None:
        return _export(store, options)
    if options.wait_for is not None:
        return _wait(store, reader, options, overrides)
    if options.once or not _has_terminal():
        return _report(store, reader, options, overrides)
    return _watch(store, reader, options, overrides)


def _demo(options: argparse.Namespace) -> int:
    from tui.demo import write_demo

    signal.signal(signal.SIGTERM, _end)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _end)  # a lost line must not leave the files behind
    with tempfile.TemporaryDirectory(prefix="seqsetvae-demo-") as directory:
        options.logdir = Path(directory)
        write_demo(options.logdir)
        store = Store(logdir=options.logdir)
        reader = Reader(store, notify=False)
        reader.discover()
        overrides = read_thresholds(options.thresholds) if options.thresholds is not None else NO_OVERRIDES
        return _watch(store, reader, options, overrides)


def _end(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _check(options: argparse.Namespace) -> None:
    logdir: Path | None = options.logdir
    if logdir is None:
        raise InputError("give LOGDIR, the directory that seqsetvae-train got as --log_dir, or --demo")
    if not logdir.exists():
        raise InputError(f"{logdir} does not exist; give the directory that seqsetvae-train got as --log_dir")
    if not logdir.is_dir():
        raise InputError(f"{logdir} is a file; give the directory that holds it")
    if not os.access(logdir, os.R_OK | os.X_OK):
        raise InputError(f"{logdir} cannot be read; ask its owner for permission to read and enter it")
    if options.poll is not None and not _MIN_POLL <= options.poll <= _MAX_POLL:
        raise InputError(f"--poll must lie between {_MIN_POLL} and {_MAX_POLL:.0f} seconds, not {options.poll:g}")


def _check_combination(options: argparse.Namespace) -> None:
    if options.json and not options.once:
        raise InputError("--json prints a report for programs: use it with --once")
    if options.exit_code and not (options.once or options.wait_for):
        raise InputError("--exit-code is for scripts: use it with --once or --wait-for")
    if options.on_alert is not None and (options.export is not None or (options.once and not options.wait_for)):
        raise InputError("--on-alert needs somebody who watches: use it on the screen or with --wait-for")
    if options.export is not None and (options.once or options.wait_for):
        raise InputError("--export writes a file and exits: leave out --once and --wait-for")
    if (options.export is not None or options.wait_for) and len(options.runs) > 1:
        raise InputError(f"name one run for {'--export' if options.export is not None else '--wait-for'}")


def _check_runs(wanted: Sequence[str], store: Store) -> None:
    known = [run.name for run in store.runs()]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise InputError(
            f"there is no run {', '.join(map(repr, missing))} in {store.logdir}; see seqsetvae-watch --once"
        )


def _has_terminal() -> bool:
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def _ascii(options: argparse.Namespace) -> bool:
    return bool(knows_ascii_alone(started_with(os.environ)) if options.ascii is None else options.ascii)


def _background(memory: ViewMemory, options: argparse.Namespace) -> str | None:
    """Whether the terminal is dark or light; it is asked only where the answer decides something."""
    told = shade_in(os.environ)
    kept = "auto" if options.fresh else memory.load()[0].theme
    if told is None and options.theme == "auto" and kept == "auto":
        return ask_terminal()
    return told


def _first_run(store: Store, memory: ViewMemory, options: argparse.Namespace) -> str | None:
    """The run that the screen will open on: the one that is asked for, the one of the last time, or the newest."""
    kept = None if options.fresh or options.runs else memory.load()[0].run
    return kept if kept is not None and store.run(kept) is not None else _chosen(store, options)


def _watch(store: Store, reader: Reader, options: argparse.Namespace, overrides: Mapping[str, Any]) -> int:
    memory = ViewMemory(options.logdir, state_directory(os.environ))
    background = _background(memory, options)  # before Textual is loaded, which takes longer than the answer
    name = _first_run(store, memory, options)
    if name is not None:
        if opening_of(options) is not None:
            check_replayable(store.run(name))
        reader.select(name)
        reader.step()  # the end of a long log, so that the first frame has its charts
    settle_size(sys.stdout.fileno())
    gc.disable()  # what is loaded from here on stays, and need not be searched for cycles while the user waits
    from tui.app import MonitorApp  # a report needs no Textual, and starts faster without it

    terminal = Terminal(ascii=_ascii(options), sixteen=has_sixteen_colours(os.environ))
    MonitorApp(
        store,
        reader,
        run=options.runs[0] if options.runs else None,
        pattern=options.metrics,
        theme_choice=options.theme,
        overrides=overrides,
        terminal=terminal,
        background=background,
        memory=None if options.demo else memory,
        fresh=options.fresh,
        on_alert=command_words(options.on_alert) if options.on_alert is not None else None,
        opening=opening_of(options),
        when_shown=_collect_again,
    ).run()
    gc.freeze()  # the interpreter would search all objects for cycles before it ends, and take 0.2 s for it
    return 0


def _collect_again() -> None:
    """Let garbage be collected from now on; what is there already is none, and is never searched again."""
    gc.freeze()
    gc.enable()


def _report(store: Store, reader: Reader, options: argparse.Namespace, overrides: Mapping[str, Any]) -> int:
    from tui.report import print_report

    name = _chosen(store, options)
    what_if, moment = None, None
    if name is not None and options.at is not None:
        store, moment = store_at(store, name, options.at)
    elif name is not None:
        reader.read_all(name)
        what_if = _what_if(store, name, overrides)
    _to_stdout(
        lambda: print_report(
            store,
            name,
            pattern=options.metrics,
            as_json=options.json,
            what_if=what_if,
            ascii_only=_ascii(options),
            clock=time.time if moment is None else lambda: moment,
        )
    )
    if not options.exit_code:
        return 0
    return NO_VERDICT if name is None else _level(store, name).severity


def _what_if(store: Store, name: str, overrides: Mapping[str, Any]) -> WhatIf | None:
    info = store.run(name)
    if not overrides or info is None:
        return None
    try:
        return ask_again(info.source, info.manifest.config if info.manifest is not None else {}, overrides)
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read ({error.strerror}); ask its owner for permission") from None


def _wait(store: Store, reader: Reader, options: argparse.Namespace, overrides: Mapping[str, Any]) -> int:
    command = None
    if options.on_alert is not None:
        command = AlertCommand(command_words(options.on_alert), store.logdir, complain=_complain)
    wait = Wait(
        store,
        reader,
        run=options.runs[0] if options.runs else None,
        goal=Goal(options.wait_for),
        on_alert=command.start if command is not None else None,
    )
    seconds = options.poll if options.poll is not None else WAIT_SECONDS
    outcome = wait_on_files(wait, store, seconds=seconds, notify=options.poll is None)
    if command is not None:
        command.finish()
    if options.once:
        options.runs = [outcome.run]
        _report(store, reader, options, overrides)
    else:
        _to_stdout(lambda: print(to_ascii(str(outcome)) if _ascii(options) else outcome))
    if options.exit_code:
        return outcome.level.severity
    return 0 if outcome.reached else NOT_REACHED


def _export(store: Store, options: argparse.Namespace) -> int:
    name = _chosen(store, options)
    info = store.run(name) if name is not None else None
    if info is None:
        raise InputError(f"there is no run in {store.logdir} yet: nothing to export")
    try:
        exported = export_run(info.source, options.export, options.metrics)
    except BrokenPipeError:
        _silence()
        return 0
    except OSError as error:
        raise InputError(f"{options.export} cannot be written ({error.strerror}); choose another place") from None
    if options.export != STDOUT:
        _to_stdout(lambda: print(f"{options.export}: {exported}"))
    return 0


def _chosen(store: Store, options: argparse.Namespace) -> str | None:
    """The run that is asked for, or the newest."""
    runs = store.runs()
    if options.runs:
        return str(options.runs[0])
    return runs[0].name if runs else None


def _level(store: Store, name: str) -> Level:
    """A run's level; green where nothing has judged it yet."""
    verdict = verdict_of(store.data(name).events())
    return verdict.level if verdict is not None else Level.GREEN


def _to_stdout(tell: Callable[[], object]) -> None:
    """Print; the reader of a pipe, such as head, may have seen enough."""
    try:
        tell()
        sys.stdout.flush()
    except BrokenPipeError:
        _silence()


def _silence() -> None:
    """Let what Python still wants to write at its end go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(sentence: str) -> None:
    print(f"seqsetvae-watch: {told(sentence)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
