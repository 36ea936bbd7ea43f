"""A user's program: run without a shell, given a text, and ended after a timeout; its failure is reported.

The trainer runs one at a verdict, the watcher at an alert. Neither relies on it to read its input, to print nothing, or
to end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from seqsetvae.i18n.message import Message

#: Seconds that a command is given.
TIMEOUT = 60.0
#: Characters of its stderr that are kept.
STDERR_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailure:
    """A command that did not do what it was asked to.

    Attributes:
        command: Its words.
        reason: What went wrong, in a few words.
        exit_code: None where it never started or was ended for taking too long.
        stderr: The beginning of what it said.
    """

    command: tuple[str, ...]
    reason: str
    exit_code: int | None = None
    stderr: str = ""


def run_command(
    command: tuple[str, ...],
    text: bytes,
    *,
    timeout: float,
    started: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> CommandFailure | None:
    """Run a command to its end and return its failure, or None.

    Input and errors are files: a program that leaves children behind, or that does not read, cannot hold a pipe open.

    Args:
        command: Its words.
        text: Its input.
        timeout: Seconds after which it is ended, and all that it started.
        started: Called with the process as soon as there is one.
    """
    try:
        return _run_to_end(command, text, timeout=timeout, started=started)
    except (OSError, ValueError) as error:  # no such program, words that none can have, no room for its input
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return CommandFailure(command=command, reason=Message("cannot be run: {reason}", reason=reason))


def end_command(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started; one that has just ended by itself is no matter."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _run_to_end(
    command: tuple[str, ...],
    text: bytes,
    *,
    timeout: float,
    started: Callable[[subprocess.Popen[bytes]], None] | None,
) -> CommandFailure | None:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complained:
        given.write(text)
        given.seek(0)
        # A session of its own: Ctrl-C in the terminal is not for it, and all that it starts can be ended at once.
        process = subprocess.Popen(
            command, stdin=given, stdout=subprocess.DEVNULL, stderr=complained, start_new_session=True
        )
        if started is not None:
            started(process)
        try:
            code: int | None = process.wait(timeout)
            reason = Message("failed with exit code {code}", code=code)
        except subprocess.TimeoutExpired:
            end_command(process)
            process.wait()
            code, reason = None, Message("was ended after {seconds} s", seconds=f"{timeout:g}")
        if code == 0:
            return None
        return CommandFailure(command=command, reason=reason, exit_code=code, stderr=_beginning(complained.fileno()))


def _beginning(descriptor: int) -> str:
    """Return the first characters of a file; a character is four bytes at most."""
    return os.pread(descriptor, 4 * STDERR_CHARACTERS, 0).decode(errors="replace")[:STDERR_CHARACTERS]
