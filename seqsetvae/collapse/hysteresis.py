"""How abnormal checks become a level: once is noise, lasting is a finding.

What lasts is counted in optimizer steps, each check standing for those since the one before: the same training rises
and falls at the same steps, however often it is checked. Levels are left after `CLEAN_STEPS` each in which the numbers
are clearly well again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from seqsetvae.collapse.verdict import LEVELS
from seqsetvae.stream.records import Level

#: Yellow: something is abnormal for so many steps; what is well again takes as many back.
YELLOW_STEPS = 15
#: Orange: lines of evidence agree for so many consecutive steps, fewer where the numbers are far beyond; in two checks,
#: or in one that covers many steps.
ORANGE_STEPS, FAR_ORANGE_STEPS, LONG_SPAN = 15, 10, 50
#: Red: orange for so many steps more, in two checks at least, and all lines agree.
RED_STEPS = 20
#: A level is left after so many steps without cause for it.
CLEAN_STEPS = 25


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


@dataclass(slots=True, kw_only=True)
class LevelHysteresis:
    """The level of a run; all counts are optimizer steps.

    Attributes:
        level: The level.
        odd: Steps with something abnormal, less those since without; at most `YELLOW_STEPS`.
        agreeing: Consecutive steps that speak for orange.
        agreeing_checks: The checks of these.
        at_orange: Steps at orange or red.
        clean: Steps without cause for the level.
    """

    level: Level = Level.GREEN
    odd: int = 0
    agreeing: int = 0
    agreeing_checks: int = 0
    at_orange: int = 0
    clean: int = 0

    def add(self, signal: LevelSignal, span: int) -> Level:
        """Return the level after one more check, which covers `span` steps."""
        self.odd = min(YELLOW_STEPS, self.odd + span) if signal.yellow else max(0, self.odd - span)
        counts = signal.orange and not signal.passing
        self.agreeing = self.agreeing + span if counts else 0
        self.agreeing_checks = self.agreeing_checks + 1 if counts else 0
        wanted = self._wanted(signal, span)
        if wanted.severity > self.level.severity:
            self.level = wanted
            self.clean = 0
        else:
            self._leave(signal, span)
        self.at_orange = self.at_orange + span if self.level.severity >= Level.ORANGE.severity else 0
        return self.level

    def _wanted(self, signal: LevelSignal, span: int) -> Level:
        wanted = Level.GREEN
        if signal.yellow and self.odd >= YELLOW_STEPS:
            wanted = Level.YELLOW
        lasting = self.agreeing >= (FAR_ORANGE_STEPS if signal.far else ORANGE_STEPS)
        if lasting and (self.agreeing_checks > 1 or span >= LONG_SPAN):
            wanted = Level.ORANGE
            if signal.red and self.agreeing_checks > 1 and self.at_orange >= RED_STEPS:
                wanted = Level.RED
        wanted = min(wanted, signal.cap, key=severity)
        return wanted if signal.at_once is None else max(wanted, signal.at_once, key=severity)

    def _leave(self, signal: LevelSignal, span: int) -> None:
        self.clean += span
        while self.level.severity > signal.clean.severity and self.clean >= CLEAN_STEPS:
            self.level = LEVELS[self.level.severity - 1]
            self.clean -= CLEAN_STEPS
        if self.level.severity <= signal.clean.severity:
            self.clean = 0

    def state_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {**asdict(self), "level": str(self.level)}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> LevelHysteresis:
        """Return the state that `state_dict` made the values of."""
        counts = {
            name: int(state.get(name, 0)) for name in ("odd", "agreeing", "agreeing_checks", "at_orange", "clean")
        }
        return cls(level=Level(state["level"]), **counts)


def severity(level: Level) -> int:
    """Return 0 for green to 3 for red."""
    return level.severity
