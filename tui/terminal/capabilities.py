"""What the terminal can show: which characters, and how many colours."""

from __future__ import annotations

import termios
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, kw_only=True, slots=True)
class Terminal:
    """What a terminal can show.

    Attributes:
        ascii: it knows ASCII alone.
        sixteen: it has the sixteen named colours and no others.
    """

    ascii: bool = False
    sixteen: bool = False

    @property
    def heat_ramp(self) -> str:
        """Signs from dead to alive where shades of colour cannot say it; empty where they can."""
        if self.ascii:
            return " .:-=+*#%@"
        return " ░▒▓█" if self.sixteen else ""


FULL = Terminal()
"""One that can show everything."""


def has_sixteen_colours(environ: Mapping[str, str]) -> bool:
    """Whether the screen will be drawn in the sixteen named colours: Textual goes by what rich finds."""
    console = Console(force_terminal=True, color_system="auto", _environ=environ)
    return console.color_system == "standard"


USUAL_LINES, USUAL_COLUMNS = 24, 80


def settle_size(terminal: int) -> None:
    """Give a terminal that reports no size, such as a container's before its first resize, the usual one.

    Textual and rich each assume another then, and the screen would be arranged for the one and the other in turn.

    Args:
        terminal: its file descriptor.
    """
    lines, columns = termios.tcgetwinsize(terminal)
    if not lines or not columns:
        termios.tcsetwinsize(terminal, (lines or USUAL_LINES, columns or USUAL_COLUMNS))
