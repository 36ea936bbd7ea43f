"""One builder at a time: others wait, and then find the work done."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

LOCK_FILE = "lock"


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory`, waiting for its present holder; the system releases it when a process dies.

    Some network file systems have no locks. There the block runs without: what it builds must be published atomically
    in any case.

    Raises:
        OSError: the directory cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / LOCK_FILE
    path.touch()  # raises where the directory cannot be written, which is another matter than a lack of locks
    lock = FileLock(path)
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            logger.warning("Another process is packing %s; waiting for it.", directory.parent)
            lock.acquire()
    except OSError as error:
        logger.warning("%s has no file locks (%s); packing without.", directory, error.strerror)
    try:
        yield
    finally:
        lock.release()
