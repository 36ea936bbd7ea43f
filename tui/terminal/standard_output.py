"""Standard output as a terminal, and as a pipe whose reader may have seen enough."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from seqsetvae.commandline.program import silence


def has_terminal() -> bool:
    """Whether the user sees a screen and has keys."""
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def print_out(write: Callable[[], object]) -> None:
    """Let a function print; a reader such as head, which has ended, is no error."""
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
