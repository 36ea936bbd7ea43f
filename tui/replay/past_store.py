"""A store as it was at an earlier step of a run."""

from __future__ import annotations

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from tui.replay.playback import info_at
from tui.replay.recording import Recording
from tui.store.store import Store


def store_at(store: Store, name: str, step: int) -> tuple[Store, float]:
    """What a report of a run shows as of a step: a store, and the moment in unix seconds.

    Raises:
        InputError: the run has no records, or they cannot be read.
    """
    info = store.run(name)
    recording = Recording(info.log) if info is not None else None
    while recording is not None and recording.extend():
        pass
    if recording is None or recording.empty:
        problem = recording.timeline.problem if recording is not None else None
        raise InputError(problem or Message("{run} has no records yet: leave out --at", run=name))
    frame = recording.frame(recording.timeline.at_step(step))
    if frame is None:
        raise InputError("{run} could not be read up to step {step}; try again", run=name, step=step)
    past = Store(logdir=store.logdir, watching=store.watching)
    past.set_runs([info_at(frame, run) or run if run.name == name else run for run in store.runs()])
    past.put(name, frame.data)
    return past, frame.moment.t
