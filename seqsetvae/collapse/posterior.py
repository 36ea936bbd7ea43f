"""The detector: levels with hysteresis over lines of evidence. Stub for the interface; see the classes beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsetvae.collapse.evidence import weigh
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level


class PosteriorDetector:
    name = "posterior"

    def __init__(self, thresholds: Thresholds) -> None:
        self.thresholds = thresholds
        self.latest: Verdict | None = None

    def observe(self, observation: Observation) -> Verdict:
        evidence = weigh(observation, self.thresholds)
        n = len(evidence.lines)
        level = (Level.GREEN, Level.YELLOW, Level.ORANGE, Level.RED)[n]
        before = self.latest
        changed = before is None or before.level != level
        self.latest = Verdict(
            step=observation.step,
            level=level,
            condition=Condition.COLLAPSE if n else Condition.HEALTHY,
            reasons=tuple(f.reason for f in evidence.findings),
            advice=(),
            since=observation.step if changed or before is None else before.since,
            checks=1 if changed or before is None else before.checks + 1,
            changed=changed,
        )
        return self.latest

    def state_dict(self) -> dict[str, Any]:
        return {"name": self.name, "latest": None if self.latest is None else self.latest.to_data()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if state.get("name") == self.name:
            self.latest = None if state["latest"] is None else Verdict.from_data(state["latest"])
