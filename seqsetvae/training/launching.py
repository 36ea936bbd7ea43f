"""What the environment says of who started this process; light, since a program asks before all else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

#: Under which the process that starts others tells them its id: it may end before they can ask for it.
MAIN_PROCESS = "SEQSETVAE_MAIN_PROCESS"
#: Seconds between two looks at whether it lives.
LOOK_INTERVAL = 0.5


def end_with_main_process(environ: MutableMapping[str, str] = os.environ) -> None:
    """End this process at once when the one that started it to train with it has ended."""
    parent = environ.pop(MAIN_PROCESS, None)
    if parent is not None:
        threading.Thread(target=_end_with, args=(int(parent),), name="end-with-main-process", daemon=True).start()


@contextmanager
def naming_main_process(environ: MutableMapping[str, str] = os.environ) -> Iterator[None]:
    """Let the processes that are started in the block end with this one."""
    environ[MAIN_PROCESS] = str(os.getpid())
    try:
        yield
    finally:
        del environ[MAIN_PROCESS]


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        threading.Event().wait(LOOK_INTERVAL)
    os._exit(1)
