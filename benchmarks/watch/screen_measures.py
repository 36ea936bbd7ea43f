"""What the watcher's screen says, and when: first charts, a whole log, a key's answer, a step's way to the eye."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from benchmarks.watch.terminal import CAPTURE_SECONDS, Program, Terminal

_CURVE = re.compile(r"┤[^│]*[\u2801-\u28ff]")
"""A curve beside the axis of the large chart."""

_STEP = re.compile(r"step ([\d,]+)")

_LINES = re.compile(r"([\d,]+) lines\b")

_ANSWERS = ("· log", "· linear")
"""What `l` makes the border of the chart say, in turn."""


def watch(terminal: Terminal, logdir: Path) -> Program:
    """Start the watcher, without the view of the last time: an axis that is logarithmic already answers no `l`."""
    return terminal.run([sys.executable, "-m", "tui.command", str(logdir), "--fresh"])


def has_chart(screen: str) -> bool:
    """Whether the large chart shows a curve."""
    return _CURVE.search(screen) is not None


def is_whole(screen: str, lines: int) -> bool:
    """Whether the data line shows so many lines, and nothing that is still to be read."""
    found = _LINES.search(screen)
    return found is not None and _number(found[1]) >= lines and "reading the past" not in screen


def step_of(header: str) -> int | None:
    """The step in the header, or None while it shows none."""
    found = _STEP.search(header)
    return _number(found[1]) if found is not None else None


def late(seen: Sequence[tuple[int, float]], written: Sequence[tuple[int, float]]) -> list[float]:
    """Seconds from each step's writing until it, or a later one, was seen.

    Args:
        seen: steps and the moments at which they came on the screen, in order.
        written: steps and the moments of their writing, on the same clock; those before the first seen are passed
            over, since they may have been on the screen already, and so are those after the last.
    """
    if not seen:
        return []
    out = []
    for step, moment in written:
        if seen[0][0] < step <= seen[-1][0]:
            out.append(next(when for shown, when in seen if shown >= step) - moment)
    return out


def follow(program: Program, seconds: float) -> list[tuple[int, float]]:
    """The steps that the header shows, one after another, with the unix second at which each appeared."""
    seen: list[tuple[int, float]] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        step = step_of(program.screen(rows=1))
        if step is not None and (not seen or step != seen[-1][0]):
            seen.append((step, time.time()))
        time.sleep(CAPTURE_SECONDS)
    return seen


def answers(program: Program, *, count: int = 1_000, until_whole: int | None = None) -> list[float]:
    """Seconds from `l` until the chart's border has changed, one press after another, each at another moment.

    Args:
        program: a watcher whose axis is linear.
        count: presses.
        until_whole: end as soon as so many lines are on the screen.
    """
    out: list[float] = []
    for awaited, pause in zip(cycle(_ANSWERS), cycle((0.05, 0.083, 0.061, 0.097, 0.072)), strict=False):
        if len(out) == count or (until_whole is not None and is_whole(program.screen(), until_whole)):
            return out
        start = time.perf_counter()
        program.press("l")
        out.append(program.wait_for(lambda screen, awaited=awaited: awaited in screen) - start)  # type: ignore[misc]
        time.sleep(pause)
    return out


def cpu_share(program: Program, seconds: float) -> float:
    """Share of a core that the program takes over a time, while nobody captures its screen."""
    before, start = program.process.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (program.process.cpu_seconds() - before) / (time.monotonic() - start)


def quit_seconds(program: Program) -> float:
    """Seconds from `q` until the process is gone."""
    start = time.perf_counter()
    with program.process.ending():
        program.press("q")
    return time.perf_counter() - start


def _number(text: str) -> int:
    return int(text.replace(",", ""))
