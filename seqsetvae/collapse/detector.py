"""What every detector can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from seqsetvae.collapse.advice import FLAGS, Words
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict


class Detector(Protocol):
    """Judges checks in the order of their steps; the same checks always give the same verdicts."""

    @property
    def latest(self) -> Verdict | None:
        """The last verdict, or None before the first check."""

    def observe(self, observation: Observation) -> Verdict:
        """Judge one more check."""

    def state_dict(self) -> dict[str, Any]:
        """Return all that later verdicts depend on, as plain JSON values."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""


def make_detector(thresholds: Thresholds, words: Words = FLAGS) -> Detector:
    """Return the detector that the settings name, before its first check; `words` are those of its advice."""
    from seqsetvae.collapse.original_detector import OriginalDetector
    from seqsetvae.collapse.posterior_detector import PosteriorDetector

    if thresholds.detector == "original":
        return OriginalDetector(thresholds)
    return PosteriorDetector(thresholds, words=words)
