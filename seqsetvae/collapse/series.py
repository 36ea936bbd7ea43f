"""One number of a run over all of its checks, in bounded memory, with every extreme at the step where it was."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

#: Stretches of checks that a series is kept in at most; each has two extremes, so that a plot has 2,000 points.
STRETCHES = 1000


class Point(NamedTuple):
    """A value and the optimizer step of its check."""

    step: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Neighbouring checks as one.

    Attributes:
        low, high: The smallest and the largest finite value; None where none is finite.
        broken: The first value that is NaN or infinite.
    """

    low: Point | None = None
    high: Point | None = None
    broken: Point | None = None

    @classmethod
    def of(cls, point: Point) -> Self:
        """Return the stretch of a single check."""
        return cls(low=point, high=point) if math.isfinite(point.value) else cls(broken=point)

    def followed_by(self, later: Stretch) -> Stretch:
        """Return this stretch and the next one as one."""
        lows = [s.low for s in (self, later) if s.low is not None]
        highs = [s.high for s in (self, later) if s.high is not None]
        return Stretch(
            low=min(lows, key=_value, default=None),
            high=max(highs, key=_value, default=None),
            broken=self.broken or later.broken,
        )

    @property
    def points(self) -> list[Point]:
        """What is known of the stretch, in the order of steps, each once."""
        return sorted({point.step: point for point in (self.low, self.high, self.broken) if point}.values())


class Series:
    """The values of one metric.

    The run is kept as stretches of equally many checks. When there are too many, neighbours become one: the further
    back and the longer the run, the coarser, but no extreme and no NaN is ever lost.

    Args:
        stretches: How many to keep at most, at least 2.
    """

    def __init__(self, *, stretches: int = STRETCHES) -> None:
        self._most = stretches
        self._stretches: list[Stretch] = []
        self._checks_each = 1
        self._in_last = 0
        #: Values so far, and how many of them were NaN or infinite.
        self.count, self.not_finite = 0, 0
        #: The newest value.
        self.last: Point | None = None

    def add(self, step: int, value: float) -> None:
        """Take in the value of a later check."""
        point = Point(step, value)
        self.count += 1
        self.not_finite += not math.isfinite(value)
        self.last = point
        if self._in_last < self._checks_each and self._stretches:
            self._stretches[-1] = self._stretches[-1].followed_by(Stretch.of(point))
            self._in_last += 1
            return
        self._stretches.append(Stretch.of(point))
        self._in_last = 1
        if len(self._stretches) > self._most:
            self._join_neighbours()

    @property
    def low(self) -> Point | None:
        """The smallest finite value so far."""
        return min((s.low for s in self._stretches if s.low is not None), key=_value, default=None)

    @property
    def high(self) -> Point | None:
        """The largest finite value so far."""
        return max((s.high for s in self._stretches if s.high is not None), key=_value, default=None)

    def points(self) -> Iterator[Point]:
        """Yield what a plot needs, in the order of steps: at most three points a stretch, and the newest value."""
        newest: Point | None = None
        for stretch in self._stretches:
            for newest in stretch.points:
                yield newest
        if self.last is not None and (newest is None or newest.step != self.last.step):
            yield self.last

    def copy(self) -> Series:
        """Return a series that does not change when this one does."""
        twin = copy.copy(self)
        twin._stretches = list(self._stretches)
        return twin

    def state_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values; a number that is not finite is a string."""
        return {
            "count": self.count,
            "not_finite": self.not_finite,
            "last": _plain(self.last),
            "checks_each": self._checks_each,
            "in_last": self._in_last,
            "stretches": [[_plain(s.low), _plain(s.high), _plain(s.broken)] for s in self._stretches],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        self.count, self.not_finite = int(state["count"]), int(state["not_finite"])
        self.last = _point(state["last"])
        self._checks_each, self._in_last = int(state["checks_each"]), int(state["in_last"])
        self._stretches = [
            Stretch(low=_point(low), high=_point(high), broken=_point(broken))
            for low, high, broken in state["stretches"]
        ]
        while len(self._stretches) > self._most:
            self._join_neighbours()

    def _join_neighbours(self) -> None:
        pairs = [self._stretches[i : i + 2] for i in range(0, len(self._stretches), 2)]
        # Only the last stretch may be without a neighbour, or have fewer checks than the others.
        if len(pairs[-1]) == 2:
            self._in_last += self._checks_each
        self._stretches = [pair[0].followed_by(pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
        self._checks_each *= 2


def _value(point: Point) -> float:
    return point.value


def _plain(point: Point | None) -> list[int | float | str] | None:
    if point is None:
        return None
    return [point.step, point.value if math.isfinite(point.value) else str(point.value)]


def _point(plain: Sequence[Any] | None) -> Point | None:
    return None if plain is None else Point(int(plain[0]), float(plain[1]))
