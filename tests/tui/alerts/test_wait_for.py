"""Waiting for a run: driven look by look, with a log that grows in the pauses."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from seqsetvae.stream.codec import encode_event, encode_manifest
from seqsetvae.stream.records import EventRecord, Level, RunState
from tests.tui.logs import T0, append, lines, manifest, write_run
from tui.alerts.alerts import Alert
from tui.alerts.wait_for import Goal, Outcome, Wait, wait_on_files
from tui.follow.log_follower import Reader
from tui.store.store import Store


def verdict(step: int, level: Level) -> EventRecord:
    return EventRecord(t=T0 + step, step=step, level=level, kind="collapse", message=f"KL \x1b[31m {step}")


def end(run: Path, state: RunState) -> Callable[[], None]:
    return lambda: _replace(run, encode_manifest(manifest(run.name, state=state)))


def judge(run: Path, step: int, level: Level) -> Callable[[], None]:
    return lambda: append(run / "events.jsonl", encode_event(verdict(step, level)))


def _replace(run: Path, body: bytes) -> None:
    part = run / "part"
    part.write_bytes(body)
    part.replace(run / "run.json")


def wait_through(
    logdir: Path, *moments: Callable[[], object], goal: Goal, run: str | None = None, alerts: list[Alert] | None = None
) -> Outcome:
    """Wait while one moment after the other happens; a pause too many is a wait that should have ended."""
    ticks = iter(range(1_000_000))
    store = Store(logdir=logdir)
    reader = Reader(store, [run] if run else [], notify=False, clock=lambda: float(next(ticks)))
    happening = iter(moments)

    def pause() -> None:
        moment = next(happening, None)
        if moment is None:
            pytest.fail("it still waits")
        moment()

    on_alert = alerts.append if alerts is not None else None
    wait = Wait(store, reader, run=run, goal=goal, on_alert=on_alert, clock=lambda: T0 + 60)
    outcome = wait.until_then(pause)
    assert next(happening, None) is None, "it did not wait for all that was to happen"
    return outcome


def test_it_waits_until_the_run_is_red(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a")
    outcome = wait_through(
        tmp_path, judge(run, 10, Level.YELLOW), judge(run, 20, Level.ORANGE), judge(run, 30, Level.RED), goal=Goal.RED
    )
    assert outcome.reached
    assert outcome.level is Level.RED
    assert str(outcome) == "a: running at step 49, red: KL �[31m 30"


def test_a_run_that_is_red_already_is_not_waited_for(tmp_path: Path) -> None:
    judge(write_run(tmp_path / "a"), 10, Level.RED)()
    assert wait_through(tmp_path, goal=Goal.RED).reached


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.INTERRUPTED, RunState.FAILED])
def test_a_run_that_has_ended_cannot_turn_red(tmp_path: Path, state: RunState) -> None:
    run = write_run(tmp_path / "a")
    outcome = wait_through(tmp_path, judge(run, 10, Level.ORANGE), end(run, state), goal=Goal.RED)
    assert not outcome.reached
    assert (outcome.state.value, outcome.level) == (state.value, Level.ORANGE)


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.INTERRUPTED, RunState.FAILED])
def test_waiting_for_the_end_tells_which_end_it_was(tmp_path: Path, state: RunState) -> None:
    run = write_run(tmp_path / "a")
    outcome = wait_through(tmp_path, judge(run, 10, Level.RED), end(run, state), goal=Goal.FINISHED)
    assert outcome.reached is (state is RunState.FINISHED)
    assert str(outcome).startswith(f"a: {state.value} at step 49, red:")


def test_what_was_written_right_before_the_end_counts(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a")

    def last_words() -> None:
        append(run / "metrics.jsonl", lines(50, 60))
        judge(run, 59, Level.RED)()
        end(run, RunState.FINISHED)()

    outcome = wait_through(tmp_path, last_words, goal=Goal.FINISHED)
    assert (outcome.step, outcome.level) == (59, Level.RED)


def test_the_first_run_of_an_empty_directory_is_waited_for(tmp_path: Path) -> None:
    outcome = wait_through(
        tmp_path, lambda: None, lambda: write_run(tmp_path / "new", state=RunState.FINISHED), goal=Goal.FINISHED
    )
    assert outcome.run == "new"
    assert outcome.level is Level.GREEN
    assert str(outcome).endswith("green: no verdict")


def test_another_run_does_not_end_the_wait(tmp_path: Path) -> None:
    run, other = write_run(tmp_path / "a"), write_run(tmp_path / "b")
    outcome = wait_through(tmp_path, end(other, RunState.FINISHED), end(run, RunState.FAILED), goal=Goal.RED, run="a")
    assert outcome.run == "a"


def test_alerts_are_reported_on_the_way_and_the_past_is_not(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a")
    judge(run, 10, Level.ORANGE)()
    alerts: list[Alert] = []
    wait_through(
        tmp_path,
        judge(run, 20, Level.GREEN),
        judge(run, 30, Level.ORANGE),
        judge(run, 40, Level.RED),
        goal=Goal.RED,
        alerts=alerts,
    )
    assert [(alert.event.step, alert.level) for alert in alerts] == [(30, Level.ORANGE), (40, Level.RED)]


def test_a_file_notification_cuts_the_pause_short_and_no_thread_is_left(tmp_path: Path) -> None:
    run = write_run(tmp_path / "a")
    before = set(threading.enumerate())
    store = Store(logdir=tmp_path)
    ticks = iter(range(1_000_000))
    reader = Reader(store, notify=False, clock=lambda: float(next(ticks)))
    looks = 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        if looks == 1:  # the run turns red while it is looked at: only a notification tells of it within the hour
            threading.Timer(0.2, judge(run, 30, Level.RED)).start()
        return T0 + 60

    outcome = wait_on_files(
        Wait(store, reader, run="a", goal=Goal.RED, clock=clock), store, seconds=3_600.0, notify=True
    )
    assert outcome.reached
    assert {thread for thread in threading.enumerate() if not isinstance(thread, threading.Timer)} <= before
