"""The options of the command that lead into the past of a run, and the demo."""

from __future__ import annotations

import argparse
import shlex

from seqsetvae.errors import InputError
from seqsetvae.logs.log_discovery import ForeignLog
from tui.replay.playback import SPEEDS, Opening, info_at
from tui.replay.tape import Tape
from tui.store import RunInfo, Store

_FITTING = 0.0
"""Stands for the speed that suits the run."""

_SLOWEST, _FASTEST = SPEEDS[0], SPEEDS[-1]


def add_replay_options(group: argparse._ArgumentGroup) -> None:
    """Declare the options."""
    group.add_argument(
        "--replay",
        nargs="?",
        type=_speed,
        const=_FITTING,
        metavar="SPEED",
        help=f"play the run from its first record, x{_SLOWEST} to x{_FASTEST}; by default as fast as takes a minute",
    )
    group.add_argument(
        "--at", type=_step, metavar="STEP", help="open paused at this step; with --once, report as of this step"
    )
    group.add_argument("--demo", action="store_true", help="play a made-up run that goes from green to red; no LOGDIR")


def check_replay_options(options: argparse.Namespace, *, on_screen: bool) -> None:
    """Refuse what does not go together.

    Args:
        options: what was asked for.
        on_screen: whether there is a terminal to play on.

    Raises:
        InputError: names the options and the way out.
    """
    for_scripts = [
        flag
        for flag, given in (
            ("--wait-for", options.wait_for is not None),
            ("--export", options.export is not None),
            ("--on-alert", options.on_alert is not None),
        )
        if given
    ]
    asked = {"demo": options.demo, "replay": options.replay is not None, "at": options.at is not None}
    past = next((flag for flag, given in asked.items() if given), None)
    if options.demo and options.logdir is not None:
        raise InputError("--demo plays a run of its own: leave out LOGDIR, or leave out --demo")
    if past is not None and for_scripts:
        raise InputError(f"--{past} is about the past: leave out {for_scripts[0]}, which waits or writes a file")
    if past in ("demo", "replay") and options.once:
        raise InputError(f"--{past} plays on the screen: leave out --once, or report one step with --at STEP")
    if past in ("demo", "replay") and not on_screen:
        raise InputError(f"--{past} needs a terminal; print the report of one step with --once --at STEP")
    if options.at is not None and options.thresholds is not None and (options.once or not on_screen):
        raise InputError("--thresholds asks the whole log again: leave out --at to report that")


def check_replayable(info: RunInfo | None) -> None:
    """Refuse a run that has no past to go back to.

    Raises:
        InputError: names the way out.
    """
    if info is not None and info.foreign is not None:
        raise InputError(without_replay(info.name, info.foreign))


def without_replay(run: str, log: ForeignLog) -> str:
    """Why another tool's log is not replayed, and what to do instead, in one sentence."""
    return (
        f"{run} is a log of {log.format.tool}, of which only the present is shown: "
        f"seqsetvae-import {shlex.quote(str(log.path))} LOGDIR makes it a run that can be replayed"
    )


def opening_of(options: argparse.Namespace) -> Opening | None:
    """How the screen begins in the past, or None when it begins in the present."""
    if options.replay is None and options.at is None and not options.demo:
        return None
    return Opening(speed=options.replay or None, playing=options.at is None, step=options.at)


def store_at(store: Store, name: str, step: int) -> tuple[Store, float]:
    """What a report of a run shows as of a step: a store, and the moment in unix seconds.

    Raises:
        InputError: the run has no records.
    """
    info = store.run(name)
    check_replayable(info)
    tape = Tape(info.path) if info is not None else None
    while tape is not None and tape.extend():
        pass
    if tape is None or tape.empty:
        raise InputError(f"{name} has no records yet: leave out --at")
    frame = tape.frame(tape.timeline.at_step(step))
    if frame is None:
        raise InputError(f"{name} could not be read up to step {step}; try again")
    past = Store(logdir=store.logdir, watching=store.watching)
    past.set_runs([info_at(frame, run) or run if run.name == name else run for run in store.runs()])
    past.put(name, frame.data)
    return past, frame.moment.t


def _speed(text: str) -> float:
    try:
        speed = float(text.removeprefix("x").removeprefix("×"))
    except ValueError:
        speed = float("nan")
    if not _SLOWEST <= speed <= _FASTEST:
        raise argparse.ArgumentTypeError(
            f"a speed from {_SLOWEST} to {_FASTEST}, not {text!r}; put LOGDIR before the option"
        )
    return speed


def _step(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a step, a whole number from 0 on, not {text!r}")
    return int(text)
