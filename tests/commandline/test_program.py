import pytest

from seqsetvae.commandline.program import run_program
from seqsetvae.errors import InputError


def fail_with(error: BaseException) -> int:
    raise error


def test_success_is_zero_or_what_main_says() -> None:
    assert run_program("prog", lambda _: None, []) == 0
    assert run_program("prog", lambda _: 3, []) == 3


def test_an_input_error_is_one_line_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("prog", lambda _: fail_with(InputError("stats.csv: the std of HR is 0; give another.")), []) == 2
    assert capsys.readouterr().err == "prog: stats.csv: the std of HR is 0; give another.\n"


def test_ctrl_c_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_program("prog", lambda _: fail_with(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr().err == "prog: interrupted\n"


def test_our_own_errors_keep_their_traceback() -> None:
    with pytest.raises(ValueError, match="not for the user"):
        run_program("prog", lambda _: fail_with(ValueError("not for the user")), [])
