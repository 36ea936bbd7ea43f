"""New alerts: a rise to orange or red while the run is watched, raised once and not again when it is read again."""

from seqsetvae.stream.records import EventRecord, Level
from tests.tui.logs import T0
from tui.alerts.alerts import AlertBook


def event(step: int, level: Level, kind: str = "collapse") -> EventRecord:
    return EventRecord(t=T0 + step, step=step, level=level, kind=kind, message=f"{level.value} at {step}")


GREEN, YELLOW = event(100, Level.GREEN), event(200, Level.YELLOW)
ORANGE, RED = event(300, Level.ORANGE), event(400, Level.RED)


def watching(*past: EventRecord) -> AlertBook:
    """A book that has read a run's past."""
    book = AlertBook()
    assert book.new_alerts("p12", past, loaded=True) == ()
    return book


def steps(book: AlertBook, *events: EventRecord) -> list[int]:
    return [alert.event.step for alert in book.new_alerts("p12", events, loaded=True)]


def test_what_a_log_holds_when_it_is_first_read_is_the_past() -> None:
    book = watching(ORANGE, RED)
    assert book.pending("p12") is None


def test_a_past_that_takes_several_looks_to_read_is_the_past_too() -> None:
    book = AlertBook()
    assert book.new_alerts("p12", [YELLOW], loaded=False) == ()
    assert book.new_alerts("p12", [YELLOW, ORANGE], loaded=False) == ()
    assert book.new_alerts("p12", [YELLOW, ORANGE], loaded=True) == ()
    assert steps(book, YELLOW, ORANGE, RED) == [400]


def test_a_run_without_events_is_watched_from_its_first_one() -> None:
    assert steps(watching(), ORANGE) == [300]


def test_a_rise_to_orange_and_one_to_red_are_alerts_once() -> None:
    book = watching(GREEN)
    assert steps(book, GREEN, YELLOW) == []
    assert steps(book, GREEN, YELLOW, ORANGE) == [300]
    assert steps(book, GREEN, YELLOW, ORANGE) == []
    assert steps(book, GREEN, YELLOW, ORANGE, RED) == [400]
    assert book.pending("p12") is Level.RED


def test_another_name_for_the_same_level_and_a_better_level_are_no_alerts() -> None:
    book = watching(RED)
    assert steps(book, RED, event(500, Level.RED), event(600, Level.ORANGE)) == []


def test_facts_between_verdicts_change_nothing() -> None:
    book = watching(ORANGE)
    assert steps(book, ORANGE, event(350, Level.INFO, "checkpoint"), event(360, Level.ORANGE)) == []


def test_each_kind_of_verdict_rises_by_itself() -> None:
    book = watching(ORANGE)
    assert steps(book, ORANGE, event(350, Level.GREEN, "disk"), event(360, Level.ORANGE)) == []
    assert steps(book, ORANGE, event(350, Level.GREEN, "disk"), event(370, Level.ORANGE, "disk")) == [370]


def test_a_log_that_is_read_anew_alerts_nobody_twice() -> None:
    book = watching()
    assert steps(book, YELLOW, ORANGE) == [300]
    assert steps(book) == []
    assert steps(book, YELLOW) == []
    assert steps(book, YELLOW, ORANGE) == []


def test_events_that_fall_off_the_front_do_not_make_a_rise_of_what_follows() -> None:
    again = event(350, Level.ORANGE)
    book = watching(ORANGE, again)
    assert steps(book, again, event(500, Level.INFO, "checkpoint")) == []


def test_an_acknowledged_level_stays_quiet_when_it_comes_and_goes() -> None:
    book = watching()
    assert steps(book, ORANGE) == [300]
    assert book.acknowledge("p12") is Level.ORANGE
    assert book.pending("p12") is None
    assert steps(book, ORANGE, event(310, Level.YELLOW), event(320, Level.ORANGE)) == []
    assert steps(book, event(320, Level.ORANGE), RED) == [400]


def test_a_run_that_was_well_again_is_heard_again() -> None:
    book = watching()
    steps(book, ORANGE)
    book.acknowledge("p12")
    assert steps(book, ORANGE, event(310, Level.GREEN)) == []
    assert steps(book, ORANGE, event(310, Level.GREEN), event(320, Level.ORANGE)) == [320]


def test_recovery_needs_nobody_to_acknowledge_it() -> None:
    book = watching()
    steps(book, ORANGE)
    steps(book, ORANGE, event(310, Level.GREEN))
    assert book.pending("p12") is None


def test_there_is_nothing_to_acknowledge_in_a_run_that_is_well() -> None:
    assert AlertBook().acknowledge("nobody") is None
    assert watching(YELLOW).acknowledge("p12") is None


def test_runs_are_kept_apart() -> None:
    book = watching(ORANGE)
    assert book.new_alerts("other", [ORANGE], loaded=True) == ()
    assert [alert.run for alert in book.new_alerts("other", [ORANGE, RED], loaded=True)] == ["other"]


def test_numbers_that_are_finite_again_leave_nothing_to_acknowledge_and_may_alert_anew() -> None:
    broken, mended = event(500, Level.RED, "not_finite"), event(510, Level.INFO, "finite_again")
    book = watching(YELLOW)
    assert len(steps(book, YELLOW, broken)) == 1
    assert book.acknowledge("p12") is Level.RED
    assert steps(book, YELLOW, broken, mended) == []
    assert book.acknowledge("p12") is None
