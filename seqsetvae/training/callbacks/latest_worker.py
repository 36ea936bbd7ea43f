"""Work that must not be done in a training step, and of which only the newest order counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestWorker(Generic[T]):
    """Does one thing at a time, in one thread; an order that still waits when a newer one comes is dropped.

    The thread lives while there is work. It is no daemon, so that what was ordered is finished whatever ends the
    program, and it never keeps a program from ending for longer than that.

    Args:
        work: Done with each order, in the thread.
        name: The thread's.
    """

    def __init__(self, work: Callable[[T], None], *, name: str) -> None:
        self._work = work
        self._name = name
        self._lock = threading.Lock()
        self._waiting: list[T] = []
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None

    def order(self, item: T) -> None:
        """Have the work done with `item`, soon; returns at once."""
        with self._lock:
            self._waiting = [item]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=False)
                self._thread.start()

    def finish(self) -> None:
        """Return when everything ordered has been done."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def take_error(self) -> Exception | None:
        """Return the newest exception of the work that has not been taken yet."""
        with self._lock:
            error, self._error = self._error, None
        return error

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                item = self._waiting.pop()
            try:
                self._work(item)
            except Exception as error:  # noqa: BLE001 - whatever went wrong is handed to who asks for it
                with self._lock:
                    self._error = error
