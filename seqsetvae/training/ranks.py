"""The processes of one run end together, whatever ends one of them.

Nothing that happens on the way out is collective: the rank that fails says why, rank 0 prints it once and writes what
one process alone can, and all end. A thread ends a process whose main thread is blocked. With one process, there is no
link and no thread; signals and the log's last word are the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Self

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.utilities.distributed import _set_num_threads_if_needed
from pytorch_lightning.strategies.launchers import _SubprocessScriptLauncher

from seqsetvae.commandline.program import BAD_INPUT
from seqsetvae.data.worker_signals import ENDING
from seqsetvae.stream.records import RunState
from seqsetvae.training.callbacks.jsonl_logger import JsonlLogger
from seqsetvae.training.rank_end import (
    FAILED,
    RankEnd,
    RankError,
    TrainingInterrupted,
    end_of,
    end_without_word,
    is_from_communication,
)
from seqsetvae.training.rank_link import MeetingPlace, RankLink

#: Seconds that a process has to end by itself after another one has.
GRACE = 5.0
#: Seconds that another rank than 0 has for that, once rank 0 has left: it has nothing to write.
FOLLOWING = 1.0
#: Seconds that it has to write what is left to be written, once it is about to end.
WRITING = 120.0
#: Seconds for an error of communication to be explained by the end of another rank.
EXPLANATION = 2.0
#: Seconds in which processes that a launcher started together must have found each other.
MEETING = 60.0
#: Seconds within which a signal that comes again, from a launcher that passes it on, is the same one.
ECHO = 1.0


#: Under which the process that starts others tells them its id: it may end before they can ask for it.
MAIN_PROCESS = "SEQSETVAE_MAIN_PROCESS"


class Ranks:
    """The processes of a run, seen from one of them; a context within which the run is built, trained and tested.

    Args:
        program: The program's name, for sentences.
        environ: The environment, which tells whether a launcher started several processes.
    """

    def __init__(self, program: str, environ: Mapping[str, str] = os.environ) -> None:
        self._program = program
        self._environ = environ
        self._parent = int(environ.get(MAIN_PROCESS, os.getppid()))
        self._pid = os.getpid()
        self._watched_parent = False
        self._started_by_launcher = False
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
            self._started_by_launcher = True
            self._meet(place)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Say the log's last word, end the others, and leave; what is one sentence is left to the program to say."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        end = None if error is None else self._end_by(error)
        if end is not None:
            self._close_log(end)
        if self._link is None:
            return
        if end is None:
            self._link.close()
            self._link.say(RankEnd(rank=self._rank, code=0, reason="finished"))
            self._wait_for_children(WRITING)
            return
        if self._rank == 0:
            self._link.hang_up(within=GRACE if self._started_by_launcher and end is self._own else 0.0)
            self._wait_for_children(GRACE)
            if end is self._own and end.code == BAD_INPUT:
                return
            if end.code == BAD_INPUT:
                self._print(f"{self._program}: {end.reason}")
        elif end is self._own and end.report and not self._was_heard():
            self._print(f"{self._program}: {end.reason}" if end.code == BAD_INPUT else end.report)
        _leave(end.code)

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
            self._watched_parent = MAIN_PROCESS in self._environ
            patience = MEETING if is_child else float("inf")
            self._meet(_place(environment, trainer.global_rank, trainer.world_size, patience=patience))
        trainer.strategy._launcher = RankLauncher(environment, launcher.num_processes, launcher.num_nodes, self)

    def watch(self, children: list[subprocess.Popen[bytes]]) -> None:
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

    def _meet(self, place: MeetingPlace) -> None:
        self._link = RankLink(place, on_signal=self._on_signal, on_end=self._on_end, look=self._look)
        signal.set_wakeup_fd(self._link.wake_there.fileno(), warn_on_full_buffer=False)
        self._link.start()

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
                self._arm(GRACE, end_of(TrainingInterrupted(number), 0))

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
            return end_without_word(0, None)
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
            self._close_log(end)
            self._wait_for_children(0.0)
        _leave(end.code)

    def _close_log(self, end: RankEnd) -> None:
        if self._log is not None:
            self._log.end(RunState.INTERRUPTED if end.was_interrupted else RunState.FAILED, end.reason)

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


class RankLauncher(_SubprocessScriptLauncher):
    """Starts the other ranks of this machine; what ends one of them ends all.

    In place of Lightning's observer, which kills the main process before that can say or write anything.

    Args:
        environment, num_processes, num_nodes: As in the base class.
        ranks: Hears of errors and of the processes.
    """

    def __init__(self, environment: ClusterEnvironment, num_processes: int, num_nodes: int, ranks: Ranks) -> None:
        super().__init__(environment, num_processes, num_nodes)
        self._ranks = ranks

    def launch(self, function: Any, *args: Any, trainer: pl.Trainer | None = None, **kwargs: Any) -> Any:
        """Start the other processes unless they run, and call the function."""
        del trainer
        self.cluster_environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        if not self.cluster_environment.creates_processes_externally:
            os.environ[MAIN_PROCESS] = str(os.getpid())
            self._call_children_scripts()
            self._ranks.watch(self.procs)
        _set_num_threads_if_needed(num_processes=self.num_processes)
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            cause = self._ranks.explain(error)
            if cause is error:
                raise
            raise cause from None


def place_of_environment(environ: Mapping[str, str]) -> MeetingPlace | None:
    """Return where processes meet that torchrun or SLURM has started; None where there is one, or none has yet."""
    if TorchElasticEnvironment.detect():
        hosted = environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
        environment: ClusterEnvironment = TorchElasticEnvironment()
    elif SLURMEnvironment.detect():
        hosted, environment = False, SLURMEnvironment()
    else:
        return None
    if environment.world_size() == 1:
        return None
    place = environment.global_rank(), environment.world_size()
    return _place(environment, *place, patience=MEETING, hosted=hosted)


def _place(
    environment: ClusterEnvironment, rank: int, world_size: int, *, patience: float, hosted: bool = False
) -> MeetingPlace:
    return MeetingPlace(
        rank=rank,
        world_size=world_size,
        address=environment.main_address,
        port=environment.main_port,
        hosted=hosted,
        patience=patience,
    )


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
