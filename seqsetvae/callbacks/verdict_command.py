"""A program of the user's that is told of a verdict: run beside training, without a shell, and never trusted to end."""

from __future__ import annotations

import contextlib
import os
import queue
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl

from seqsetvae.callbacks.telling import tell_trouble

#: Seconds that a command is given, and that it is left once training was interrupted: a scheduler's grace is short.
TIMEOUT, HURRIED = 60.0, 5.0
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


class VerdictCommands(pl.Callback):
    """Runs commands, each in a thread of its own, and tells which of them failed.

    Place it behind `CheckpointKeeper`: at the end of training it waits for commands, and checkpoints must not.

    Args:
        timeout: Seconds after which a command is ended, and all that it started.
        hurried: Seconds that commands still have once training was interrupted.
    """

    def __init__(self, *, timeout: float = TIMEOUT, hurried: float = HURRIED) -> None:
        self._timeout = timeout
        self._hurried = hurried
        self._running: dict[threading.Thread, subprocess.Popen[bytes] | None] = {}
        self._over = False
        self._lock = threading.Lock()
        self._failures: queue.SimpleQueue[CommandFailure] = queue.SimpleQueue()

    def start(self, command: Sequence[str], text: str) -> None:
        """Run a command with `text` as its input; returns at once."""
        thread = threading.Thread(target=self._run, args=(tuple(command), text), name="verdict-command", daemon=False)
        with self._lock:
            self._over = False
            self._running[thread] = None
        thread.start()

    def finish(self, *, within: float | None = None) -> None:
        """Return when all commands have ended; what still runs after `within` seconds is ended."""
        deadline = None if within is None else time.monotonic() + within
        with self._lock:
            running = list(self._running)
        for thread in running:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._over = True  # for one that is only just being started
            late = dict(self._running)
            for process in late.values():
                if process is not None:
                    _end(process)
        for thread in late:
            thread.join()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Tell of failures."""
        self._tell_failures(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Wait for commands, and tell of failures."""
        self.finish()
        self._tell_failures(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Wait for commands, not for long where somebody wants the program to end, and tell of failures."""
        self.finish(within=self._hurried if isinstance(exception, KeyboardInterrupt | SystemExit) else None)
        self._tell_failures(trainer)

    def _tell_failures(self, trainer: pl.Trainer) -> None:
        while not self._failures.empty():
            failure = self._failures.get()
            complaint = f": {failure.stderr.strip()}" if failure.stderr.strip() else ""
            message = f"command {shlex.join(failure.command)} of --on_collapse {failure.reason}{complaint}"
            data = {"command": list(failure.command), "exit_code": failure.exit_code, "stderr": failure.stderr}
            tell_trouble(trainer, "command", message, data)

    def _run(self, command: tuple[str, ...], text: str) -> None:
        me = threading.current_thread()

        def started(process: subprocess.Popen[bytes]) -> None:
            with self._lock:
                self._running[me] = process
                if self._over:
                    _end(process)

        failure = run_command(command, text, timeout=self._timeout, started=started)
        if failure is not None:
            self._failures.put(failure)
        with self._lock:
            del self._running[me]


def run_command(
    command: tuple[str, ...],
    text: str,
    *,
    timeout: float,
    started: Callable[[subprocess.Popen[bytes]], None] | None = None,
) -> CommandFailure | None:
    """Run a command to its end and return its failure, or None.

    Input and output are files: a program that leaves children behind, or that does not read, cannot hold a pipe open.

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
        return CommandFailure(command=command, reason=f"cannot be run: {reason}")


def _run_to_end(
    command: tuple[str, ...],
    text: str,
    *,
    timeout: float,
    started: Callable[[subprocess.Popen[bytes]], None] | None,
) -> CommandFailure | None:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        given.write(text.encode())
        given.seek(0)
        # A session of its own: Ctrl-C in the terminal is for training, and all that it starts can be ended at once.
        process = subprocess.Popen(command, stdin=given, stdout=said, stderr=complained, start_new_session=True)
        if started is not None:
            started(process)
        try:
            code: int | None = process.wait(timeout)
            reason = f"exit code {code}"
        except subprocess.TimeoutExpired:
            _end(process)
            process.wait()
            code, reason = None, f"was ended after {timeout:g} s"
        if code == 0:
            return None
        return CommandFailure(command=command, reason=reason, exit_code=code, stderr=_beginning(complained.fileno()))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started; one that has just ended by itself is no matter."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _beginning(descriptor: int) -> str:
    """Return the first characters of a file; a character is four bytes at most."""
    return os.pread(descriptor, 4 * STDERR_CHARACTERS, 0).decode(errors="replace")[:STDERR_CHARACTERS]
