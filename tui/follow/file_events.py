"""What the system tells of files that change, as one raised flag."""

from __future__ import annotations

import threading
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

_CHANGES: list[type[FileSystemEvent]] = [
    *(FileCreatedEvent, FileModifiedEvent, FileMovedEvent, FileDeletedEvent),
    *(DirCreatedEvent, DirMovedEvent, DirDeletedEvent),
]
"""What the system is asked to tell. Not that files are opened and closed: the watcher itself does that all the time."""


class _Waker(FileSystemEventHandler):
    """Turns any number of events into one set flag; which file changed does not matter, a poll is cheap."""

    def __init__(self, flag: threading.Event) -> None:
        self._flag = flag

    def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - watchdog's call
        """Raise the flag."""
        self._flag.set()


def observe(directory: Path, flag: threading.Event) -> BaseObserver:
    """Begin to raise a flag whenever something is written below a directory; returns what is to be stopped.

    Raises:
        OSError: The directory is not there, or the system has no watches left.
        RuntimeError: The observer's thread cannot be started.
    """
    observer = Observer()
    observer.schedule(_Waker(flag), str(directory), recursive=True, event_filter=_CHANGES)
    observer.start()
    return observer
