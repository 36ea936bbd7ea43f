"""A detector over the checks of a log; with the run's own thresholds, it repeats the run's own verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from seqsetvae.collapse.detector import make_detector
from seqsetvae.collapse.observation import Observation
from seqsetvae.collapse.thresholds import Thresholds
from seqsetvae.collapse.verdict import Verdict
from seqsetvae.collapse.verdict_history import CHANGES, VerdictHistory


class Replay:
    """Judges checks one after the other, and keeps what was said of them.

    Args:
        thresholds: What to judge by.
        most: Changes of level to keep at most.
    """

    def __init__(self, thresholds: Thresholds, *, most: int = CHANGES) -> None:
        self._detector = make_detector(thresholds)
        #: All verdicts so far.
        self.history = VerdictHistory(most=most)

    def judge(self, observation: Observation, t: float = math.nan) -> Verdict:
        """Return the verdict of the next check, which was written at unix second `t`."""
        verdict = self._detector.observe(observation)
        self.history.add_verdict(verdict, t)
        return verdict


def replay(observations: Iterable[Observation], thresholds: Thresholds) -> Iterator[Verdict]:
    """Yield the verdict of each check, in order."""
    return map(Replay(thresholds).judge, observations)
