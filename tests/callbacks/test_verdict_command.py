"""Commands that are told of verdicts: what reaches them, and what is said of those that fail."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from seqsetvae.callbacks.verdict_command import STDERR_CHARACTERS, VerdictCommands, run_command


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


class TestInThreads:
    def test_failures_are_collected_and_each_is_given_once(self) -> None:
        commands = VerdictCommands()
        for code in (0, 3, 4):
            commands.start(python(f"raise SystemExit({code})"), "")
        commands.finish()
        assert sorted(failure.exit_code or 0 for failure in commands.take_failures()) == [3, 4]
        assert commands.take_failures() == []

    def test_starting_does_not_wait(self, tmp_path: Path) -> None:
        """The command reads a fifo that is only written once `start` has returned."""
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        commands = VerdictCommands()
        commands.start(python("import sys; sys.exit(open(sys.argv[1]).read())", gate), "")
        gate.write_text("through")
        commands.finish()
        (failure,) = commands.take_failures()
        assert failure.stderr == "through\n"

    def test_no_thread_is_left(self) -> None:
        commands = VerdictCommands()
        commands.start(python(""), "")
        commands.finish()
        assert [thread.name for thread in threading.enumerate() if thread.name == "verdict-command"] == []


def test_the_time_that_is_given_is_the_commands_own() -> None:
    commands = VerdictCommands(timeout=0.5)
    commands.start(("sleep", "600"), "")
    commands.finish()
    (failure,) = commands.take_failures()
    assert failure.reason == "was ended after 0.5 s"
