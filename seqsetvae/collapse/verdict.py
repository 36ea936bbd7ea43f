"""The verdict of a detector: level, condition, reasons, advice, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seqsetvae.stream.records import Level

#: Levels in order of gravity.
LEVELS = (Level.GREEN, Level.YELLOW, Level.ORANGE, Level.RED)


class Condition(StrEnum):
    """What is going on, by name."""

    HEALTHY = "healthy"
    WARMING_UP = "warming up"
    NOT_ENOUGH_EVIDENCE = "not enough evidence"
    NOT_AWAKE = "not awake yet"
    FADING = "fading"
    RISING_RECONSTRUCTION = "rising reconstruction loss"
    PARTIAL_COLLAPSE = "partial collapse"
    COLLAPSE = "collapse"
    DECODER_IGNORES_Z = "decoder ignoring z"
    OVER_CONFIDENT = "over-confident posterior"
    KL_EXPLOSION = "KL explosion"
    HELD_BY_FREE_BITS = "held by free bits"
    DIVERGENCE = "divergence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one check.

    Attributes:
        step: Optimizer step of the check.
        level: Green to red.
        condition: Its name.
        reasons: The evidence with its numbers, one sentence each.
        advice: What to change, most promising first.
        since: Step at which the level and the condition began.
        checks: Checks that they have lasted, this one included.
        changed: Whether level or condition differ from the check before.
    """

    step: int
    level: Level
    condition: Condition
    reasons: tuple[str, ...]
    advice: tuple[str, ...]
    since: int
    checks: int
    changed: bool

    @classmethod
    def following(
        cls,
        before: Verdict | None,
        *,
        step: int,
        level: Level,
        condition: Condition,
        reasons: tuple[str, ...],
        advice: tuple[str, ...] = (),
    ) -> Verdict:
        """Return the verdict of a check that follows another: the same as before, or a change."""
        goes_on = before is not None and (before.level, before.condition) == (level, condition)
        return cls(
            step=step,
            level=level,
            condition=condition,
            reasons=reasons,
            advice=advice,
            since=before.since if before is not None and goes_on else step,
            checks=before.checks + 1 if before is not None and goes_on else 1,
            changed=not goes_on,
        )

    @property
    def headline(self) -> str:
        """The condition and its evidence in one line."""
        return f"{self.condition}: {'; '.join(self.reasons)}" if self.reasons else str(self.condition)

    def to_data(self) -> dict[str, Any]:
        """Return plain values, for an event's data or a program's input."""
        return {
            "step": self.step,
            "level": str(self.level),
            "condition": str(self.condition),
            "reasons": list(self.reasons),
            "advice": list(self.advice),
            "since": self.since,
            "checks": self.checks,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, changed: bool = False) -> Verdict:
        """Return the verdict that `to_data` made the values of."""
        return cls(
            step=int(data["step"]),
            level=Level(data["level"]),
            condition=Condition(data["condition"]),
            reasons=tuple(data["reasons"]),
            advice=tuple(data["advice"]),
            since=int(data["since"]),
            checks=int(data["checks"]),
            changed=changed,
        )
