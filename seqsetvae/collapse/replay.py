"""A detector over checks: what would it have said, and when? With the run's own thresholds, what the run wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict


def replay(observations: Iterable[Observation], thresholds: Thresholds) -> Iterator[Verdict]:
    """Yield the verdict of each check, in order."""
    detector = make_detector(thresholds)
    for observation in observations:
        yield detector.observe(observation)
