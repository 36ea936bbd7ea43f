"""Notifications of changes, without a word on the screen."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from watchdog.observers.api import EventEmitter

from tui.follow.file_watch import (
    GONE,
    NO_WATCHES,
    NOTIFIED_POLL_SECONDS,
    NOTIFIED_SECONDS,
    QUIET_SEARCH_SECONDS,
    SEARCH_SECONDS,
    FileWatch,
    Patience,
    SearchPace,
)


def test_a_write_raises_the_flag(tmp_path: Path) -> None:
    flag = threading.Event()
    watch = FileWatch(tmp_path, flag)
    watch.start()
    try:
        (tmp_path / "metrics.jsonl").write_text("{}\n")
        assert flag.wait(10)
    finally:
        watch.stop()


@pytest.mark.skipif(not hasattr(os, "O_PATH"), reason="directories cannot be held open here")
class TestADirectoryThatGoes:
    def test_another_in_its_place_is_watched(self, tmp_path: Path) -> None:
        """Even where the system gives it the old one's number."""
        logs, flag = tmp_path / "logs", threading.Event()
        logs.mkdir()
        watch = FileWatch(logs, flag)
        watch.start()
        try:
            logs.rmdir()
            watch.refresh()
            said = [watch.problem]
            logs.mkdir()
            watch.refresh()
            assert [*said, watch.problem] == [GONE, None]
            flag.clear()
            (logs / "metrics.jsonl").write_text("{}\n")
            assert flag.wait(10)
        finally:
            watch.stop()

    def test_one_that_went_and_came_between_two_looks_is_noticed(self, tmp_path: Path) -> None:
        logs, flag = tmp_path / "logs", threading.Event()
        logs.mkdir()
        watch = FileWatch(logs, flag)
        watch.start()
        try:
            logs.rmdir()
            logs.mkdir()
            watch.refresh()
            flag.clear()
            (logs / "metrics.jsonl").write_text("{}\n")
            assert flag.wait(10)
        finally:
            watch.stop()

    def test_nothing_is_held_open_afterwards(self, tmp_path: Path) -> None:
        before = len(list(Path("/proc/self/fd").iterdir()))
        watch = FileWatch(tmp_path, threading.Event())
        watch.start()
        watch.stop()
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_watching_that_has_died_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new run's directory may be one watch too many; the library's thread then ends."""
    watch = FileWatch(tmp_path, threading.Event())
    watch.start()
    try:
        watch.refresh()
        said = [watch.problem]
        monkeypatch.setattr(EventEmitter, "is_alive", lambda _: False)
        watch.refresh()
        assert [*said, watch.problem] == [None, NO_WATCHES]
    finally:
        watch.stop()


class CountedFlag(threading.Event):
    """Counts how often it is raised."""

    def __init__(self) -> None:
        super().__init__()
        self.raised = 0

    def set(self) -> None:
        self.raised += 1
        super().set()


def test_reading_a_file_raises_no_flag(tmp_path: Path) -> None:
    """The watcher itself opens each file many times a second."""
    read = tmp_path / "metrics.jsonl"
    read.write_text("{}\n")
    flag = CountedFlag()
    watch = FileWatch(tmp_path, flag)
    watch.start()
    try:
        for _ in range(20):
            read.read_text()
        (tmp_path / "a-run").mkdir()  # reported after all that came before it
        assert flag.wait(10)
        assert flag.raised < 5
    finally:
        watch.stop()


class TestPatience:
    def test_it_polls_where_nothing_tells_of_changes(self) -> None:
        assert Patience(0.05, lambda: 0.0).seconds == 0.05

    def test_it_waits_longer_while_notifications_come(self) -> None:
        now = 100.0
        patience = Patience(0.05, lambda: now)
        patience.notified()
        assert patience.seconds == NOTIFIED_POLL_SECONDS
        now += NOTIFIED_SECONDS
        assert patience.seconds == 0.05

    def test_a_rare_poll_is_not_made_more_frequent(self) -> None:
        patience = Patience(30.0, lambda: 0.0)
        patience.notified()
        assert patience.seconds == 30.0


class TestSearchPace:
    def searches(self, seconds: int, *, notifies: bool, notified_at: int | None = None) -> list[int]:
        """The seconds, of so many, at which runs are searched for."""
        now = 0
        pace = SearchPace(lambda: float(now))
        found = []
        for now in range(seconds):
            if now == notified_at:
                pace.notified()
            if pace.due(notifies=notifies):
                found.append(now)
        return found

    def test_without_notifications_runs_are_searched_for_every_second(self) -> None:
        assert self.searches(4, notifies=False) == [0, 1, 2, 3]
        assert SEARCH_SECONDS == 1

    def test_where_notifications_would_tell_it_is_done_rarely(self) -> None:
        assert self.searches(11, notifies=True) == [0, 5, 10]
        assert QUIET_SEARCH_SECONDS == 5

    def test_a_notification_brings_the_next_search_forward(self) -> None:
        assert self.searches(11, notifies=True, notified_at=2) == [0, 2, 7]


def test_what_the_library_complains_of_does_not_reach_the_terminal() -> None:
    """Such as an event that comes while watching is being stopped."""
    complain = (
        "import logging, tui.follow.file_watch; logging.getLogger('watchdog.observers.inotify').error('inactive')"
    )
    done = subprocess.run([sys.executable, "-c", complain], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_whoever_sets_up_logging_still_hears_it() -> None:
    assert logging.getLogger("watchdog").propagate
