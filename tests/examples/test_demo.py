"""The demo's script: what it calls, in which order, and with which exit code it ends. The programs are stand-ins."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

# Each stand-in notes how it was called. The trainer makes its run's manifest, waits for the watcher to be closed where
# there is one, and ends with the code that the test has chosen.
PREPARE = """
mkdir -p "$2" && touch "$2/oc.csv"
"""
TRAIN = """
while [ "$1" != --run_name ]; do shift; done
mkdir -p "demo/logs/$2" && touch "demo/logs/$2/run.json"
if [ -e terminal ]; then until [ -e watched ]; do sleep 0.01; done; fi
exit "$(cat code)"
"""
WATCH = """
[ -e "$1/$2/run.json" ] && touch watched
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A directory with the demo's script and stand-ins for the programs it calls."""

    root: Path

    def run(self, *, training_ends_with: int = 0, terminal: bool = False) -> int:
        """Run the script and return its exit code."""
        (self.root / "code").write_text(str(training_ends_with))
        (self.root / "watched").unlink(missing_ok=True)
        environment = {**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "TERM": "xterm"}
        command = [str(self.root / "examples" / "demo.sh")]
        if not terminal:
            none = subprocess.DEVNULL
            return subprocess.call(command, env=environment, stdin=none, stdout=none, stderr=none)
        (self.root / "terminal").touch()
        controller, screen = pty.openpty()
        try:
            # What little is written fits the terminal's buffer: nobody has to read it.
            return subprocess.call(command, env=environment, stdin=screen, stdout=screen, stderr=screen)
        finally:
            os.close(controller)
            os.close(screen)

    def calls(self) -> list[str]:
        """The programs that were called, in order, with their first argument or two."""
        return (self.root / "calls").read_text().splitlines()


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    (tmp_path / "examples").mkdir()
    shutil.copy(EXAMPLES / "demo.sh", tmp_path / "examples")
    (tmp_path / "bin").mkdir()
    for name, body in (("prepare", PREPARE), ("train", TRAIN), ("watch", WATCH)):
        program = tmp_path / "bin" / f"seqsetvae-{name}"
        program.write_text(f'#!/bin/sh\necho "{name} $1" >> calls\n{body}')
        program.chmod(0o755)
    return Demo(root=tmp_path)


def test_without_a_terminal_it_trains_and_then_reports(demo: Demo) -> None:
    assert demo.run() == 0
    assert demo.calls() == ["prepare synthetic", "train --config", "watch demo/logs"]


def test_the_cohort_is_prepared_once(demo: Demo) -> None:
    demo.run()
    demo.run()
    assert [call for call in demo.calls() if call.startswith("prepare")] == ["prepare synthetic"]


def test_a_training_that_fails_fails_the_demo(demo: Demo) -> None:
    assert demo.run(training_ends_with=2) == 2
    assert demo.calls() == ["prepare synthetic", "train --config"]


@pytest.mark.parametrize("code", [0, 1])
def test_in_a_terminal_the_watcher_runs_beside_the_training(demo: Demo, code: int) -> None:
    # The stand-in trainer ends only after the watcher was opened on its run.
    assert demo.run(training_ends_with=code, terminal=True) == code
    assert (demo.root / "watched").exists()
