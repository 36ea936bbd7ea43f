"""Asks the terminal for the colour of its background, before the screen is taken over (OSC 11).

A terminal that answers late would have its answer read as keys, so the question is asked only where a first one, for
the place of the cursor, comes back at once; that answer, should it be late, is one that Textual understands and drops.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
from collections.abc import Callable, Mapping
from typing import Protocol

FIRST_SECONDS, SECOND_SECONDS = 0.04, 0.06
"""How long to wait for the two answers. Together a tenth of a second, which is not noticed."""

_WHERE = b"\x1b[6n"
_BACKGROUND = b"\x1b]11;?\x1b\\"
_PLACE = re.compile(rb"\x1b\[\d+;\d+R")
_COLOUR = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")

_LIGHT_FROM = 0.5
"""Relative brightness from which a background is light."""


class TerminalLine(Protocol):
    """A terminal's line in both directions."""

    def write(self, data: bytes) -> None:
        """Send."""

    def read(self, seconds: float) -> bytes:
        """What comes within so many seconds; nothing when nothing does."""


def shade_of(answer: bytes) -> str | None:
    """`dark` or `light`, from a terminal's answer to OSC 11; None where it holds none."""
    found = _COLOUR.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return "light" if 0.2126 * red + 0.7152 * green + 0.0722 * blue >= _LIGHT_FROM else "dark"


def shade_in(environ: Mapping[str, str]) -> str | None:
    """`dark` or `light`, from `COLORFGBG`, which some terminals set; None where it is not there or odd."""
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    if not background.isdecimal():
        return None
    return "light" if background in ("7", "15") else "dark"


def ask(line: TerminalLine, clock: Callable[[], float] = time.monotonic) -> str | None:
    """Ask a terminal for its background; None where it does not answer at once."""
    line.write(_WHERE)
    if _PLACE.search(_answer(line, clock, FIRST_SECONDS)) is None:
        return None
    line.write(_BACKGROUND + _WHERE)  # the place of the cursor comes last, and ends the wait where no colour comes
    return shade_of(_answer(line, clock, SECOND_SECONDS))


def _answer(line: TerminalLine, clock: Callable[[], float], seconds: float) -> bytes:
    """What comes up to and with the place of the cursor."""
    end, answer = clock() + seconds, b""
    while _PLACE.search(answer) is None and (left := end - clock()) > 0:
        answer += line.read(left)
    return answer


class _Tty:
    def __init__(self, handle: int) -> None:
        self._handle = handle

    def write(self, data: bytes) -> None:
        os.write(self._handle, data)

    def read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._handle], [], [], seconds)
        return os.read(self._handle, 1024) if ready else b""


def ask_terminal(path: str = "/dev/tty") -> str | None:
    """Ask the terminal of this program; None where there is none, or it does not answer.

    The terminal's mode is what it was afterwards, and no part of an answer stays in its input.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        before = termios.tcgetattr(handle)
        quiet = list(before)
        quiet[3] &= ~(termios.ICANON | termios.ECHO)
        termios.tcsetattr(handle, termios.TCSANOW, quiet)
        try:
            return ask(_Tty(handle))
        finally:
            termios.tcsetattr(handle, termios.TCSANOW, before)
    except (OSError, termios.error):
        return None
    finally:
        os.close(handle)
