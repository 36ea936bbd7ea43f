"""One thread, the newest order, and nothing lost at the end."""

from __future__ import annotations

import threading

import pytest

from seqsetvae.training.callbacks.latest_worker import LatestWorker

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


def test_ordering_does_not_wait_and_finishing_does(desk: Desk) -> None:
    worker = LatestWorker(desk.work, name="test")
    worker.order("a")
    assert desk.done == []
    desk.let_go.set()
    worker.finish()
    assert desk.done == ["a"]
    assert threading.get_ident() not in desk.threads


def test_a_newer_order_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    worker = LatestWorker(desk.work, name="test")
    worker.order("begun")
    assert desk.begun.wait(PATIENCE)
    worker.order("replaced")
    worker.order("newest")
    desk.let_go.set()
    worker.finish()
    assert desk.done == ["begun", "newest"]
    assert len(desk.threads) == 1


def test_no_thread_is_left_and_work_can_be_ordered_again(desk: Desk) -> None:
    worker = LatestWorker(desk.work, name="told apart")
    desk.let_go.set()
    for item in ("a", "b"):
        worker.order(item)
        worker.finish()
        assert "told apart" not in {thread.name for thread in threading.enumerate()}
    assert desk.done == ["a", "b"]


def test_finishing_without_an_order_returns_at_once(desk: Desk) -> None:
    LatestWorker(desk.work, name="test").finish()
    assert desk.done == []


def test_an_exception_is_kept_once_and_the_next_order_is_done(desk: Desk) -> None:
    def work(item: str) -> None:
        if item == "bad":
            raise OSError("disk full")
        desk.done.append(item)

    worker = LatestWorker(work, name="test")
    for item in ("bad", "good"):
        worker.order(item)
        worker.finish()
    assert str(worker.take_error()) == "disk full"
    assert worker.take_error() is None
    assert desk.done == ["good"]
