"""How a command ends: what the user can put right is one sentence, what is our fault keeps its traceback."""

import os
import sys
from collections.abc import Callable, Sequence

from seqsetvae.commandline.language_option import take_language
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import speaking, told, tr

EXIT_USAGE = 2
# 128 + SIGINT, as shells have it.
EXIT_INTERRUPTED = 130


def run_command(program: str, run: Callable[[Sequence[str]], int | None], argv: Sequence[str] | None) -> int:
    """Run a command in the user's language and return the exit code.

    Args:
        program: Its name.
        run: Gets the words behind the name, without `--lang`.
        argv: The words; None for those of the process.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        language, words = take_language(words, os.environ)
    except InputError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return EXIT_USAGE
    with speaking(language):
        return run_main(program, lambda: run(words))


def run_main(program: str, main: Callable[[], int | None]) -> int:
    """Run `main` and return the exit code.

    An `InputError` becomes one line on stderr and exit code 2, Ctrl-C becomes 130. Everything else is raised.
    """
    try:
        return main() or 0
    except InputError as error:
        print(f"{program}: {told(str(error))}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print(f"{program}: {tr('interrupted')}", file=sys.stderr)
        return EXIT_INTERRUPTED
