"""The rules of the original code, kept so that the two detectors can be compared on the same stream.

Four numbers: KL below 0.01, mean σ² below 0.1, share of dimensions with σ² > 0.01 below 0.1, and a slope of the
reconstruction loss over the last 50 checks above 0.001 a check. KL that stayed low for 20 checks counts two more.
One is yellow, two or more are orange, and red where the next check confirms them.

They are known to be wrong: collapse drives σ² to the prior's 1, not to 0, so that the second and third never fire
together with the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import PosteriorSize, Thresholds
from seqsetvae.collapse.trend import slope
from seqsetvae.collapse.verdict import Condition, Verdict
from seqsetvae.stream.records import Level

#: Checks of low KL that count twice.
CONSISTENTLY = 20
#: Checks over which the slope of the reconstruction loss is taken, and the slope that is too steep.
SLOPE_CHECKS, RISING_SLOPE = 50, 0.001


class OriginalDetector:
    """Judges by the original rules."""

    name = "original"

    def __init__(self, thresholds: Thresholds) -> None:
        names = ("kl_threshold", "var_threshold", "active_units_threshold")
        self._kl, self._variance, self._active = (thresholds.limit(name, PosteriorSize()) or 0.0 for name in names)
        self._recon: list[float] = []
        self._low_kl = 0
        self._collapsed_before = False
        self.latest: Verdict | None = None

    def observe(self, observation: Observation) -> Verdict:
        """Judge one more check."""
        reasons, indicators = self._indicators(observation)
        collapsed = indicators >= 2
        level = Level.GREEN if indicators == 0 else Level.YELLOW
        if collapsed:
            level = Level.RED if self._collapsed_before else Level.ORANGE
        self._collapsed_before = collapsed
        condition = Condition.COLLAPSE if reasons else Condition.HEALTHY
        self.latest = Verdict.following(
            self.latest, step=observation.step, level=level, condition=condition, reasons=tuple(reasons)
        )
        return self.latest

    def state_dict(self) -> dict[str, Any]:
        """Return all that later verdicts depend on."""
        return {
            "name": self.name,
            "recon": list(self._recon),
            "low_kl": self._low_kl,
            "collapsed_before": self._collapsed_before,
            "latest": None if self.latest is None else self.latest.to_data(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`; that of another detector is left alone."""
        if state.get("name") != self.name:
            return
        self._recon = [float(value) for value in state["recon"]]
        self._low_kl = int(state["low_kl"])
        self._collapsed_before = bool(state["collapsed_before"])
        self.latest = None if state["latest"] is None else Verdict.from_data(state["latest"])

    def _indicators(self, seen: Observation) -> tuple[list[str], int]:
        reasons: list[str] = []
        counts_twice = 0
        low = seen.kl < self._kl
        self._low_kl = self._low_kl + 1 if low else 0
        if low:
            reasons.append(f"KL {seen.kl:.3g} < {self._kl:g}")
        if self._low_kl >= CONSISTENTLY:
            reasons.append(f"KL low in the last {CONSISTENTLY} checks")
            counts_twice = 1
        if seen.variance is not None and seen.variance < self._variance:
            reasons.append(f"variance {seen.variance:.3g} < {self._variance:g}")
        if seen.active_units_sigma is not None and seen.active_units_sigma < self._active:
            reasons.append(f"share with variance above 0.01 is {seen.active_units_sigma:.3g} < {self._active:g}")
        if seen.recon is not None:
            self._recon = [*self._recon, seen.recon][-SLOPE_CHECKS:]
        if len(self._recon) == SLOPE_CHECKS and (rise := slope(self._recon)) > RISING_SLOPE:
            reasons.append(f"reconstruction loss rises by {rise:.3g} a check, > {RISING_SLOPE}")
        return reasons, len(reasons) + counts_twice
