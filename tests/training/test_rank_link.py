"""Two sides of a link in one process: signals are passed on, ends are heard, and a lost connection is an end."""

from __future__ import annotations

import dataclasses
import signal
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from seqsetvae.training.meeting_place import MeetingPlace
from seqsetvae.training.rank_end import RankEnd
from seqsetvae.training.rank_link import RankLink

SECONDS = 30.0
FAILURE = RankEnd(rank=1, code=1, reason="rank 1: boom", report="rank 1 failed")


@dataclass
class Side:
    """A link and what it called."""

    place: MeetingPlace
    signals: list[tuple[int, bool]] = field(default_factory=list)
    ends: list[RankEnd] = field(default_factory=list)
    seen: RankEnd | None = None
    signalled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.link = RankLink(self.place, on_signal=self.on_signal, on_end=self.ends.append, look=lambda: self.seen)

    def on_signal(self, number: int, from_another: bool) -> None:
        self.signals.append((number, from_another))
        self.signalled.set()


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    zero = Side(MeetingPlace(rank=0, world_size=2, address="127.0.0.1", port=port))
    one = Side(dataclasses.replace(zero.place, rank=1))
    one.link.start()
    zero.link.start()
    for side in (zero, one):
        assert side.link.connected.wait(SECONDS)
    yield zero, one
    for side in (zero, one):
        side.link.stop()


def test_a_failure_is_heard_and_acknowledged(sides: tuple[Side, Side]) -> None:
    zero, one = sides
    one.link.say(FAILURE)
    assert one.link.has_ended.wait(SECONDS)
    assert zero.link.ended == FAILURE
    assert zero.ends == [FAILURE]


def test_a_signal_is_passed_on_to_rank_zero(sides: tuple[Side, Side]) -> None:
    zero, one = sides
    one.link.wake_there.send(bytes([signal.SIGTERM]))  # as Python does when the signal arrives
    assert zero.signalled.wait(SECONDS)
    assert (zero.signals, one.signals) == ([(signal.SIGTERM, True)], [(signal.SIGTERM, False)])


def test_a_rank_that_leaves_without_a_word_is_gone(sides: tuple[Side, Side]) -> None:
    zero, one = sides
    one.link.hang_up()
    assert zero.link.has_ended.wait(SECONDS)
    assert zero.link.ended is not None
    assert zero.link.ended.reason == "rank 1 is gone"


def test_a_rank_that_has_finished_is_not_missed(sides: tuple[Side, Side]) -> None:
    zero, one = sides
    one.link.say(RankEnd(rank=1, code=0, reason="finished"))
    one.link.hang_up()
    zero.seen = RankEnd(rank=0, code=1, reason="seen after that")
    assert zero.link.has_ended.wait(SECONDS)
    assert zero.ends == [zero.seen]


def test_a_rank_that_does_not_come_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    alone = Side(MeetingPlace(rank=0, world_size=2, address="127.0.0.1", port=port, patience=0.0))
    alone.link.start()
    alone.link.wait_for_all()
    alone.link.stop()
    assert [end.reason for end in alone.ends] == ["rank 1 was not there within 0 s"]
