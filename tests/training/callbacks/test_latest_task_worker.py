"""One thread, the newest task, and nothing lost at the end."""

from __future__ import annotations

import threading

import pytest

from seqsetvae.training.callbacks.latest_task_worker import LatestTaskWorker

#: Seconds after which a test has failed; none waits for it otherwise.
PATIENCE = 10.0


class Desk:
    """Work that stands still until it is let go."""

    def __init__(self) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.done: list[str] = []
        self.threads: set[int] = set()

    def work(self, item: str) -> None:
        self.begun.set()
        assert self.let_go.wait(PATIENCE)
        self.threads.add(threading.get_ident())
        self.done.append(item)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_submitting_does_not_wait_and_joining_does(desk: Desk) -> None:
    worker = LatestTaskWorker(desk.work, name="test")
    worker.submit("a")
    assert desk.done == []
    desk.let_go.set()
    worker.join()
    assert desk.done == ["a"]
    assert threading.get_ident() not in desk.threads


def test_a_newer_task_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    worker = LatestTaskWorker(desk.work, name="test")
    worker.submit("begun")
    assert desk.begun.wait(PATIENCE)
    worker.submit("replaced")
    worker.submit("newest")
    desk.let_go.set()
    worker.join()
    assert desk.done == ["begun", "newest"]
    assert len(desk.threads) == 1


def test_no_thread_is_left_and_work_can_be_submitted_again(desk: Desk) -> None:
    worker = LatestTaskWorker(desk.work, name="one of its own")
    desk.let_go.set()
    for item in ("a", "b"):
        worker.submit(item)
        worker.join()
        assert "one of its own" not in {thread.name for thread in threading.enumerate()}
    assert desk.done == ["a", "b"]


def test_joining_without_a_task_returns_at_once(desk: Desk) -> None:
    LatestTaskWorker(desk.work, name="test").join()
    assert desk.done == []


def test_an_exception_is_kept_once_and_the_next_task_is_done(desk: Desk) -> None:
    def work(item: str) -> None:
        if item == "bad":
            raise OSError("disk full")
        desk.done.append(item)

    worker = LatestTaskWorker(work, name="test")
    for item in ("bad", "good"):
        worker.submit(item)
        worker.join()
    assert str(worker.pop_error()) == "disk full"
    assert worker.pop_error() is None
    assert desk.done == ["good"]
