"""Directories in which an example script runs among stand-ins for the programs that it calls."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
#: A limit against hangs alone.
SECONDS = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A working directory, with programs that come before those of the machine.

    Attributes:
        root: The working directory; stand-ins note their calls in its file `calls`.
        environment: What the script sees beside the test's own environment.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def stand_in(self, name: str, body: str) -> None:
        """Put a shell script in the place of a program; it begins with noting how it was called."""
        program = self.root / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/usr/bin/env bash\necho "{name} $*" >> calls\n{body}\n')
        program.chmod(0o755)

    def start(self, script: str, *words: str) -> subprocess.Popen[str]:
        """Start an example with both outputs piped into one."""
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return subprocess.Popen(
            [str(EXAMPLES / script), *words],
            cwd=self.root,
            env={**os.environ, "PATH": path, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script: str, *words: str) -> tuple[int, str]:
        """Run an example to its end; return its exit code and what it said."""
        with self.start(script, *words) as process:
            said, _ = process.communicate(timeout=SECONDS)
            return process.returncode, said

    def calls(self, program: str) -> list[str]:
        """How a stand-in was called, in order: the words after its name."""
        noted = self.root / "calls"
        lines = noted.read_text().splitlines() if noted.exists() else []
        return [line.removeprefix(program).strip() for line in lines if line.split(" ")[0] == program]

    def wait_for(self, name: str) -> None:
        """Return when a stand-in has made a file; fail if it never does."""
        never = threading.Event()
        for _ in range(int(SECONDS / 0.02)):
            if (self.root / name).exists():
                return
            never.wait(0.02)
        raise AssertionError(f"{name} was not made in {SECONDS:.0f} s")
