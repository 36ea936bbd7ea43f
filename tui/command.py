"""The command `seqsetvae-watch`: a report, an export, a wait, or the screen."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from seqsetvae.commandline.program import BAD_INPUT, run_program, silence
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import translated
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.records import Level
from tui.alerts.alert_command import AlertCommand
from tui.alerts.wait_for import WAIT_SECONDS, Goal, Wait, wait_on_files
from tui.export.run_export import STDOUT, export_run
from tui.follow.log_follower import POLL_SECONDS, Reader
from tui.options import NO_VERDICT, NOT_REACHED, PROGRAM, WatchOptions, parse_options
from tui.replay.past_store import store_at
from tui.store.store import Store
from tui.terminal.plain_text import to_ascii
from tui.terminal.standard_output import has_terminal, print_out
from tui.what_if.overrides import judge_again


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    bad_input = NO_VERDICT if "--exit-code" in words else BAD_INPUT
    utf8 = "--no-ascii" in words if {"--ascii", "--no-ascii"} & set(words) else None
    return run_program(PROGRAM, _run, words, bad_input=bad_input, utf8=utf8)


def _run(words: Sequence[str]) -> int:
    options = parse_options(words, on_screen=has_terminal())
    if options.logdir is None:
        from tui.demo import demo_log

        with demo_log() as logdir:
            return _perform(logdir, options)
    _check_directory(options.logdir)
    return _perform(options.logdir, options)


def _perform(logdir: Path, options: WatchOptions) -> int:
    """Find the runs of a directory, and do what is asked for."""
    store = Store(logdir=logdir)
    reader = Reader(
        store,
        options.runs,
        poll_seconds=options.poll or POLL_SECONDS,
        notify=options.poll is None and options.wait_for is None and options.logdir is not None,
    )
    reader.discover()
    _check_runs(options.runs, store)
    if options.export is not None:
        return _export(options.export, store, options)
    if options.wait_for is not None:
        return _wait(options.wait_for, store, reader, options)
    if options.once or not has_terminal():
        return _report(options.run or _newest(store), store, reader, options)
    from tui.launch import show_screen

    show_screen(store, reader, options)
    return 0


def _check_directory(logdir: Path) -> None:
    if not logdir.exists():
        raise InputError("{path} does not exist; give the directory that seqsetvae-train got as --log_dir", path=logdir)
    if not logdir.is_dir():
        raise InputError("{path} is a file; give the directory that holds it", path=logdir)
    if not os.access(logdir, os.R_OK | os.X_OK):
        raise InputError("{path} cannot be read; ask its owner for permission to read and enter it", path=logdir)


def _check_runs(wanted: Sequence[str], store: Store) -> None:
    known = [run.name for run in store.runs()]
    missing = [name for name in wanted if name not in known]
    if missing:
        raise InputError(
            "there is no run {names} in {logdir}; see seqsetvae-watch --once",
            names=", ".join(map(repr, missing)),
            logdir=store.logdir,
        )


def _newest(store: Store) -> str | None:
    runs = store.runs()
    return runs[0].name if runs else None


def _report(name: str | None, store: Store, reader: Reader, options: WatchOptions) -> int:
    """Print what is known of a run, now or as of a step."""
    from tui.report import print_report

    what_if, moment = None, None
    info = store.run(name) if name is not None else None
    if name is not None and options.at is not None:
        store, moment = store_at(store, name, options.at)
    elif name is not None:
        reader.read_all(name)
        if options.overrides and info is not None:
            config = info.manifest.config if info.manifest is not None else {}
            what_if = judge_again(info.log, config, options.overrides)
    print_out(
        lambda: print_report(
            store,
            name,
            pattern=options.pattern,
            as_json=options.json,
            what_if=what_if,
            ascii_only=options.ascii,
            clock=time.time if moment is None else lambda: moment,
        )
    )
    if not options.exit_code:
        return 0
    return NO_VERDICT if name is None else _level(store, name).severity


def _level(store: Store, name: str) -> Level:
    """A run's level; green where nothing has judged it yet."""
    verdict = verdict_of(store.data(name).events())
    return verdict.level if verdict is not None else Level.GREEN


def _wait(goal: Goal, store: Store, reader: Reader, options: WatchOptions) -> int:
    """Wait for a run, and say how the waiting ended."""
    command = None
    if options.on_alert is not None:
        command = AlertCommand(options.on_alert, store.logdir, complain=_complain)
    on_alert = command.start if command is not None else None
    wait = Wait(store, reader, run=options.run, goal=goal, on_alert=on_alert)
    outcome = wait_on_files(wait, store, seconds=options.poll or WAIT_SECONDS, notify=options.poll is None)
    if command is not None:
        command.finish()
    if options.once:
        _report(outcome.run, store, reader, options)
    else:
        print_out(lambda: print(to_ascii(str(outcome)) if options.ascii else outcome))
    if options.exit_code:
        return outcome.level.severity
    return 0 if outcome.reached else NOT_REACHED


def _complain(sentence: str) -> None:
    print(f"{PROGRAM}: {translated(sentence)}", file=sys.stderr)


def _export(target: Path, store: Store, options: WatchOptions) -> int:
    """Write a run's metrics to a file, or to standard output."""
    name = options.run or _newest(store)
    info = store.run(name) if name is not None else None
    if info is None:
        raise InputError("there is no run in {logdir} yet: nothing to export", logdir=store.logdir)
    try:
        exported = export_run(info.log, target, options.pattern)
    except BrokenPipeError:
        silence()
        return 0
    except OSError as error:
        raise InputError(
            "{path} cannot be written ({reason}); choose another place", path=target, reason=error.strerror
        ) from None
    if target != STDOUT:
        print_out(lambda: print(f"{target}: {exported}"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
