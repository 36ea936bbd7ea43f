"""A store as it was at an earlier step of a run."""

from __future__ import annotations

import shlex

from seqsetvae.errors import InputError
from seqsetvae.i18n.message import Message
from seqsetvae.logs.log import Log
from tui.replay.playback import info_at
from tui.replay.tape import Tape
from tui.store.run_info import RunInfo
from tui.store.store import Store


def check_replayable(info: RunInfo | None) -> None:
    """Refuse a run that has no past to go back to.

    Raises:
        InputError: names the way out.
    """
    if info is not None and not info.log.format.is_ours:
        raise InputError(without_replay(info.name, info.log))


def without_replay(run: str, log: Log) -> str:
    """Why another tool's log is not replayed, and what to do instead, in one sentence."""
    return Message(
        "{run} is a log of {tool}, of which only the present is shown: seqsetvae-import {path} LOGDIR makes it a run "
        "that can be replayed",
        run=run,
        tool=log.format.tool,
        path=shlex.quote(str(log.path)),
    )


def store_at(store: Store, name: str, step: int) -> tuple[Store, float]:
    """What a report of a run shows as of a step: a store, and the moment in unix seconds.

    Raises:
        InputError: the run has no records.
    """
    info = store.run(name)
    check_replayable(info)
    tape = Tape(info.path) if info is not None else None
    while tape is not None and tape.extend():
        pass
    if tape is None or tape.empty:
        raise InputError("{run} has no records yet: leave out --at", run=name)
    frame = tape.frame(tape.timeline.at_step(step))
    if frame is None:
        raise InputError("{run} could not be read up to step {step}; try again", run=name, step=step)
    past = Store(logdir=store.logdir, watching=store.watching)
    past.set_runs([info_at(frame, run) or run if run.name == name else run for run in store.runs()])
    past.put(name, frame.data)
    return past, frame.moment.t
