"""What a run's log held at a moment, and which of these are kept, so that the next is not read from the beginning."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from seqsetvae.stream.resume import Resume
from tui.replay.timeline import Moment
from tui.store.run_data import RunData

BUDGET = 32 * 1024 * 1024
"""Bytes that all kept frames may take together."""

_RECENT = 4
"""Frames kept near the moment on the screen: the last ones shown, and one shortly before them for stepping back."""

_MOST = 16
"""Frames kept all along the log; more would make seeking no faster that a person could see."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What a log held at a moment. `data` is never changed again: who goes on from it takes a copy.

    `events` and `readings` count the lines of events, and of each rank's machine, that had been written.
    `resumes` are the resumptions among them. `written` is when the newest line of all was written, in unix seconds.
    """

    moment: Moment
    data: RunData
    events: int = 0
    readings: tuple[int, ...] = ()
    resumes: tuple[Resume, ...] = ()
    written: float = 0.0

    @property
    def byte(self) -> int:
        """How much of the metrics it holds."""
        return self.moment.byte


class FrameCache:
    """Keeps frames within a bound of memory: some all along the log, a few near the moment on the screen.

    Args:
        budget: bytes that they may take together.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._spread: list[Frame] = []
        self._recent: deque[Frame] = deque(maxlen=_RECENT)

    def __len__(self) -> int:
        return len(self._spread) + len(self._recent)

    def nearest(self, byte: int, fits: Callable[[Frame], bool]) -> Frame | None:
        """The frame that holds most of what lies before a byte, among those that fit."""
        known = [frame for frame in (*self._spread, *self._recent) if frame.byte <= byte and fits(frame)]
        return max(known, key=lambda frame: frame.byte, default=None)

    def keep_recent(self, frame: Frame) -> None:
        """Keep a frame for as long as the user stays near it."""
        self._recent.append(frame)
        while len(self._recent) > 1 and frame.data.nbytes * len(self._recent) > self._budget:
            self._recent.popleft()

    def spacing(self, size: int, weight: int) -> int:
        """Bytes of a log of `size` from one frame to the next, when a frame takes `weight` bytes."""
        return size // (self._room(weight) + 1) + 1

    def keep_spaced(self, frame: Frame) -> None:
        """Keep a frame for good; when there are too many, the one closest to its neighbours goes."""
        self._spread = sorted([*self._spread, frame], key=lambda kept: kept.byte)
        while len(self._spread) > self._room(frame.data.nbytes):
            gaps = [
                after.byte - before
                for before, after in zip([0, *(kept.byte for kept in self._spread)], self._spread[1:], strict=False)
            ]
            del self._spread[gaps.index(min(gaps)) if gaps else 0]

    def _room(self, weight: int) -> int:
        return min(max(self._budget // max(weight, 1) - _RECENT, 0), _MOST)
