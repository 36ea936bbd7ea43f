"""What `seqsetvae-watch` is asked to do: its options, parsed, checked and converted once."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqsetvae import __version__
from seqsetvae.commandline.program import BAD_INPUT
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import tr
from seqsetvae.i18n.message import Message
from seqsetvae.i18n.user_locale import knows_ascii_alone, started_with
from tui.alerts.alert_command import command_words
from tui.alerts.wait_for import Goal
from tui.replay.playback import SPEEDS, Opening
from tui.terminal.theme_names import THEMES
from tui.what_if.overrides import NO_OVERRIDES, read_thresholds

PROGRAM = "seqsetvae-watch"

NO_VERDICT = 4
"""Exit code of what cannot be done, or judged, with `--exit-code`: 0 to 3 are levels there."""

NOT_REACHED = 1
"""Exit code of `--wait-for` when a run has ended otherwise."""

_FITTING = 0.0
"""Stands for the speed that suits the run."""

_SLOWEST, _FASTEST = SPEEDS[0], SPEEDS[-1]
_MIN_POLL, _MAX_POLL = 0.01, 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchOptions:
    """The options of the watcher; what does not go together is refused before.

    Attributes:
        logdir: Directory that holds runs, or one run's; None for a demo, which has one of its own.
        runs: Names of the runs to show; all when empty.
        poll: Seconds between looks at the files, without file notifications; None for notifications.
        pattern: The filter on metrics.
        theme: `auto`, `dark` or `light`.
        overrides: Settings of the detector to put over the run's own.
        ascii: Draw with ASCII alone.
        fresh: Begin without the view that was kept.
        opening: How the screen begins in the past; None for the present.
        at: The step to open at, or to report.
        once: Print one report.
        json: Print it for programs.
        exit_code: Exit with the level.
        wait_for: What to wait for, without a screen.
        on_alert: The words of a command to run at an alert.
        export: The file to write metrics to.
    """

    logdir: Path | None
    runs: tuple[str, ...]
    poll: float | None
    pattern: str
    theme: str
    overrides: Mapping[str, Any]
    ascii: bool
    fresh: bool
    opening: Opening | None
    at: int | None
    once: bool
    json: bool
    exit_code: bool
    wait_for: Goal | None
    on_alert: tuple[str, ...] | None
    export: Path | None

    @property
    def run(self) -> str | None:
        """The run to open on, where one is named."""
        return self.runs[0] if self.runs else None


def parse_options(words: Sequence[str], *, on_screen: bool) -> WatchOptions:
    """Return what the words ask for.

    Args:
        words: Those behind the program's name.
        on_screen: Whether there is a terminal to draw on.

    Raises:
        InputError: names the option, its value and the way out.
    """
    asked = make_parser().parse_intermixed_args(words)  # a RUN may follow an option
    _check_past(asked, on_screen=on_screen)
    _check_combination(asked)
    return WatchOptions(
        logdir=asked.logdir,
        runs=tuple(asked.runs),
        poll=asked.poll,
        pattern=asked.metrics,
        theme=asked.theme,
        overrides=NO_OVERRIDES if asked.thresholds is None else read_thresholds(asked.thresholds),
        ascii=knows_ascii_alone(started_with(os.environ)) if asked.ascii is None else asked.ascii,
        fresh=asked.fresh,
        opening=_opening(asked),
        at=asked.at,
        once=asked.once,
        json=asked.json,
        exit_code=asked.exit_code,
        wait_for=None if asked.wait_for is None else Goal(asked.wait_for),
        on_alert=None if asked.on_alert is None else command_words(asked.on_alert),
        export=asked.export,
    )


def make_parser() -> ProgramParser:
    """Return the parser of `seqsetvae-watch`."""
    out = ProgramParser(
        prog=PROGRAM,
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
    out.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    _add_past_options(out.add_argument_group("the past of a run"))
    _add_script_options(out.add_argument_group("for scripts, and getting data out"))
    return out


def _add_past_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--replay",
        nargs="?",
        type=_speed,
        const=_FITTING,
        metavar="SPEED",
        help=Message(
            "play the run from its first record, x{slowest} to x{fastest}; by default as fast as takes a minute",
            slowest=_SLOWEST,
            fastest=_FASTEST,
        ),
    )
    group.add_argument(
        "--at", type=_step, metavar="STEP", help="open paused at this step; with --once, report as of this step"
    )
    group.add_argument("--demo", action="store_true", help="play a made-up run that goes from green to red; no LOGDIR")


def _add_script_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--once", action="store_true", help="print one report of the newest run and exit")
    group.add_argument("--json", action="store_true", help="with --once: print the report for programs")
    group.add_argument(
        "--exit-code",
        action="store_true",
        help=Message(
            "with --once or --wait-for: exit with the level, 0 green, 1 yellow, 2 orange, 3 red; {none} when there is "
            "none, where bad input is {bad} otherwise",
            none=NO_VERDICT,
            bad=BAD_INPUT,
        ),
    )
    group.add_argument(
        "--wait-for",
        choices=[goal.value for goal in Goal],
        help=Message(
            "wait until the run is red, or has finished, and say so; a run that ended otherwise ends the wait "
            "with status {status}",
            status=NOT_REACHED,
        ),
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


def _check_past(asked: argparse.Namespace, *, on_screen: bool) -> None:
    """Refuse what does not go together with the past of a run, or with the demo.

    Raises:
        InputError: names the options and the way out.
    """
    for_scripts = [
        flag
        for flag, value in (("--wait-for", asked.wait_for), ("--export", asked.export), ("--on-alert", asked.on_alert))
        if value is not None
    ]
    wanted = {"demo": asked.demo, "replay": asked.replay is not None, "at": asked.at is not None}
    past = next((flag for flag, given in wanted.items() if given), None)
    if asked.demo and asked.logdir is not None:
        raise InputError("--demo plays a run of its own: leave out LOGDIR, or leave out --demo")
    if past is not None and for_scripts:
        raise InputError(
            "--{flag} is about the past: leave out {other}, which waits or writes a file",
            flag=past,
            other=for_scripts[0],
        )
    if past in ("demo", "replay") and asked.once:
        raise InputError("--{flag} plays on the screen: leave out --once, or report one step with --at STEP", flag=past)
    if past in ("demo", "replay") and not on_screen:
        raise InputError("--{flag} needs a terminal; print the report of one step with --once --at STEP", flag=past)
    if asked.at is not None and asked.thresholds is not None and (asked.once or not on_screen):
        raise InputError("--thresholds asks the whole log again: leave out --at to report that")


def _check_combination(asked: argparse.Namespace) -> None:
    """Refuse a value that is out of range, and options for scripts that do not go together.

    Raises:
        InputError: names the options and the way out.
    """
    if asked.logdir is None and not asked.demo:
        raise InputError("give LOGDIR, the directory that seqsetvae-train got as --log_dir, or --demo")
    if asked.poll is not None and not _MIN_POLL <= asked.poll <= _MAX_POLL:
        raise InputError(
            "--poll must lie between {low} and {high:.0f} seconds, not {value:g}",
            low=_MIN_POLL,
            high=_MAX_POLL,
            value=asked.poll,
        )
    if asked.json and not asked.once:
        raise InputError("--json prints a report for programs: use it with --once")
    if asked.exit_code and not (asked.once or asked.wait_for):
        raise InputError("--exit-code is for scripts: use it with --once or --wait-for")
    if asked.on_alert is not None and (asked.export is not None or (asked.once and not asked.wait_for)):
        raise InputError("--on-alert needs somebody who watches: use it on the screen or with --wait-for")
    if asked.export is not None and (asked.once or asked.wait_for):
        raise InputError("--export writes a file and exits: leave out --once and --wait-for")
    if (asked.export is not None or asked.wait_for) and len(asked.runs) > 1:
        raise InputError("name one run for {flag}", flag="--export" if asked.export is not None else "--wait-for")


def _opening(asked: argparse.Namespace) -> Opening | None:
    if asked.replay is None and asked.at is None and not asked.demo:
        return None
    return Opening(speed=asked.replay or None, playing=asked.at is None, step=asked.at)


def _speed(text: str) -> float:
    try:
        speed = float(text.removeprefix("x").removeprefix("×"))
    except ValueError:
        speed = float("nan")
    if not _SLOWEST <= speed <= _FASTEST:
        raise argparse.ArgumentTypeError(
            tr(
                "a speed from {slowest} to {fastest}, not {value!r}; put LOGDIR before the option",
                slowest=_SLOWEST,
                fastest=_FASTEST,
                value=text,
            )
        )
    return speed


def _step(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(tr("a step, a whole number from 0 on, not {value!r}", value=text))
    return int(text)
