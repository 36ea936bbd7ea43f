"""Work beside training, of which only the newest task matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestTaskWorker(Generic[T]):
    """Does one task at a time, in one thread; a task that still waits when a newer one comes is dropped.

    The thread lives while there is work. It is no daemon: a task that was submitted is finished whatever ends the
    program.

    Args:
        work: Called with each task, in the thread.
        name: The thread's.
    """

    def __init__(self, work: Callable[[T], None], *, name: str) -> None:
        self._work = work
        self._name = name
        self._lock = threading.Lock()
        self._waiting: list[T] = []
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None

    def submit(self, task: T) -> None:
        """Have a task done soon; returns at once."""
        with self._lock:
            self._waiting = [task]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=False)
                self._thread.start()

    def join(self) -> None:
        """Return when every submitted task has been done or dropped."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def pop_error(self) -> Exception | None:
        """Return the newest exception of the work that has not been returned yet."""
        with self._lock:
            error, self._error = self._error, None
        return error

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                task = self._waiting.pop()
            try:
                self._work(task)
            except Exception as error:  # noqa: BLE001 - the caller asks for it with `pop_error`
                with self._lock:
                    self._error = error
