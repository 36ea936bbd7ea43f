"""The tmux script: what runs in which pane, and how one comes back to it. Trainer and watcher are stand-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.stand_ins import Stage

SCRIPT = "tmux_session.sh"
TMUX = shutil.which("tmux")

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not installed")

# The trainer begins its run when the test lets it; the watcher stays until the session is killed.
TRAIN = """
touch training
until [[ -e begin ]]; do sleep 0.05; done
mkdir -p "elsewhere/first run" && touch "elsewhere/first run/run.json" && echo "epoch 1/2"
exit 3
"""
WATCH = """
touch watching && sleep 600
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Stage]:
    sockets = tmp_path / "sockets"
    sockets.mkdir(mode=0o700)
    stage = Stage(root=tmp_path, environment={"TMUX_TMPDIR": str(sockets), "TMUX": "", "SHELL": "/bin/sh"})
    stage.stand_in("seqsetvae-train", TRAIN)
    stage.stand_in("seqsetvae-watch", WATCH)
    yield stage
    tmux(stage, "kill-server", check=False)


def tmux(desk: Stage, *words: str, check: bool = True) -> str:
    """What tmux says of the run's own server."""
    command = ["tmux", "-L", "seqsetvae-first run", *words]
    done = subprocess.run(
        command, env={**os.environ, **desk.environment}, capture_output=True, text=True, check=check, timeout=240
    )
    return done.stdout


def begin(desk: Stage, *flags: str) -> str:
    """Begin a session of `first run`; return what the script said."""
    code, said = desk.run(SCRIPT, "first run", "--data_dir", "my data", *flags)
    assert code == 0, said
    return said


def test_it_trains_in_one_pane_and_watches_in_the_other_when_there_is_something_to_see(desk: Stage) -> None:
    begin(desk, "--log_dir", "elsewhere")
    desk.wait_for("training")
    assert desk.calls("seqsetvae-train") == ["--run_name first run --data_dir my data --log_dir elsewhere"]
    assert desk.calls("seqsetvae-watch") == []
    (desk.root / "begin").touch()
    desk.wait_for("watching")
    assert desk.calls("seqsetvae-watch") == ["elsewhere first run"]


def test_what_training_said_last_stays_to_be_read(desk: Stage) -> None:
    (desk.root / "begin").touch()
    begin(desk, "--log_dir=elsewhere")
    desk.wait_for("watching")
    assert "epoch 1/2" in tmux(desk, "capture-pane", "-p", "-S", "-9", "-t", "{bottom}")
    assert len(tmux(desk, "list-panes").splitlines()) == 2


def test_a_second_call_finds_the_session_and_begins_nothing(desk: Stage) -> None:
    assert "first run is in tmux; to see it: tmux -L seqsetvae-first run attach" in begin(desk)
    desk.wait_for("training")
    code, _ = desk.run(SCRIPT, "first run")
    assert code == 0
    assert len(desk.calls("seqsetvae-train")) == 1
    assert len(tmux(desk, "list-sessions").splitlines()) == 1


def test_its_tmux_has_what_the_watcher_needs(desk: Stage) -> None:
    begin(desk)
    options = tmux(desk, "show-options", "-g") + tmux(desk, "show-options", "-s") + tmux(desk, "show-options", "-gw")
    for option in ("default-terminal", "mouse on", "allow-passthrough on", "set-clipboard on", "remain-on-exit on"):
        assert option in options


def test_without_a_session_and_without_flags_it_says_what_is_missing(desk: Stage) -> None:
    code, said = desk.run(SCRIPT, "first run")
    assert code == 2
    assert said == "first run has no session; to begin one, give the flags of seqsetvae-train, at least --data_dir\n"


def test_in_a_terminal_it_attaches(desk: Stage) -> None:
    begin(desk)
    desk.stand_in("tmux", f'if [[ $3 == attach ]]; then exit 0; fi; exec {TMUX} "$@"')
    command = f"{Path(__file__).parents[2] / 'examples' / SCRIPT} 'first run'"
    path = f"{desk.root / 'bin'}:{os.environ['PATH']}"
    subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=desk.root,
        env={**os.environ, **desk.environment, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=240,
    )
    assert desk.calls("tmux")[-1] == "-L seqsetvae-first run attach"
