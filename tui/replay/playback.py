"""Playing a recording: where the user is in it, how fast it runs, and the thread that builds what is to be seen.

What the user asks for (go there, a record back, on by a tenth of a second) are moves from one moment to another. The
thread makes all that wait, one after the other, and builds only the last moment: however fast keys come, the screen
never lags by more than one moment, and building stops where another moment is asked for.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.log import Log
from seqsetvae.logs.standing import verdict_of
from seqsetvae.stream.records import RunState
from tui.replay.frames import Frame
from tui.replay.moves import Move, onwards, to_end, to_start, to_step
from tui.replay.recording import Judgement, Recording
from tui.replay.timeline import Moment
from tui.store.run_info import RunInfo
from tui.views.snapshot import Cut, Snapshot

SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
"""Seconds of the log in a second of playing."""

FITTING_SECONDS = 60.0
"""How long a run is played for when no speed is asked for."""

_LONGEST_STRIDE = 0.5
"""Seconds of playing done at once at most: where building is slower than playing, playing gets slower."""

_READ_SECONDS = 1.0
"""Time between two readings of a log that may still grow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """How a replay begins.

    Attributes:
        speed: seconds of the log in a second of playing; None for a speed at which the run takes about a minute.
        playing: whether it plays at once, from the first record or from `step`.
        step: the step to begin at; None for the first record when playing, for the end when not.
    """

    speed: float | None = None
    playing: bool = False
    step: int | None = None

    @property
    def move(self) -> Move:
        """From nowhere to the first moment."""
        if self.step is not None:
            return to_step(self.step)
        return to_start if self.playing else to_end


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """What the replay bar shows.

    Attributes:
        speed: seconds of the log in a second of playing.
        playing: whether the moment moves on by itself.
        moment: what is on the screen, None until it is built.
        seconds: how long the whole log plays at speed 1.
        last_step: the highest step of the log.
        judgements: the events that judge the run, oldest first.
        problem: why there is nothing to see, or None.
    """

    speed: float
    playing: bool
    moment: Moment | None
    seconds: float
    last_step: int
    judgements: tuple[Judgement, ...]
    problem: str | None = None

    @property
    def share(self) -> float:
        """How far the moment is, 0 to 1."""
        if self.moment is None or self.seconds <= 0:
            return 0.0
        return min(max(self.moment.played / self.seconds, 0.0), 1.0)


