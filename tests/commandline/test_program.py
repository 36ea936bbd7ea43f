import pytest

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
