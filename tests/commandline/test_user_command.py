"""Commands of users: what reaches them, and what is said of those that fail."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
from pathlib import Path

import pytest

from seqsetvae.commandline.user_command import STDERR_CHARACTERS, run_command


def python(program: str, *arguments: object) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", program, *map(str, arguments))


def test_the_text_is_its_input_and_words_are_its_arguments_as_they_are(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2] + sys.stdin.read())"
    assert run_command(python(program, heard, "$HOME; *"), '{"level": "röd"}'.encode(), timeout=240.0) is None
    assert heard.read_text() == '$HOME; *{"level": "röd"}'


def test_an_exit_code_is_reported_with_what_was_said() -> None:
    failure = run_command(python("import sys; sys.exit('no such room')"), b"", timeout=240.0)
    assert failure is not None
    assert (failure.reason, failure.exit_code, failure.stderr) == ("failed with exit code 1", 1, "no such room\n")


def test_only_the_beginning_of_what_was_said_is_kept() -> None:
    failure = run_command(python("import sys; sys.exit('é' * 100_000)"), b"", timeout=240.0)
    assert failure is not None
    assert failure.stderr == "é" * STDERR_CHARACTERS


def test_a_command_that_does_not_exist_is_reported() -> None:
    failure = run_command(("/no/such/program",), b"", timeout=240.0)
    assert failure is not None
    assert (failure.reason, failure.exit_code) == ("cannot be run: No such file or directory", None)


def test_words_that_no_program_can_have_are_reported() -> None:
    failure = run_command(("a\0b",), b"", timeout=240.0)
    assert failure is not None
    assert failure.reason == "cannot be run: embedded null byte"


def test_a_disk_that_has_no_room_for_its_input_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    failure = run_command(("true",), b"", timeout=240.0)
    assert failure is not None
    assert failure.reason == "cannot be run: No space left on device"


def test_a_command_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = ("sh", "-c", 'sleep 600 & echo $! > "$1"; echo soon >&2; wait', "sh", str(note))
    failure = run_command(command, b"", timeout=1.0)
    assert failure is not None
    assert (failure.reason, failure.exit_code, failure.stderr) == ("was ended after 1 s", None, "soon\n")
    assert ends(int(note.read_text()))


def ends(pid: int) -> bool:
    """Return whether a process has ended, or does within ten seconds: a signal takes a moment to arrive."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10.0)[0])
    finally:
        os.close(process)


def test_a_child_left_behind_does_not_keep_it_from_ending(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    command = ("sh", "-c", 'sleep 600 & echo $! > "$1"', "sh", str(note))
    try:
        assert run_command(command, b"", timeout=240.0) is None
    finally:
        os.kill(int(note.read_text()), signal.SIGKILL)
