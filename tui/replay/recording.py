"""One run's log as a recording: any moment of it, as the live screen had it then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seqsetvae.collapse.observation import PREFIX
from seqsetvae.logs.block import Block
from seqsetvae.logs.log import Log
from seqsetvae.logs.log_range import read_range
from seqsetvae.logs.metric_names import Names
from seqsetvae.stream.codec import decode_event, decode_system
from seqsetvae.stream.records import EventRecord, Level, SystemRecord
from seqsetvae.stream.resume import Resume, resume_of
from seqsetvae.stream.run_directory import EVENTS, rank_of
from tui.follow.machine_follower import MAX_RANKS, READINGS
from tui.replay.frames import BUDGET, Frame, FrameCache
from tui.replay.judged_events import JudgedEvents
from tui.replay.line_index import LineIndex
from tui.replay.timeline import Moment, Timeline
from tui.store.machine import Machine, machine_of
from tui.store.run_data import MAX_EVENTS, RunData

_SLICE = 1024 * 1024
"""Bytes decoded at once, some 8 ms of work; between slices a newer move may stop the building. A frame is kept before
the last one, so that going back a few records is quick."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """An event that judges the run: its level, its step, when it was written, and about which second of playing."""

    level: Level
    step: int
    t: float
    played: float


class Recording:
    """Finds and builds moments of a run. Not thread-safe: it belongs to the thread that reads.

    Args:
        log: the run's log.
        budget: bytes that kept frames may take together.
    """

    def __init__(self, log: Log, *, budget: int = BUDGET) -> None:
        self._log = log
        self._budget = budget
        self._begin()

    def _begin(self) -> None:
        self._names = Names()
        self._resumes: list[tuple[int, Resume]] = []
        self._judged: list[tuple[int, EventRecord]] = []
        if self._log.format.is_ours:
            self._events: LineIndex[EventRecord] | JudgedEvents
            self._events = LineIndex(self._log.directory / EVENTS, decode_event, self._note)
            self.timeline = Timeline(self._log, self._names)
        else:
            self._events = JudgedEvents(self._note, self._posterior_up_to)
            self.timeline = Timeline(self._log, self._names, self._events.feed)
        self._machines = {rank: LineIndex(path, decode_system) for rank, path in _system_files(self._log.directory)}
        self._cache = FrameCache(self._budget)

    def extend(self) -> bool:
        """Read what is new in the log, a part at a time; True when there is more at once.

        Raises:
            InputError: the log has changed while it was read; the next call begins again.
        """
        if self.timeline.replaced:
            self._begin()
        machines = list(self._machines.values())
        more = [self.timeline.extend(), self._events.extend(), *(index.extend() for index in machines)]
        if self.timeline.replaced or self._events.replaced or any(index.replaced for index in machines):
            self._begin()
            return True
        for t in (self._events.last_t, *(index.last_t for index in machines)):
            self.timeline.reach(t)
        return any(more)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to play."""
        return self.timeline.records == 0

    @property
    def kept(self) -> int:
        """How many frames are kept."""
        return len(self._cache)

    def judgements(self) -> tuple[Judgement, ...]:
        """The newest events that judge the run, recoveries among them, oldest first."""
        found: list[Judgement] = []
        for place, event in self._judged[-MAX_EVENTS:]:
            t = self._events.time_of(place)
            found.append(Judgement(level=event.level, step=event.step, t=t, played=self.timeline.played_about(t)))
        return tuple(found)

    def frame(self, moment: Moment, *, stopped: Callable[[], bool] = lambda: False) -> Frame | None:
        """What the log held at a moment; None when `stopped` says that another is asked for.

        Raises:
            InputError: the log no longer holds what it did.
        """
        events = len(self._events) if moment.at_end else self._events.count_at(moment.t)
        resumes = tuple(resume for place, resume in self._resumes if place < events)
        readings = tuple(len(index) if moment.at_end else index.count_at(moment.t) for index in self._machines.values())
        base = self._cache.nearest(moment.byte, lambda frame: self._fits(frame, resumes))
        if base is not None and (base.byte, base.events, base.readings) == (moment.byte, events, readings):
            return replace(base, moment=moment)
        data = base.data.copy() if base is not None else RunData()
        start = replace(base, resumes=resumes) if base is not None else Frame(moment=_before(moment), data=data)
        read = self._feed(replace(start, data=data, resumes=resumes), moment.byte, stopped)
        if read is None:
            return None
        frame = self._completed(replace(read, moment=moment), events, readings)
        self._cache.keep_recent(frame)
        return frame

    def _note(self, place: int, event: EventRecord) -> None:
        resume = resume_of(event)
        if resume is not None:
            self._resumes.append((place, resume))
        if place == self._events.first_place:
            self._judged.clear()
        well = not self._judged or self._judged[-1][1].level is Level.GREEN
        if event.level is not Level.INFO and not (well and event.level is Level.GREEN):
            self._judged.append((place, replace(event, message="", data={})))

    def _posterior_up_to(self, byte: int, resumes: Sequence[Resume]) -> Iterator[Block]:
        return read_range(self._log, 0, byte, resumes=resumes, names=self._names, prefix=PREFIX)

    def _fits(self, frame: Frame, resumes: tuple[Resume, ...]) -> bool:
        """Whether a frame holds no point that these resumptions supersede, and lacks none that they leave."""
        different = set(frame.resumes) ^ set(resumes)
        return not different or self.timeline.highest_step(frame.byte) <= min(resume.step for resume in different)

    def _feed(self, frame: Frame, end: int, stopped: Callable[[], bool]) -> Frame | None:
        """Read on from a frame, whose data are changed, up to a byte; leaves frames along the way."""
        data, byte = frame.data, frame.byte
        kept_at = byte
        epoch = None if data.head.step is None or data.head.epoch is None else (data.head.step, data.head.epoch)
        data.given = self._names
        blocks = read_range(
            self._log, byte, end, resumes=frame.resumes, names=self._names, epoch=epoch, max_bytes=_SLICE
        )
        for block in blocks:
            if stopped():
                return None
            data.apply(block)
            byte = block.read
            far = byte - kept_at >= self._cache.spacing(self.timeline.size, data.nbytes)
            near = byte < end <= byte + _SLICE
            if far or near:
                kept_at = byte
                kept = replace(frame, moment=replace(frame.moment, byte=byte), data=data.copy())
                (self._cache.keep_spaced if far else self._cache.keep_recent)(kept)
        data.note(progress=1.0, tool=None if self._log.format.is_ours else self._log.format.tool)
        return frame

    def _completed(self, frame: Frame, events: int, readings: tuple[int, ...]) -> Frame:
        """A frame with the events and the machine of its moment."""
        data = frame.data
        continues = self._events.continues(frame.events, events)
        if not continues:
            data.forget_events()
        first = frame.events if continues else 0
        if events > first:
            data.add_events(self._events.read(max(first, events - MAX_EVENTS), events))
        if readings != frame.readings:
            data.set_machine(self._machine(readings))
        written = self._written(frame.moment, events, readings)
        return replace(frame, events=events, readings=readings, written=written)

    def _machine(self, readings: tuple[int, ...]) -> Machine | None:
        histories: dict[int, list[SystemRecord]] = {
            rank: index.read(max(count - READINGS, 0), count)
            for count, (rank, index) in zip(readings, self._machines.items(), strict=True)
        }
        return machine_of(histories)

    def _written(self, moment: Moment, events: int, readings: tuple[int, ...]) -> float:
        """When the newest line of any file had been written, in unix seconds."""
        times = [moment.written]
        if events:
            times.append(self._events.time_of(events - 1))
        times += [
            index.time_of(count - 1) for count, index in zip(readings, self._machines.values(), strict=True) if count
        ]
        return max(times)


def _system_files(run: Path) -> list[tuple[int, Path]]:
    """The stream of each rank's machine, by rank."""
    try:
        found = [(rank, path) for path in run.iterdir() if (rank := rank_of(path.name)) is not None]
    except OSError:  # gone or out of reach; there will be no metrics either, and that is said
        return []
    return sorted(found)[:MAX_RANKS]


def _before(moment: Moment) -> Moment:
    """The place before the first byte."""
    return replace(moment, record=0, byte=0, gap=0.0, at_end=False)
