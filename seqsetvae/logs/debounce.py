"""Believing that a file was replaced or cut only when it stays so: network file systems lag about that."""

from __future__ import annotations

from collections.abc import Callable


class Debounce:
    """Holds a sign back until it has stood for a while.

    Args:
        seconds: how long; 0 confirms at once.
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since: float | None = None

    def confirms(self) -> bool:
        """Whether the sign that is seen now has stood for long enough."""
        now = self._clock()
        if self._since is None:
            self._since = now
            return self._seconds <= 0
        return now - self._since >= self._seconds

    def reset(self) -> None:
        """There is no such sign, or what it stood for has been read."""
        self._since = None