class Playback:
    """Plays one run.

    Args:
        run: the run's name.
        log: its log.
        opening: how to begin; paused at the end when None.
        clock: a monotonic clock, in seconds.
        threaded: build moments in a thread of its own; otherwise whoever asks for them waits.
    """

    def __init__(
        self,
        run: str,
        log: Log,
        *,
        opening: Opening | None = None,
        clock: Callable[[], float] = time.monotonic,
        threaded: bool = True,
    ) -> None:
        self.run = run
        opening = opening or Opening()
        self._recording = Recording(log)
        self._asked_speed = opening.speed
        self._clock = clock
        self._moves: deque[Move] = deque([opening.move])
        self._aim: Moment | None = None
        self._frame: Frame | None = None
        self._position = Position(
            speed=opening.speed or 1.0, playing=opening.playing, moment=None, seconds=0.0, last_step=0, judgements=()
        )
        self._played_until: float | None = None
        self._threaded = threaded
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read."""
        if not self._threaded:
            self.work()
            return
        self._thread = threading.Thread(target=self._run, name="seqsetvae-watch-replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._stopped.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def position(self) -> Position:
        """Where the replay stands; an immutable object."""
        with self._lock:
            return self._position

    def snapshot(self, live: RunInfo | None) -> Snapshot | None:
        """The moment on the screen, of a run that is now as `live`; None until one is built."""
        with self._lock:
            frame = self._frame
        if frame is None:
            return None
        cut = Cut(byte=frame.byte, resumes=frame.resumes)
        return Snapshot(info=info_at(frame, live), data=frame.data, now=frame.moment.t, cut=cut)

    def go(self, move: Move) -> None:
        """Go elsewhere."""
        with self._lock:
            self._moves.append(move)
        if self._threaded:
            self._wake.set()
        else:
            self.work()

    def play(self, playing: bool) -> None:
        """Play or pause; playing on at the end begins from the start."""
        position = self.position
        if playing and position.moment is not None and position.moment.at_end:
            self.go(to_start)
        with self._lock:
            self._played_until = None
            self._position = replace(self._position, playing=playing)

    def change_speed(self, by: int) -> None:
        """The next speed of `SPEEDS`, up or down."""
        with self._lock:
            speed = self._position.speed
            faster, slower = [s for s in SPEEDS if s > speed], [s for s in SPEEDS if s < speed]
            choice = faster[:1] if by > 0 else slower[-1:]
            self._position = replace(self._position, speed=choice[0] if choice else speed)

    def tick(self) -> None:
        """Play on by the time since the last tick, unless the moment before is still being built."""
        now = self._clock()
        with self._lock:
            busy, position = bool(self._moves) or self._frame is None, self._position
            began, self._played_until = self._played_until, now if position.playing else None
            if busy and began is not None:
                self._played_until = began
        if not position.playing or busy or began is None:
            return
        seconds = min(now - began, _LONGEST_STRIDE) * position.speed
        if seconds > 0:
            self.go(onwards(seconds))

    def work(self) -> None:
        """Read what is new in the log, and build the moment that is asked for."""
        try:
            while self._recording.extend():
                if self._stopped.is_set():
                    return
            if self._recording.empty:
                nothing = Message("{run} has no records to replay yet", run=self.run)
                self._tell(problem=self._recording.timeline.problem or nothing)
            else:
                self._build()
        except InputError as error:
            with self._lock:
                self._moves.clear()
            self._tell(problem=str(error))

    def _build(self) -> None:
        with self._lock:
            count, moves = len(self._moves), list(self._moves)
        if self._aim is None and self._asked_speed is None:
            self._fit_speed()
        for move in moves:
            self._aim = move(self._recording, self._aim or self._recording.timeline.at_start())
        frame = self._frame
        if moves and self._aim is not None and (frame is None or self._aim != frame.moment):
            frame = self._recording.frame(self._aim, stopped=lambda: len(self._moves) > count or self._stopped.is_set())
        with self._lock:
            for _ in moves:
                self._moves.popleft()
            if frame is not None:
                self._frame = frame
        self._tell(problem=None)

    def _fit_speed(self) -> None:
        wanted = self._recording.timeline.seconds / FITTING_SECONDS
        speed = min(SPEEDS, key=lambda speed: abs(math.log(speed / max(wanted, 1.0))))
        with self._lock:
            self._position = replace(self._position, speed=speed)

    def _tell(self, *, problem: str | None) -> None:
        timeline = self._recording.timeline
        judgements = self._recording.judgements() if timeline.records else ()
        with self._lock:
            moment = self._frame.moment if self._frame is not None else None
            playing = self._position.playing and problem is None and not (moment is not None and moment.at_end)
            self._position = replace(
                self._position,
                playing=playing,
                moment=moment,
                seconds=timeline.seconds,
                last_step=timeline.last_step,
                judgements=judgements,
                problem=problem,
            )

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                self._wake.clear()
                self.work()
                if not self._moves:
                    self._wake.wait(_READ_SECONDS)
        except Exception as error:  # the bar must say why nothing moves any more
            with self._lock:
                self._position = replace(
                    self._position,
                    playing=False,
                    problem=Message("replay has stopped: {reason:.200}", reason=repr(error)),
                )
            raise


def info_at(frame: Frame, live: RunInfo | None) -> RunInfo | None:
    """A run as the list of runs would have shown it then: it ran, unless the frame is of the log's end."""
    if live is None or (frame.moment.at_end and live.process_alive is not True):
        return live
    manifest = live.manifest
    verdict = verdict_of(frame.data.events())
    return replace(
        live,
        manifest=replace(manifest, state=RunState.RUNNING, ended=None, reason=None) if manifest is not None else None,
        process_alive=True if manifest is not None else None,
        ended=None,
        last_write=frame.written,
        last_step=frame.data.head.step,
        level=verdict.level if verdict is not None else None,
    )
