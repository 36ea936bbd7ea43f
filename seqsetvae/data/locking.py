"""One builder at a time: others wait, and then find the work done."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

LOCK_FILE = "lock"


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory`, waiting for whoever has it; the system releases it when a process dies.

    Some network file systems have no locks. There the block runs without: what it builds must be published atomically
    in any case.

    Raises:
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK_FILE).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.warning("Another process is packing %s; waiting for it.", directory.parent)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            logger.warning("%s has no file locks (%s); packing without.", directory, error.strerror)
        yield
