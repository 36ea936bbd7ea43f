"""Ways from one moment of a recording to another."""

from __future__ import annotations

from collections.abc import Callable

from tui.replay.recording import Recording
from tui.replay.timeline import Moment

Move = Callable[[Recording, Moment], Moment]
"""Where to go from a moment."""


def to_start(recording: Recording, _: Moment) -> Moment:
    """To the first record."""
    return recording.timeline.at_start()


def to_end(recording: Recording, _: Moment) -> Moment:
    """To the end of what is written so far."""
    return recording.timeline.at_end()


def to_step(step: int) -> Move:
    """To where the run stood at a step."""
    return lambda recording, _: recording.timeline.at_step(step)


def to_share(share: float) -> Move:
    """To a place of the bar, 0 to 1."""
    return lambda recording, _: recording.timeline.at_played(share * recording.timeline.seconds)


def onwards(seconds: float) -> Move:
    """On by some seconds of playing at speed 1."""
    return lambda recording, moment: recording.timeline.at_played(moment.played + seconds)


def by_records(count: int) -> Move:
    """On, or back, by some records; from between two records, back leads to the earlier of them."""

    def move(recording: Recording, moment: Moment) -> Moment:
        between = count < 0 and moment.t > moment.written
        return recording.timeline.at_record(moment.record + count + between)

    return move


def to_judgement(direction: int) -> Move:
    """To the next event that judges the run, or to the one before; where there is none, nothing moves."""

    def move(recording: Recording, moment: Moment) -> Moment:
        times = [judged.t for judged in recording.judgements()]
        later, earlier = [t for t in times if t > moment.t], [t for t in times if t < moment.t]
        found = later[:1] if direction > 0 else earlier[-1:]
        return recording.timeline.at_time(found[0]) if found else moment

    return move
