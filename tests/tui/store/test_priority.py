"""The screen goes before the reading of a long past."""

from __future__ import annotations

import threading

from tui.store.priority import Priority


class Clock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Waiting(threading.Event):
    """An event that is never set; what waits for it lets a clock go on, and something happen after a while."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        self._clock.now += timeout or 0.0
        return self.is_set()


def test_nothing_waits_where_nothing_is_claimed() -> None:
    clock = Clock()
    stopped = Waiting(clock)
    Priority(clock).leave_room(stopped)
    assert stopped.waits == 0


def test_a_claim_is_waited_for_and_ends_by_itself() -> None:
    clock = Clock()
    priority = Priority(clock)
    priority.claim(0.1)
    priority.leave_room(Waiting(clock))
    assert clock.now >= 100.1
    assert clock.now < 100.12


def test_a_shorter_claim_does_not_cut_a_longer_one() -> None:
    clock = Clock()
    priority = Priority(clock)
    priority.claim(1.0)
    priority.claim(0.1)
    clock.now += 0.5
    assert priority.claimed


def test_a_claim_that_is_given_back_holds_nothing_up() -> None:
    clock = Clock()
    priority = Priority(clock)
    priority.claim(1.0)
    priority.release()
    stopped = Waiting(clock)
    priority.leave_room(stopped)
    assert stopped.waits == 0


def test_whoever_is_to_end_does_not_wait_for_the_screen() -> None:
    clock = Clock()
    priority = Priority(clock)
    priority.claim(1.0)
    stopped = Waiting(clock)
    stopped.set()
    priority.leave_room(stopped)
    assert stopped.waits == 1
