"""The user's commands on a verdict: run beside training, without a shell, and with a time limit."""

from __future__ import annotations

import queue
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl

from seqsetvae.commandline.user_command import TIMEOUT, CommandFailure, end_command, run_command
from seqsetvae.training.callbacks.run_log import log_trouble

#: Seconds that a command may still take once training was interrupted: a scheduler's grace period is short.
GRACE = 5.0


class VerdictCommands(pl.Callback):
    """Runs commands, each in a thread of its own, and reports those that failed.

    Place it after `CheckpointSaver`: at the end of training it waits for commands, and checkpoints must not.

    Args:
        timeout: Seconds after which a command and its children are ended.
        grace: Seconds that commands still have once training was interrupted.
    """

    def __init__(self, *, timeout: float = TIMEOUT, grace: float = GRACE) -> None:
        self._timeout = timeout
        self._grace = grace
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
        """Wait for all commands; those that still run after `within` seconds are ended."""
        deadline = None if within is None else time.monotonic() + within
        with self._lock:
            running = list(self._running)
        for thread in running:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._over = True  # for a command that is just being started
            late = dict(self._running)
            for process in late.values():
                if process is not None:
                    end_command(process)
        for thread in late:
            thread.join()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report failures."""
        self._report_failures(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Wait for commands, and report failures."""
        self.finish()
        self._report_failures(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Wait for commands, only briefly after an interruption, and report failures."""
        self.finish(within=self._grace if isinstance(exception, KeyboardInterrupt | SystemExit) else None)
        self._report_failures(trainer)

    def _report_failures(self, trainer: pl.Trainer) -> None:
        while not self._failures.empty():
            failure = self._failures.get()
            complaint = f": {failure.stderr.strip()}" if failure.stderr.strip() else ""
            message = f"command {shlex.join(failure.command)} of --on_collapse {failure.reason}{complaint}"
            data = {"command": list(failure.command), "exit_code": failure.exit_code, "stderr": failure.stderr}
            log_trouble(trainer, "command", message, data)

    def _run(self, command: tuple[str, ...], text: str) -> None:
        me = threading.current_thread()

        def started(process: subprocess.Popen[bytes]) -> None:
            with self._lock:
                self._running[me] = process
                if self._over:
                    end_command(process)

        failure = run_command(command, text.encode(), timeout=self._timeout, started=started)
        if failure is not None:
            self._failures.put(failure)
        with self._lock:
            del self._running[me]
