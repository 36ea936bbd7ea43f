"""Who goes first: the screen, or the reading of a long past. Both are Python, of which only one runs at a time."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

_BREATH = 0.005
"""Seconds between two checks whether the screen is done."""


class Priority:
    """The screen claims the processor for a moment; whoever reads a long past leaves it room between two slices.

    A claim ends by itself, so that nothing is held up by a screen that has nothing to draw.

    Args:
        clock: a monotonic clock, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = -math.inf

    def claim(self, seconds: float) -> None:
        """Go first, for so long at most."""
        self._until = max(self._until, self._clock() + seconds)

    def release(self) -> None:
        """Done: reading may go on."""
        self._until = -math.inf

    @property
    def claimed(self) -> bool:
        """Whether the screen goes first just now."""
        return self._clock() < self._until

    def leave_room(self, stopped: threading.Event) -> None:
        """Wait until nothing is claimed, or until the reading is to end."""
        while self.claimed and not stopped.wait(_BREATH):
            pass
