"""Being told by the system that files have changed, where it can tell.

inotify does not see what other machines write to a network file system, and a machine may have no watches left:
whoever uses this polls beside it.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

# Without a handler, Python prints a library's complaints on stderr: over the screen, and into what scripts read. One is
# that an event came while watching was being stopped, which is nothing that anyone need do something about.
logging.getLogger("watchdog").addHandler(logging.NullHandler())


class _Waker(FileSystemEventHandler):
    """Turns any number of events into one set flag; which file changed does not matter, a look is cheap."""

    def __init__(self, flag: threading.Event) -> None:
        self._flag = flag

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Raise the flag, unless a file was merely opened or read, which the watcher itself does."""
        if event.event_type not in ("opened", "closed_no_write"):
            self._flag.set()


class FileWatch:
    """Sets a flag whenever something is written below a directory.

    Attributes:
        problem: why there is no notification, in words, or None while it works.
    """

    def __init__(self, directory: Path, flag: threading.Event) -> None:
        self._directory = directory
        self._flag = flag
        self._observer: BaseObserver | None = None
        self.problem: str | None = None

    def start(self) -> None:
        """Begin; on failure ``problem`` says why."""
        observer = Observer()
        try:
            observer.schedule(_Waker(self._flag), str(self._directory), recursive=True)
            observer.start()
        except (OSError, RuntimeError) as error:
            self.problem = f"no file notifications ({error})"
            return
        self._observer = observer
        self.problem = None

    def stop(self) -> None:
        """End, and wait for the observer's threads."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join()
            self._observer = None
