"""How abnormal checks become a level: once is noise, repeated is a finding.

Levels are entered by runs of checks and left one step at a time, after `CLEAN_CHECKS` checks in which the numbers are
clearly well again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.stream.records import Level

#: Yellow: something is abnormal in this many of the last `YELLOW_WINDOW` checks.
YELLOW_CHECKS, YELLOW_WINDOW = 2, 3
#: Orange: lines of evidence agree for this many consecutive checks; fewer where the numbers are far beyond.
ORANGE_CHECKS, FAR_ORANGE_CHECKS = 3, 2
#: Red: orange for this many checks, and all lines agree.
RED_CHECKS = 4
#: A level is left after this many checks without cause for it.
CLEAN_CHECKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSignal:
    """What one check means for the level.

    Attributes:
        yellow, orange, red: Whether the check speaks for that level.
        far: Whether it speaks for orange with numbers far beyond their thresholds.
        passing: β is still warming up, so that the signs may disappear and do not count for later checks.
        clean: The highest level that the check does not clear: a level above it may be left.
        cap: The level may not rise above this.
        at_once: A level that is reached without waiting, or None.
    """

    yellow: bool
    orange: bool
    red: bool
    clean: Level
    far: bool = False
    passing: bool = False
    cap: Level = Level.RED
    at_once: Level | None = None


@dataclass(slots=True)
class LevelHysteresis:
    """The level of a run, check by check."""

    level: Level = Level.GREEN
    recent_yellow: tuple[bool, ...] = ()
    orange_run: int = 0
    checks_at_orange: int = 0
    clean_run: int = 0

    def add(self, signal: LevelSignal) -> Level:
        """Add a check and return the level after it."""
        self.recent_yellow = (*self.recent_yellow, signal.yellow)[-YELLOW_WINDOW:]
        self.orange_run = self.orange_run + 1 if signal.orange and not signal.passing else 0
        wanted = self._wanted(signal)
        if wanted.severity > self.level.severity:
            self.level = wanted
            self.clean_run = 0
        else:
            self._leave(signal)
        self.checks_at_orange = self.checks_at_orange + 1 if self.level.severity >= Level.ORANGE.severity else 0
        return self.level

    def _wanted(self, signal: LevelSignal) -> Level:
        wanted = Level.GREEN
        if sum(self.recent_yellow) >= YELLOW_CHECKS:
            wanted = Level.YELLOW
        if self.orange_run >= (FAR_ORANGE_CHECKS if signal.far else ORANGE_CHECKS):
            wanted = Level.ORANGE
        if signal.red and self.checks_at_orange >= RED_CHECKS:
            wanted = Level.RED
        wanted = min(wanted, signal.cap, key=severity)
        return wanted if signal.at_once is None else max(wanted, signal.at_once, key=severity)

    def _leave(self, signal: LevelSignal) -> None:
        if self.level is Level.GREEN or signal.clean.severity >= self.level.severity:
            self.clean_run = 0
            return
        self.clean_run += 1
        if self.clean_run >= CLEAN_CHECKS:
            self.level = LEVELS[self.level.severity - 1]
            self.clean_run = 0

    def state_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "level": str(self.level),
            "recent_yellow": list(self.recent_yellow),
            "orange_run": self.orange_run,
            "checks_at_orange": self.checks_at_orange,
            "clean_run": self.clean_run,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> LevelHysteresis:
        """Return the state that `state_dict` made the values of."""
        return cls(
            level=Level(state["level"]),
            recent_yellow=tuple(bool(seen) for seen in state["recent_yellow"]),
            orange_run=int(state["orange_run"]),
            checks_at_orange=int(state["checks_at_orange"]),
            clean_run=int(state["clean_run"]),
        )


def severity(level: Level) -> int:
    """Return 0 for green to 3 for red."""
    return level.severity
