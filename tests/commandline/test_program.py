import errno
import io
import os
import signal
import sys
from collections.abc import Sequence

import pytest
from rich.console import Console

from seqsetvae.commandline.program import run_options, run_program
from seqsetvae.commandline.program_parser import ProgramParser
from seqsetvae.errors import InputError


def fail_with(error: BaseException) -> int:
    raise error


def test_success_is_zero_or_what_main_says() -> None:
    assert run_program("prog", lambda _: None, []) == 0
    assert run_program("prog", lambda _: 3, []) == 3


def test_an_input_error_is_one_line_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("prog", lambda _: fail_with(InputError("stats.csv: the std of HR is 0; give another.")), []) == 2
    assert capsys.readouterr().err == "prog: stats.csv: the std of HR is 0; give another.\n"


def test_a_name_with_control_characters_does_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    error = InputError("{path} does not exist", path="a\x1b[2J\udc80")
    assert run_program("prog", lambda _: fail_with(error), []) == 2
    assert capsys.readouterr().err == "prog: a\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER} does not exist\n"


def test_ctrl_c_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("prog", lambda _: fail_with(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr().err == "prog: interrupted\n"


def test_sigterm_is_143_and_the_program_tidies_up(capsys: pytest.CaptureFixture[str]) -> None:
    tidied: list[str] = []

    def work(_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            tidied.append("up")

    assert run_options(make_parser, work, ["--how_many", "3"]) == 143
    assert (tidied, capsys.readouterr().err) == (["up"], "prog: interrupted\n")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_our_own_errors_keep_their_traceback() -> None:
    with pytest.raises(ValueError, match="not for the user"):
        run_program("prog", lambda _: fail_with(ValueError("not for the user")), [])


def make_parser() -> ProgramParser:
    parser = ProgramParser(prog="prog", allow_abbrev=False)
    parser.add_argument("--how_many", type=int)
    return parser


def test_options_may_be_spelled_with_hyphens() -> None:
    assert run_options(make_parser, lambda options: options.how_many, ["--how-many", "3"]) == 3


def test_without_words_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_options(make_parser, lambda _: 1, []) == 0
    assert "--how_many" in capsys.readouterr().out


def test_a_wrong_word_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_options(make_parser, lambda _: 0, ["--how_many", "many"]) == 2
    assert capsys.readouterr().err == "prog: argument --how_many: invalid int value: 'many'; see prog --help\n"


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device; free some space, or choose another place"),
        (errno.EDQUOT, "Disk quota exceeded; free some space, or choose another place"),
        (errno.EROFS, "Read-only file system; choose a place that can be written to"),
        (errno.EIO, "Input/output error; check the disk, or choose another place"),
    ],
)
def test_a_disk_that_fails_is_one_line(capsys: pytest.CaptureFixture[str], number: int, words: str) -> None:
    assert run_program("prog", lambda _: fail_with(OSError(number, "Detail", "runs/test.json")), []) == 2
    assert capsys.readouterr().err == f"prog: runs/test.json: {words}\n"


def test_an_error_of_the_system_that_is_about_no_file_keeps_its_traceback() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        run_program("prog", lambda _: fail_with(OSError(errno.EBADF, "Bad file descriptor")), [])


class FullOutput(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def flush(self) -> None:
        raise OSError(self.number, os.strerror(self.number))


def test_a_full_disk_behind_standard_output_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", FullOutput(errno.ENOSPC))
    assert run_program("prog", lambda _: 0, []) == 2
    assert capsys.readouterr().err.startswith("prog: standard output: No space left on device;")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EPIPE])
def test_standard_error_that_takes_nothing_ends_no_program(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullError(FullOutput):
        def write(self, text: str) -> int:
            raise OSError(self.number, os.strerror(self.number))

    def say(_: Sequence[str]) -> int:
        Console(stderr=True).print("epoch 1")
        print("warning", file=sys.stderr, flush=True)
        return 3

    monkeypatch.setattr(sys, "stderr", FullError(number))
    assert run_program("prog", say, []) == 3
    assert run_program("prog", lambda _: fail_with(InputError("no")), []) == 2


def test_a_reader_that_has_seen_enough_is_no_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", FullOutput(errno.EPIPE))
    assert run_program("prog", lambda _: 0, []) == 0
    assert capsys.readouterr().err == ""


def test_a_signal_decides_the_exit_code_whatever_the_disk_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", FullOutput(errno.ENOSPC))
    with pytest.raises(SystemExit) as end:
        run_program("prog", lambda _: fail_with(SystemExit(143)), [])
    assert end.value.code == 143
