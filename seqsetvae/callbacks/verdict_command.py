"""A program of the user's that is told of a verdict: run beside training, without a shell, and never trusted to end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass

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


class VerdictCommands:
    """Runs commands, each in a thread of its own, and collects those that failed.

    Args:
        timeout: Seconds after which a command is ended, and all that it started.
    """

    def __init__(self, *, timeout: float = TIMEOUT) -> None:
        self._timeout = timeout
        self._threads: list[threading.Thread] = []
        self._failures: queue.SimpleQueue[CommandFailure] = queue.SimpleQueue()

    def start(self, command: Sequence[str], text: str) -> None:
        """Run a command with `text` as its input; returns at once."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=self._run, args=(tuple(command), text), name="verdict-command", daemon=False)
        self._threads.append(thread)
        thread.start()

    def finish(self) -> None:
        """Return when all commands have ended."""
        for thread in self._threads:
            thread.join()
        self._threads = []

    def take_failures(self) -> list[CommandFailure]:
        """Return what has failed since this was last asked."""
        found: list[CommandFailure] = []
        while not self._failures.empty():
            found.append(self._failures.get())
        return found

    def _run(self, command: tuple[str, ...], text: str) -> None:
        failure = run_command(command, text, timeout=self._timeout)
        if failure is not None:
            self._failures.put(failure)


def run_command(command: tuple[str, ...], text: str, *, timeout: float) -> CommandFailure | None:
    """Run a command to its end and return its failure, or None.

    Input and output are files: a program that leaves children behind, or that does not read, cannot hold a pipe open.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        given.write(text.encode())
        given.seek(0)
        try:
            # A session of its own: Ctrl-C in the terminal is for training, and all that it starts can be ended at once.
            process = subprocess.Popen(command, stdin=given, stdout=said, stderr=complained, start_new_session=True)
        except OSError as error:
            return CommandFailure(command=command, reason=f"cannot be run: {error.strerror or error}")
        except ValueError as error:
            return CommandFailure(command=command, reason=f"cannot be run: {error}")
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return CommandFailure(
                command=command, reason=f"was ended after {timeout:g} s", stderr=_beginning(complained.fileno())
            )
        if code == 0:
            return None
        return CommandFailure(
            command=command, reason=f"exit code {code}", exit_code=code, stderr=_beginning(complained.fileno())
        )


def _beginning(descriptor: int) -> str:
    """Return the first characters of a file; a character is four bytes at most."""
    return os.pread(descriptor, 4 * STDERR_CHARACTERS, 0).decode(errors="replace")[:STDERR_CHARACTERS]
