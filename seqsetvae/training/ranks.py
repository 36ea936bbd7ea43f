"""The processes of one run end together, whatever ends one of them.

Nothing that happens on the way out is collective: the rank that fails says why, rank 0 prints it once and writes what
one process alone can, and all end. A thread ends a process whose main thread is blocked. With one process, there is no
link and no thread; signals and the log's last word are the same.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any, Self

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from seqsetvae.commandline.program import BAD_INPUT
from seqsetvae.data.worker_signals import ENDING
from seqsetvae.stream.records import RunState
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.meeting_place import MEETING, MeetingPlace, meeting_place, place_of_environment
from seqsetvae.training.rank_end import (
    FAILED,
    RankEnd,
    RankError,
    TrainingInterrupted,
    end_of,
    end_without_word,
    failure_text,
    is_from_communication,
)
from seqsetvae.training.rank_launcher import RankLauncher
from seqsetvae.training.rank_link import RankLink

#: Seconds that a process has to end by itself after another one has.
GRACE = 5.0
#: Seconds that its main thread has to hear of a signal that ends it at once.
HEARING = 2.0
#: Seconds that another rank than 0 has for that, once rank 0 has left: it has nothing to write.
FOLLOWING = 1.0
#: Seconds that it has to write what is left to be written, once it is about to end.
WRITING = 120.0
#: Seconds for an error of communication to be explained by the end of another rank.
EXPLANATION = 2.0
#: Seconds within which a signal that comes again, from a launcher that passes it on, is the same one.
ECHO = 1.0


class Ranks:
    """The processes of a run, seen from one of them; a context within which the run is built, trained and tested.

    Args:
        program: The program's name, for sentences.
        environ: The environment, which tells whether a launcher started several processes.
    """

    def __init__(self, program: str, environ: Mapping[str, str] = os.environ) -> None:
        self._program = program
        self._environ = environ
        self._parent = os.getppid()
        self._pid = os.getpid()
        self._watched_parent = False
        self._link: RankLink | None = None
        self._log: JsonlLogger | None = None
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._previous: dict[int, Any] = {}
        self._signal_time: float | None = None
        self._first_signal: float | None = None
        self._own: RankEnd | None = None
        self._deadline: tuple[float, RankEnd] | None = None
        #: Whether a signal waits for the end of a step, so that a main thread that does not hear it is busy.
        self.postpones_signals = False

    def __enter__(self) -> Self:
        """End at once on a signal, and meet the others where the environment says that there are some."""
        if threading.current_thread() is threading.main_thread():
            for number in ENDING:
                self._previous[number] = signal.signal(number, self._interrupt)
        place = place_of_environment(self._environ)
        if place is not None:
            self._watched_parent = TorchElasticEnvironment.detect()
            self._meet(place).wait_for_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Say the log's last word, end the others, and leave; what is one sentence is left to the program to say."""
        end = None if error is None else self._end_by(error)
        if error is not None and end is not None:
            self._close_log(end, failure_text(error) if self._link is None else end.reason)
        if self._link is None or end is None:
            self._finish()
            return
        if self._rank == 0:
            self._link.hang_up()
            self._wait_for_children(GRACE)
            if end is self._own and end.code == BAD_INPUT:
                return
            if end.code == BAD_INPUT:
                self._print(f"{self._program}: {end.reason}")
        elif end is self._own and end.report and not self._was_heard():
            self._print(f"{self._program}: {end.reason}" if end.code == BAD_INPUT else end.report)
        _leave(end.code)

    def _finish(self) -> None:
        """Leave signals as they were found, and the other ranks as they are."""
        if self._link is not None:
            self._link.close()
            self._link.say(RankEnd(rank=self._rank, code=0, reason="finished"))
            self._wait_for_children(WRITING)
            signal.set_wakeup_fd(-1)
            self._link.stop()
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @property
    def _rank(self) -> int:
        return 0 if self._link is None else self._link.place.rank

    def join(self, trainer: pl.Trainer, log: JsonlLogger) -> None:
        """Take part in a trainer's processes, if it has several that run this program."""
        self._log = log
        # Lightning's own would broadcast within a signal handler.
        trainer._signal_connector._sigterm_notifier_fn = _leave_to_others  # type: ignore[method-assign, assignment]
        launcher = trainer.strategy.launcher
        if trainer.world_size == 1 or not isinstance(launcher, _SubprocessScriptLauncher):
            return
        environment = launcher.cluster_environment
        if self._link is None:
            is_child = environment.creates_processes_externally
            patience = MEETING if is_child else math.inf
            self._meet(meeting_place(environment, trainer.global_rank, trainer.world_size, patience=patience))
        trainer.strategy._launcher = RankLauncher(
            environment, launcher.num_processes, launcher.num_nodes, watch=self._watch, explain=self.explain
        )

    def _watch(self, children: Sequence[subprocess.Popen[bytes]]) -> None:
        """End with any of the processes that this one has started."""
        self._children = {self._rank + 1 + number: process for number, process in enumerate(children)}

    def explain(self, error: BaseException) -> BaseException:
        """Return what has ended training here: the end of another rank, or this error, of which the others hear."""
        link = self._link
        if link is None or self._own is not None or isinstance(error, RankError):
            return error
        if is_from_communication(error):
            link.has_ended.wait(EXPLANATION)
        ended = link.ended
        if ended is not None:
            self._arm(WRITING, ended, again=self._rank == 0)
            return TrainingInterrupted(ended.code - 128) if ended.was_interrupted else RankError(ended)
        self._own = end_of(error, self._rank)
        self._arm(WRITING, self._own, again=True)
        if self._rank == 0 and self._own.code != BAD_INPUT:
            self._print(self._own.report)
        link.say(self._own)
        return error

    def _meet(self, place: MeetingPlace) -> RankLink:
        self._link = RankLink(place, on_signal=self._on_signal, on_end=self._on_end, look=self._look)
        signal.set_wakeup_fd(self._link.wake_there.fileno(), warn_on_full_buffer=False)
        self._link.start()
        return self._link

    def _end_by(self, error: BaseException) -> RankEnd:
        """Return the end that an error which has left the run makes of this process."""
        cause = self.explain(error)
        if self._own is not None:
            return self._own
        return cause.end if isinstance(cause, RankError) else end_of(cause, self._rank)

    def _was_heard(self) -> bool:
        """Return whether rank 0 has heard of the end of this one, and says it; wait for that a little."""
        assert self._link is not None
        if not self._link.connected.wait(GRACE):
            return False
        if not self._link.has_ended.is_set() and self._own is not None:
            self._link.say(self._own)
        return self._link.has_ended.wait(GRACE)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        if self.ignores_signal():
            return
        raise TrainingInterrupted(number)

    def ignores_signal(self) -> bool:
        """Return whether nothing is to be done about a signal that has just come.

        A worker got it, another rank decides, it was passed on twice, or this process is ending already.
        """
        if os.getpid() != self._pid:
            return True
        if self._link is None:
            return False
        now, before = time.monotonic(), self._signal_time
        self._signal_time = now
        is_echo = before is not None and now - before < ECHO
        leaves_it = self._rank != 0 and self._link.connected.is_set()
        return leaves_it or is_echo or self._own is not None or self._link.ended is not None

    def _on_signal(self, number: int, from_another: bool) -> None:
        if from_another:
            if self._first_signal is None:
                signal.pthread_kill(_main_thread(), number)
        elif self._rank == 0:
            now = time.monotonic()
            self._first_signal = now if self._first_signal is None else self._first_signal
            if not self.postpones_signals or now - self._first_signal > ECHO:
                self._arm(HEARING, end_of(TrainingInterrupted(number), 0))

    def _on_end(self, end: RankEnd) -> None:
        if self._rank == 0 and self._own is None and end.code != BAD_INPUT:
            self._print(end.report)
        self._arm(GRACE if self._rank == 0 else WRITING, end)

    def _look(self) -> RankEnd | None:
        if self._deadline is not None and time.monotonic() > self._deadline[0]:
            self._force(self._deadline[1])
        for rank, process in list(self._children.items()):
            if process.poll() is not None:
                del self._children[rank]
                if process.returncode:
                    return end_without_word(rank, process.returncode)
        if self._watched_parent and os.getppid() != self._parent:
            self._watched_parent = False
            reason = f"the process that started rank {self._rank} is gone"
            return RankEnd(rank=self._rank, code=FAILED, reason=reason, report=reason)
        if self._rank != 0 and self._link is not None and self._link.is_alone and self._link.ended is not None:
            self._arm(FOLLOWING, self._link.ended)
        return None

    def _arm(self, seconds: float, end: RankEnd, *, again: bool = False) -> None:
        """Force an end after some seconds, unless one is to be forced earlier."""
        deadline = time.monotonic() + seconds
        if self._deadline is None or again or deadline < self._deadline[0]:
            self._deadline = deadline, end

    def _force(self, end: RankEnd) -> None:
        """End this process from the link's thread, since its main thread does not."""
        if self._rank == 0:
            if end.code == BAD_INPUT:
                self._print(f"{self._program}: {end.reason}")
            self._close_log(end, end.reason)
            self._wait_for_children(0.0)
        _leave(end.code)

    def _close_log(self, end: RankEnd, reason: str) -> None:
        if self._log is not None:
            self._log.end(RunState.INTERRUPTED if end.was_interrupted else RunState.FAILED, reason)

    def _wait_for_children(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for process in list(self._children.values()):
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()

    def _print(self, text: str) -> None:
        if text:
            print(text.rstrip("\n"), file=sys.stderr, flush=True)


def _leave(code: int) -> None:
    """End this process without its exit handlers, which would wait for ranks that are gone."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code or FAILED)


def _leave_to_others(_number: int, _frame: FrameType | None) -> None:
    """Be a signal handler that does nothing."""


def _main_thread() -> int:
    ident = threading.main_thread().ident
    assert ident is not None
    return ident
