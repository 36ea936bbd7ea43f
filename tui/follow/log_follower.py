"""The reading thread: finds runs, follows the chosen ones, feeds the store.

File notifications wake it at once; a poll of file sizes always runs beside them, since notifications do not cross
network file systems. Twenty polls a second cost 0.2 % of a core.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from seqsetvae.i18n.message import Message
from seqsetvae.logs.log import Log
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.records import Level
from tui.follow.catalog import Catalog
from tui.follow.file_watch import FileWatch, Patience, SearchPace
from tui.follow.run_follower import RunFollower
from tui.store.run_info import RunInfo
from tui.store.store import Store

POLL_SECONDS = 0.05
"""Default time between polls of the files of the runs that are followed."""

_SETTLE_SECONDS = 0.02
"""Pause after a notification: thousands of writes a second become at most fifty polls."""

_FOLLOWED = 4
"""Runs kept up to date at once, the last chosen first; older ones are let go to bound memory."""


class Reader:
    """Keeps a store up to date.

    Args:
        store: what to feed.
        only: names of the runs to show; all when empty.
        poll_seconds: time between polls.
        notify: use file notifications beside the poll.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        store: Store,
        only: Sequence[str] = (),
        *,
        poll_seconds: float = POLL_SECONDS,
        notify: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._catalog = Catalog(store.logdir, only)
        self._patience = Patience(poll_seconds, clock)
        self._clock = clock
        self._followers: OrderedDict[str, RunFollower] = OrderedDict()
        self._levels: dict[str, Level] = {}
        self._wanted: str | None = None
        self._beside: tuple[str, ...] = ()
        self._search = SearchPace(clock)
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._watch = FileWatch(store.logdir, self._wake) if notify else None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin reading in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="seqsetvae-watch-reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def select(self, name: str) -> None:
        """Follow a run; it is read from its beginning unless it is followed already."""
        self._wanted = name
        self._wake.set()

    def follow(self, names: tuple[str, ...]) -> None:
        """Follow these runs beside the selected one; of more than there is room for, the last."""
        self._beside = names
        self._wake.set()

    def step(self) -> bool:
        """One round: look for runs when it is time, read one slice of each followed run; True when more waits."""
        if self._search.due(notifies=self._notifies()):
            self.discover()
        self._follow_wanted()
        more = [follower.poll() for follower in self._followers.values()]
        return any(more)

    def discover(self) -> None:
        """Search for runs now."""
        if self._watch is not None and self._thread is not None:
            self._watch.refresh()
        problem = None
        if not self._store.logdir.is_dir():
            problem = Message("{logdir} is gone; waiting for it", logdir=self._store.logdir)
        self._store.set_runs([self._judged(info) for info in self._catalog.look()])
        self._store.report(watching=self._means(), problem=problem)

    def read_all(self, name: str) -> None:
        """Read all that is there of a run, in the calling thread."""
        self.select(name)
        while self.step():
            pass
        if name in self._followers:
            self._followers[name].finish()

    def _notifies(self) -> bool:
        """Whether notifications come from the runs that there are."""
        watching = self._watch is not None and self._watch.problem is None and self._thread is not None
        return watching and bool(self._store.runs())

    def _means(self) -> str:
        if self._watch is None:
            return Message("polling")
        return (
            Message("polling, {problem}", problem=self._watch.problem)
            if self._watch.problem
            else Message("inotify + poll")
        )

    def _follow_wanted(self) -> None:
        beside = [name for name in self._beside if name != self._wanted][1 - _FOLLOWED :]
        for name in (*beside, *((self._wanted,) if self._wanted is not None else ())):
            log = self._catalog.log(name)
            if log is None and name not in self._followers:
                continue
            if log is None or self._follows(name, log):
                self._followers.move_to_end(name)
            else:
                self._follow(name, log)
        while len(self._followers) > _FOLLOWED:
            oldest, _ = self._followers.popitem(last=False)
            self._store.forget(oldest)

    def _follows(self, name: str, log: Log) -> bool:
        """Whether a run is followed, and by the log that tells of it by now."""
        if name not in self._followers:
            return False
        followed = self._followers[name].log
        return (followed.format, followed.directory) == (log.format, log.directory)

    def _follow(self, name: str, log: Log) -> None:
        """Read a run from its beginning; a directory of which another log tells from now on is read as that."""
        if self._followers.pop(name, None) is not None:
            self._store.forget(name)
        self._followers[name] = RunFollower(log, self._store.data(name), clock=self._clock)

    def _judged(self, info: RunInfo) -> RunInfo:
        """A run of another tool with the level that is found while it is followed."""
        if info.log.format.is_ours:
            return info
        if info.name in self._followers and (verdict := verdict_of(self._store.data(info.name).events())) is not None:
            self._levels[info.name] = verdict.level
        return replace(info, level=self._levels.get(info.name))

    def _run(self) -> None:
        self._store.priority.leave_room(self._stopped)
        if self._watch is not None and not self._stopped.is_set():
            self._watch.start()
        try:
            self._loop()
        except Exception as error:  # the screen must say why numbers no longer move
            self._store.report(
                watching=self._means(), problem=Message("reading has stopped: {reason:.200}", reason=repr(error))
            )
            raise
        finally:
            if self._watch is not None:
                self._watch.stop()

    def _loop(self) -> None:
        while not self._stopped.is_set():
            if self.step():
                self._store.priority.leave_room(self._stopped)
                continue
            if self._wake.wait(self._patience.seconds):
                self._patience.notified()
                self._search.notified()
                self._stopped.wait(_SETTLE_SECONDS)
                self._wake.clear()
