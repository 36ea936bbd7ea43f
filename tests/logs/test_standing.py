"""What a run's level is when several events speak of it."""

import pytest

from seqsetvae.logs.standing import standing
from seqsetvae.stream.records import EventRecord, Level
from tests.tui.alerts.test_alerts import event

BROKEN = event(50, Level.RED, "not_finite")
MENDED = event(60, Level.INFO, "finite_again")
GREEN, YELLOW, RED = event(10, Level.GREEN), event(20, Level.YELLOW), event(30, Level.RED)


def level(*events: EventRecord) -> Level | None:
    """The level after events, oldest first."""
    found = standing(reversed(events))
    return found.level if found is not None else None


def test_facts_alone_are_no_verdict() -> None:
    assert level() is None
    assert level(event(1, Level.INFO, "started"), MENDED) is None


def test_the_newest_verdict_stands() -> None:
    assert level(GREEN, YELLOW) is Level.YELLOW
    assert level(RED, YELLOW, event(40, Level.INFO, "best")) is Level.YELLOW


@pytest.mark.parametrize("said", [GREEN, YELLOW, RED])
def test_numbers_that_are_finite_again_leave_what_the_detector_said(said: EventRecord) -> None:
    assert level(said, BROKEN) is Level.RED
    assert level(said, BROKEN, MENDED) is said.level


def test_a_milder_verdict_does_not_hide_numbers_that_are_still_not_finite() -> None:
    assert level(BROKEN, event(55, Level.YELLOW)) is Level.RED
    assert level(BROKEN, event(55, Level.YELLOW), MENDED) is Level.YELLOW


def test_numbers_may_break_again() -> None:
    assert level(GREEN, BROKEN, MENDED, event(70, Level.RED, "not_finite")) is Level.RED


def test_a_resumed_run_has_left_its_failure_behind() -> None:
    failed, resumed = event(80, Level.RED, "failed"), event(81, Level.INFO, "resumed")
    assert level(YELLOW, failed) is Level.RED
    assert level(YELLOW, BROKEN, failed, resumed) is Level.YELLOW


def test_a_warning_of_another_writer_stands_until_the_next_verdict() -> None:
    assert level(GREEN, event(15, Level.YELLOW, "log_gap")) is Level.YELLOW
    assert level(event(5, Level.YELLOW, "log_gap"), GREEN) is Level.GREEN
