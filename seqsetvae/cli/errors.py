"""How a command ends: what the user can put right is one sentence, what is our fault keeps its traceback."""

import sys
from collections.abc import Callable

from seqsetvae.data.errors import InputError

EXIT_USAGE = 2
# 128 + SIGINT, as shells have it.
EXIT_INTERRUPTED = 130


def run_main(program: str, main: Callable[[], int | None]) -> int:
    """Run `main` and return the exit code.

    An `InputError` becomes one line on stderr and exit code 2, Ctrl-C becomes 130. Everything else is raised.
    """
    try:
        return main() or 0
    except InputError as error:
        print(f"{program}: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
