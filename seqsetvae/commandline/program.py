"""How a program runs and ends: what the user can mend is one sentence, what is our fault keeps its traceback."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from seqsetvae.commandline.language_option import parse_language
from seqsetvae.commandline.program_parser import ProgramParser, underscored
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import speaking, tr, translated
from seqsetvae.stream.values import printable

BAD_INPUT = 2
# 128 + SIGINT, as shells have it.
EXIT_INTERRUPTED = 130


def run_program(
    program: str,
    run: Callable[[Sequence[str]], int | None],
    argv: Sequence[str] | None,
    *,
    bad_input: int = BAD_INPUT,
    utf8: bool | None = None,
) -> int:
    """Run a program in the user's language and return the exit code.

    An `InputError` becomes one line on stderr, and so does Ctrl-C. Everything else is raised.

    Args:
        program: Its name.
        run: Gets the words behind the name, without `--lang`.
        argv: The words; None for those of the process.
        bad_input: Exit code of an `InputError`.
        utf8: Whether the terminal shows more than ASCII; None where the environment decides.
    """
    with ExitStack() as spoken:
        try:
            language, words = parse_language(sys.argv[1:] if argv is None else argv, os.environ, utf8=utf8)
            spoken.enter_context(speaking(language))
            return run(words) or 0
        except InputError as error:
            sentence, code = printable(translated(str(error))), bad_input
        except KeyboardInterrupt:
            sentence, code = tr("interrupted"), EXIT_INTERRUPTED
        print(f"{program}: {sentence}", file=sys.stderr)
        return code


def run_options(
    parser: Callable[[], ProgramParser],
    run: Callable[[argparse.Namespace], int | None],
    argv: Sequence[str] | None,
) -> int:
    """Run a program on its parsed options, as `run_program` does; without any words its help is printed.

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
        return run(made.parse_args([underscored(word) for word in words]))

    return run_program(made.prog, parsed, argv)
