"""What the terminal can show, by its environment: which characters, how many colours, light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

_INITIAL = Path("/proc/self/environ")

_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to when it is started in the C locale, whatever the terminal knows."""


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


def knows_ascii_alone(environ: Mapping[str, str]) -> bool:
    """Whether the locale, or the kind of terminal, has no characters but ASCII.

    A locale that is not named at all says nothing of the terminal, as in many containers: it is taken to know UTF-8,
    as nearly all do. The console of Linux has UTF-8 but a font without braille.
    """
    if environ.get("TERM") == "linux":
        return True
    named = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    return bool(named) and "utf" not in named.lower()


def started_with(environ: Mapping[str, str], initial: Path = _INITIAL) -> dict[str, str]:
    """The environment as it was when the program was started.

    Python writes ``LC_CTYPE`` into its own environment when it begins in the C locale; ``initial`` tells, where the
    system has it, whether the user did.
    """
    out = dict(environ)
    if out.get("LC_CTYPE") in _COERCED:
        try:
            block = initial.read_bytes()
        except OSError:
            return out
        if not any(entry.startswith(b"LC_CTYPE=") for entry in block.split(b"\0")):
            del out["LC_CTYPE"]
    return out


def has_sixteen_colours(environ: Mapping[str, str]) -> bool:
    """Whether the screen will be drawn in the sixteen named colours: Textual goes by what rich finds."""
    console = Console(force_terminal=True, color_system="auto", _environ=environ)
    return console.color_system == "standard"
