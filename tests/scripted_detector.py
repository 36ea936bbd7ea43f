"""A detector that says what a test wants, check by check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level

CONDITIONS = {
    Level.GREEN: Condition.HEALTHY,
    Level.YELLOW: Condition.PARTIAL_COLLAPSE,
    Level.ORANGE: Condition.COLLAPSE,
    Level.RED: Condition.COLLAPSE,
}


def levels(text: str) -> list[Level]:
    """Return the levels that letters stand for: `ggyor` is green, green, yellow, orange, red."""
    return [next(level for level in CONDITIONS if level.startswith(letter)) for letter in text]


class ScriptedDetector:
    """Gives the levels of a script, its last one for ever; counts its checks, and keeps the count in its state."""

    def __init__(self, script: str) -> None:
        self._script: Sequence[Level] = levels(script)
        self._checks = 0
        self.latest: Verdict | None = None

    def observe(self, observation: Observation) -> Verdict:
        level = self._script[min(self._checks, len(self._script) - 1)]
        self._checks += 1
        before = self.latest
        changed = before is None or before.level is not level
        self.latest = Verdict(
            step=observation.step,
            level=level,
            condition=CONDITIONS[level],
            reasons=() if level is Level.GREEN else (f"check {self._checks} says so",),
            advice=() if level is Level.GREEN else ("lower --max_beta",),
            since=observation.step if changed or before is None else before.since,
            checks=1 if changed or before is None else before.checks + 1,
            changed=changed,
        )
        return self.latest

    def state_dict(self) -> dict[str, Any]:
        latest = None if self.latest is None else self.latest.to_data()
        return {"name": "scripted", "checks": self._checks, "latest": latest}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self._checks = int(state["checks"])
        self.latest = None if state["latest"] is None else Verdict.from_data(state["latest"])
