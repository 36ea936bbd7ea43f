"""A terminal for programs, with eyes and fingers: a tmux server of its own, spoken to over one lasting connection.

A `tmux` process for every capture would use more of two cores than the program that is measured.
"""

from __future__ import annotations

import itertools
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from benchmarks.watch.process import Process

CAPTURE_SECONDS = 0.004
"""Time between captures of the screen; measured times are at most this much too long."""

_NUMBERS = itertools.count()

_LEFT_OUT = ("TMUX", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "NO_COLOR")
"""Variables that make a program start slower, or show other colours, than its user has it."""


class Terminal:
    """A tmux server with windows of one size.

    Args:
        columns: width in cells.
        rows: height in cells.
    """

    def __init__(self, columns: int = 160, rows: int = 45) -> None:
        self.columns, self.rows = columns, rows
        environment = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        environment |= {"COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        name = f"seqsetvae-watch-{os.getpid()}-{next(_NUMBERS)}"
        self._tmux = subprocess.Popen(
            ["tmux", "-L", name, "-f", "/dev/null", "-u", "-C", "new-session", "cat"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._answer()
        self.command("set-option", "-g", "default-terminal", "tmux-256color")
        self.command("refresh-client", "-C", f"{columns}x{rows}", "-f", "no-output")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def command(self, *words: str) -> list[str]:
        """Give tmux a command; the lines of its answer.

        Raises:
            RuntimeError: when tmux refuses; the message is its own.
        """
        if self._tmux.stdin is None or self._tmux.poll() is not None:
            raise RuntimeError(
                f"tmux has ended with status {self._tmux.returncode}; its command was {shlex.join(words)}"
            )
        self._tmux.stdin.write(shlex.join(words) + "\n")
        self._tmux.stdin.flush()
        return self._answer()

    def run(self, command: Sequence[str]) -> Program:
        """Start a program in a window of its own."""
        start = time.perf_counter()
        (line,) = self.command("new-window", "-P", "-F", "#{pane_id} #{pane_pid}", "--", *command)
        pane, _, pid = line.partition(" ")
        return Program(self, pane, int(pid), start)

    def close(self) -> None:
        """End the server and what runs in it."""
        self._tmux.communicate("kill-server\n")

    def _answer(self) -> list[str]:
        """The next answer; what tmux says of itself in between is passed over."""
        mark: str | None = None
        lines: list[str] = []
        for line in self._tmux.stdout or ():
            line = line.rstrip("\n")
            kind, _, rest = line.partition(" ")
            if mark is None:
                mark = rest if kind == "%begin" else None
            elif rest == mark and kind == "%end":
                return lines
            elif rest == mark and kind == "%error":
                raise RuntimeError("tmux: " + " ".join(lines))
            else:
                lines.append(line)
        raise RuntimeError(f"tmux has ended with status {self._tmux.wait()}; is it installed, 3.2 or newer?")


class Program:
    """A program in its window; `started` is the moment of its start on the clock of `time.perf_counter`."""

    def __init__(self, terminal: Terminal, pane: str, pid: int, started: float) -> None:
        self._terminal = terminal
        self._pane = pane
        self.process = Process(pid)
        self.started = started

    def screen(self, rows: int | None = None) -> str:
        """What is on the screen, or on its first rows."""
        last = self._terminal.rows if rows is None else rows
        return "\n".join(self._terminal.command("capture-pane", "-p", "-t", self._pane, "-S", "0", "-E", str(last - 1)))

    def press(self, key: str) -> None:
        """Type a key, by tmux's name for it."""
        self._terminal.command("send-keys", "-t", self._pane, key)

    def wait_for(self, seen: Callable[[str], bool], *, rows: int | None = None, timeout: float = 60.0) -> float:
        """Capture until the screen, or its first rows, is as awaited; the moment, as `time.perf_counter` gives it.

        Raises:
            TimeoutError: when it never is; the message ends with the screen.
        """
        end = time.perf_counter() + timeout
        while True:
            screen = self.screen(rows)
            now = time.perf_counter()
            if seen(screen):
                return now
            if now > end:
                raise TimeoutError(f"the screen is not as awaited after {timeout:.0f} s:\n{screen}")
            time.sleep(CAPTURE_SECONDS)
