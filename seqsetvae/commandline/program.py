"""How a program runs and ends: what the user can mend is one sentence, what is our fault keeps its traceback."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import NoReturn

from seqsetvae.commandline.forgiving_stream import forgiving
from seqsetvae.commandline.language_option import parse_language
from seqsetvae.commandline.program_parser import ProgramParser, underscored
from seqsetvae.disk_errors import disk_error, is_about_a_disk
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import speaking, tr, translated
from seqsetvae.i18n.message import Message
from seqsetvae.stream.values import printable

BAD_INPUT = 2
# 128 + SIGINT and 128 + SIGTERM, as shells have it.
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM, which ends a program as Ctrl-C does: it tidies up."""


def run_program(
    program: str,
    run: Callable[[Sequence[str]], int | None],
    argv: Sequence[str] | None,
    *,
    bad_input: int = BAD_INPUT,
    utf8: bool | None = None,
) -> int:
    """Run a program in the user's language and return the exit code.

    An `InputError` becomes one line on stderr, and so do a disk that fails and Ctrl-C; a reader of standard output that
    has seen enough, such as head, is no error. Everything else is raised.

    Args:
        program: Its name.
        run: Gets the words behind the name, without `--lang`.
        argv: The words; None for those of the process.
        bad_input: Exit code of an `InputError`.
        utf8: Whether the terminal shows more than ASCII; None where the environment decides.
    """
    with ExitStack() as spoken:
        if sys.stderr is not None:
            spoken.enter_context(contextlib.redirect_stderr(forgiving(sys.stderr)))
        try:
            language, words = parse_language(sys.argv[1:] if argv is None else argv, os.environ, utf8=utf8)
            spoken.enter_context(speaking(language))
            return _run_and_flush(run, words)
        except InputError as error:
            sentence, code = printable(translated(str(error))), bad_input
        except BrokenPipeError:
            silence()
            return 0
        except OSError as error:
            where = None if error.filename or _standard_output_works() else Message("standard output")
            if where is None and not is_about_a_disk(error):
                raise
            sentence, code = printable(translated(str(disk_error(error, where)))), bad_input
        except KeyboardInterrupt as error:
            sentence = tr("interrupted")
            code = EXIT_TERMINATED if isinstance(error, Terminated) else EXIT_INTERRUPTED
        print(f"{program}: {sentence}", file=sys.stderr)
        return code


def silence() -> None:
    """Let what Python still wants to write to standard output at its end go nowhere."""
    with contextlib.suppress(OSError, ValueError):  # not a file of the system's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_options(
    parser: Callable[[], ProgramParser],
    run: Callable[[argparse.Namespace], int | None],
    argv: Sequence[str] | None,
) -> int:
    """Run a program on its parsed options, as `run_program` does; without any words its help is printed.

    SIGTERM ends it in good order.

    Args:
        parser: Makes the program's parser. Its flags are spelled with underscores, and hyphens do as well.
        run: Gets the options.
        argv: The words; None for those of the process.
    """
    made = parser()

    def parsed(words: Sequence[str]) -> int | None:
        if not words:
            made.print_help()
            return 0
        with _ended_by_sigterm():
            return run(made.parse_args([underscored(word) for word in words]))

    return run_program(made.prog, parsed, argv)


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Raise `Terminated` on SIGTERM, where nobody else handles it."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _run_and_flush(run: Callable[[Sequence[str]], int | None], words: Sequence[str]) -> int:
    """Run, and write all output while an error can still be said; a signal's exit code goes before that."""
    try:
        code = run(words) or 0
    except SystemExit as end:
        if not end.code:
            _flush_standard_output()
        raise
    _flush_standard_output()
    return code


def _flush_standard_output() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _standard_output_works() -> bool:
    try:
        _flush_standard_output()
    except OSError:
        silence()
        return False
    return True
