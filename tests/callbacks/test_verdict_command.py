"""Commands that are told of verdicts: what reaches them, and what is said of those that fail."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from seqsetvae.callbacks.interruption import TrainingInterrupted
from seqsetvae.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.callbacks.verdict_command import STDERR_CHARACTERS, VerdictCommands, run_command
from seqsetvae.stream.records import EventRecord, Level
from tests.callbacks.stand_ins import StandInModule, StandInTrainer, events


def python(program: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", program, *map(str, arguments))


def test_the_text_is_its_input_and_words_are_its_arguments_as_they_are(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2] + sys.stdin.read())"
    assert run_command(python(program, heard, "$HOME; *"), '{"level": "röd"}', timeout=60.0) is None
    assert heard.read_text() == '$HOME; *{"level": "röd"}'


def test_an_exit_code_is_told_with_what_was_said() -> None:
    failure = run_command(python("import sys; sys.exit('no such room')"), "", timeout=60.0)
    assert failure is not None
    assert (failure.reason, failure.exit_code, failure.stderr) == ("exit code 1", 1, "no such room\n")


def test_only_the_beginning_of_what_was_said_is_kept() -> None:
    failure = run_command(python("import sys; sys.exit('é' * 100_000)"), "", timeout=60.0)
    assert failure is not None
    assert failure.stderr == "é" * STDERR_CHARACTERS


def test_a_command_that_does_not_exist_is_told() -> None:
    failure = run_command(("/no/such/program",), "", timeout=60.0)
    assert failure is not None
    assert (failure.reason, failure.exit_code) == ("cannot be run: No such file or directory", None)


def test_words_that_no_program_can_have_are_told() -> None:
    failure = run_command(("a\0b",), "", timeout=60.0)
    assert failure is not None
    assert failure.reason == "cannot be run: embedded null byte"


def test_a_disk_that_has_no_room_for_its_input_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    failure = run_command(("true",), "", timeout=60.0)
    assert failure is not None
    assert failure.reason == "cannot be run: No space left on device"


def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = ("sh", "-c", 'sleep 600 & echo $! > "$1"; echo soon >&2; wait', "sh", str(note))
    failure = run_command(command, "", timeout=1.0)
    assert failure is not None
    assert (failure.reason, failure.exit_code, failure.stderr) == ("was ended after 1 s", None, "soon\n")
    assert not alive(int(note.read_text()))


def alive(pid: int) -> bool:
    """Return whether a process runs; one that was killed may wait to be reaped by whoever adopted it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state not in ("Z", "X")


def test_a_child_left_behind_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = ("sh", "-c", 'sleep 600 & echo $! > "$1"', "sh", str(note))
    try:
        assert run_command(command, "", timeout=60.0) is None
    finally:
        os.kill(int(note.read_text()), signal.SIGKILL)


class Scene:
    """Commands beside a training that is moved by hand."""

    def __init__(self, root: Path, **options: float) -> None:
        self.commands = VerdictCommands(**options)
        self.logger = JsonlLogger(root / "logs", "run")
        self.trainer = StandInTrainer(loggers=[self.logger])

    def end(self) -> None:
        self.commands.on_train_end(self.trainer.as_trainer, StandInModule())

    def fail(self, exception: BaseException) -> None:
        self.commands.on_exception(self.trainer.as_trainer, StandInModule(), exception)

    def told(self) -> list[EventRecord]:
        return events(self.logger)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


class TestBesideTraining:
    def test_a_failure_is_an_event_and_a_line_on_the_console(
        self, scene: Scene, capsys: pytest.CaptureFixture[str]
    ) -> None:
        scene.commands.start(("sh", "-c", "echo nobody there >&2; exit 3"), "")
        scene.end()
        (event,) = scene.told()
        assert (event.kind, event.level) == ("command", Level.INFO)
        assert event.message == (
            "command sh -c 'echo nobody there >&2; exit 3' of --on_collapse exit code 3: nobody there"
        )
        assert (event.data["exit_code"], event.data["stderr"]) == (3, "nobody there\n")
        assert "nobody there" in capsys.readouterr().err

    def test_each_failure_is_told_once_and_success_is_not(self, scene: Scene) -> None:
        for code in (0, 3, 4):
            scene.commands.start(("sh", "-c", f"exit {code}"), "")
        scene.commands.finish()
        scene.commands.on_train_batch_end(scene.trainer.as_trainer, StandInModule(), None, None, 0)
        scene.end()
        assert sorted(event.data["exit_code"] for event in scene.told()) == [3, 4]

    def test_starting_does_not_wait(self, scene: Scene, tmp_path: Path) -> None:
        """The command reads a fifo that is only written once `start` has returned."""
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        scene.commands.start(("sh", "-c", 'cat "$1" >&2; exit 1', "sh", str(gate)), "")
        gate.write_text("through")
        scene.end()
        (event,) = scene.told()
        assert event.data["stderr"] == "through"

    def test_the_time_that_is_given_is_the_commands_own(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, timeout=0.5)
        scene.commands.start(("sleep", "600"), "")
        scene.end()
        (event,) = scene.told()
        assert event.message == "command sleep 600 of --on_collapse was ended after 0.5 s"

    @pytest.mark.parametrize("exception", [KeyboardInterrupt(), TrainingInterrupted(15)])
    def test_an_interrupted_training_does_not_wait_for_long(self, tmp_path: Path, exception: BaseException) -> None:
        scene = Scene(tmp_path, timeout=600.0, hurried=0.2)
        scene.commands.start(("sleep", "600"), "")
        scene.fail(exception)
        (event,) = scene.told()
        assert event.data["exit_code"] == -signal.SIGKILL

    def test_a_failed_training_waits_for_what_it_asked_for(self, tmp_path: Path) -> None:
        scene = Scene(tmp_path, hurried=0.0)
        scene.commands.start(("sh", "-c", "sleep 0.3; exit 7"), "")
        scene.fail(RuntimeError("no"))
        (event,) = scene.told()
        assert event.data["exit_code"] == 7

    def test_no_thread_is_left(self, scene: Scene) -> None:
        scene.commands.start(("true",), "")
        scene.end()
        assert [thread.name for thread in threading.enumerate() if thread.name == "verdict-command"] == []
