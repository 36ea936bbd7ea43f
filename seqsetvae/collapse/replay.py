"""A detector over the checks of a log; with the run's own thresholds, it repeats the run's own verdicts."""

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
