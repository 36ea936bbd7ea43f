"""Other thresholds beside what the run said, in words and marks."""

from collections.abc import Sequence

import pytest

from seqsetvae.collapse.verdict_history import LevelChange, VerdictHistory
from seqsetvae.stream.records import EventRecord, Level
from tests.posterior.histories import verdict
from tests.tui.alerts.test_alerts import event
from tui.views.what_if_view import WhatIfView
from tui.what_if.comparison import compare
from tui.what_if.rejudge import Rejudged

SAID = [event(500, Level.GREEN), event(2_000, Level.YELLOW), event(2_400, Level.ORANGE)]
OTHER = {"kl_threshold": 0.5}


def change(step: int, level: Level) -> LevelChange:
    return LevelChange(step=step, t=float(step), level=level)


GREEN, ORANGE = change(100, Level.GREEN), change(1_200, Level.ORANGE)


def rejudged(*changes: LevelChange, progress: float = 1.0) -> Rejudged:
    history = VerdictHistory()
    for step, level, t in changes:
        history.add_verdict(verdict(step, level), t)
    return Rejudged(history=history, progress=progress)


JUDGED = rejudged(GREEN, ORANGE)


def compared(judged: Rejudged, said: Sequence[EventRecord] = SAID, step: int | None = 5_000) -> WhatIfView:
    return compare(OTHER, judged, said, step)


def test_an_earlier_alarm_is_reported_beside_the_later_one() -> None:
    found = compared(JUDGED)
    assert found.sentences == ("orange at step 1,200 instead of 2,400", "yellow at step 1,200 instead of 2,000")
    assert found.notice == "what if kl_threshold 0.5: orange at step 1,200 instead of 2,400"
    assert (found.level, found.marks) == (Level.ORANGE, (ORANGE, ORANGE))


def test_what_the_run_never_said_and_what_it_said_alone() -> None:
    assert compared(JUDGED, SAID[:2]).sentences[0] == "orange at step 1,200 instead of never"
    quiet = rejudged(GREEN)
    assert compared(quiet).sentences[0] == "orange never instead of at step 2,400"
    assert compared(quiet, SAID[:1]).sentences == ("green throughout",)


def test_an_alarm_at_the_same_step_is_said_to_be_the_same() -> None:
    assert compared(JUDGED, [event(1_200, Level.ORANGE)]).sentences[0] == "orange at step 1,200, as it was"


def test_a_log_without_verdicts_has_nothing_to_compare_with() -> None:
    other = [event(10, Level.RED, "not_finite"), event(11, Level.INFO, "best")]
    assert compared(JUDGED, other).sentences[0] == "orange at step 1,200"


def test_what_lies_beyond_the_moment_has_not_happened() -> None:
    found = compared(JUDGED, [], 1_199)
    assert (found.level, found.marks, found.sentences) == (Level.GREEN, (), ("green throughout",))
    assert compared(JUDGED, [], None).sentences == ("no check to judge",)


def test_while_it_is_judged_it_says_how_far_and_claims_nothing_that_may_come_yet() -> None:
    half = rejudged(GREEN, progress=0.43)
    assert compared(half).notice == "what if kl_threshold 0.5: judging 43 %"
    found = rejudged(GREEN, ORANGE, progress=0.43)
    assert compared(found).notice.endswith("judging 43 %, orange at step 1,200 instead of 2,400")


def test_a_problem_is_said() -> None:
    broken = Rejudged(problem="cannot read \x1b]0;x\x07", progress=1.0)
    assert "cannot read" in compared(broken, []).notice
    assert "\x1b" not in compared(broken, []).notice


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"kl_threshold": None}, "kl_threshold none"),
        ({"fast_detection": True, "min_checks": 3}, "fast_detection true, min_checks 3"),
        ({"free_bits": 0.25, "detector": "original", "a": 1, "b": 2}, "free_bits 0.25, detector original and 2 more"),
    ],
)
def test_settings_are_named_as_a_file_has_them(overrides: dict[str, object], words: str) -> None:
    assert compare(overrides, JUDGED, [], 5_000).settings == words
