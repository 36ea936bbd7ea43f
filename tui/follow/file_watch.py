"""The system's notifications that files have changed, where it has them.

inotify does not see what other machines write to a network file system, and a machine may have no watches left:
whoever uses this polls beside it.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from seqsetvae.i18n.message import Message

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

# Without a handler, Python prints a library's complaints on stderr: over the screen, and into what scripts read. One is
# that an event came while watching was being stopped, which is nothing that anyone need do something about.
logging.getLogger("watchdog").addHandler(logging.NullHandler())

NOTIFIED_POLL_SECONDS = 0.25
"""Least time between polls that nobody has asked for, while notifications come: it only catches what they miss."""

NOTIFIED_SECONDS = 2.0
"""For so long after a notification the next one is believed to come."""

SEARCH_SECONDS = 1.0
"""Time between searches for new runs; a search of 200 runs takes some 10 ms."""

QUIET_SEARCH_SECONDS = 5.0
"""The same where notifications would have come for a change; what they miss is on network file systems."""

GONE = Message(Message("no file notifications (the directory is gone)"))
NO_WATCHES = Message(Message("no file notifications (the system has no watches left)"))


class FileWatch:
    """Sets a flag whenever something is written below a directory.

    Attributes:
        problem: why there is no notification, in words, or None while it works.
    """

    def __init__(self, directory: Path, flag: threading.Event) -> None:
        self._directory = directory
        self._flag = flag
        self._observer: BaseObserver | None = None
        self._held: int | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Begin; on failure `problem` says why."""
        from tui.follow.file_events import observe  # takes a while to load, which the first frame need not wait for

        try:
            self._observer = observe(self._directory, self._flag)
        except (OSError, RuntimeError) as error:
            self.problem = Message("no file notifications ({reason})", reason=str(error))
            return
        self._held = _hold(self._directory)
        self.problem = None

    def refresh(self) -> None:
        """Start over where another directory has come in this one's place; see whether watching still goes on."""
        if self._observer is None:
            if self.problem == GONE and self._directory.is_dir():
                self.start()
            return
        if not self._is_the_same():
            self.stop()
            self.problem = GONE
            if self._directory.is_dir():
                self.start()
        elif not all(emitter.is_alive() for emitter in self._observer.emitters):
            self.stop()
            self.problem = NO_WATCHES

    def stop(self) -> None:
        """End, and wait for the observer's threads."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _is_the_same(self) -> bool:
        """Whether the directory at the path is the one that is watched."""
        if self._held is None:
            return True
        try:
            return os.path.samestat(os.fstat(self._held), self._directory.stat())
        except OSError:  # gone, or out of reach
            return False


def _hold(directory: Path) -> int | None:
    """Open a directory, so that its number is not given to another while it is watched; None where none can be."""
    if not hasattr(os, "O_PATH"):
        return None
    try:
        return os.open(directory, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # gone already: the next poll says so
        return None


class Patience:
    """How long to wait for a notification before looking all the same: less where none is known to come.

    Args:
        poll_seconds: time between polls where nothing notifies of changes.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, poll_seconds: float, clock: Callable[[], float]) -> None:
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._notified_at = -math.inf

    def notified(self) -> None:
        """A notification has come."""
        self._notified_at = self._clock()

    @property
    def seconds(self) -> float:
        """Seconds until the next poll."""
        lately = self._clock() - self._notified_at < NOTIFIED_SECONDS
        return max(self._poll_seconds, NOTIFIED_POLL_SECONDS) if lately else self._poll_seconds


class SearchPace:
    """When to search for runs again.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last = -math.inf
        self._changed = False

    def notified(self) -> None:
        """A notification has come: there may be a new run."""
        self._changed = True

    def due(self, *, notifies: bool) -> bool:
        """Whether it is time; if so, the time until the next search begins.

        Args:
            notifies: notifications work, and there are runs that they can tell of.
        """
        quiet = notifies and not self._changed
        if self._clock() - self._last < (QUIET_SEARCH_SECONDS if quiet else SEARCH_SECONDS):
            return False
        self._last, self._changed = self._clock(), False
        return True
