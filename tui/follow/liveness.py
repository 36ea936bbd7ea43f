"""Is a run alive? Decided from what it said of itself, its process, and how long it has been silent."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from seqsetvae.i18n.log_texts import recognised
from seqsetvae.i18n.message import Message
from seqsetvae.stream.records import Manifest, RunState

MIN_SILENCE = 60.0
"""Seconds of silence that never make a run stalled: a large batch, a checkpoint, a lagging network file system."""

MAX_SILENCE = 1800.0
"""Seconds of silence that always do, whatever gaps the run had before (a resumed run's gap may span a night)."""

FOREIGN_SILENCE = 300.0
"""Seconds of silence that another tool's log is always granted: TensorBoard's writers flush every two minutes."""

_LONGEST_FACTOR = 2.0
"""A run may be silent for twice its longest gap: the longest is usually a validation, and those vary."""

_TYPICAL_FACTOR = 20.0
"""A run that has never validated may be silent for twenty of its typical gaps."""


class State(StrEnum):
    """What a run is doing, as the watcher sees it."""

    WAITING = "waiting"
    RUNNING = "running"
    STALLED = "stalled"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    QUIET = "quiet"


@dataclass(frozen=True, kw_only=True, slots=True)
class Liveness:
    """A run's state, how long it has been silent (seconds, None when it never wrote), and why, in words."""

    state: State
    silence: float | None
    reason: str = ""


def judge(
    manifest: Manifest | None,
    *,
    now: float,
    last_write: float | None,
    process_alive: bool | None = None,
    typical_gap: float | None = None,
    longest_gap: float | None = None,
    tells_its_end: bool = True,
    ended: RunState | None = None,
) -> Liveness:
    """The state of a run.

    Args:
        manifest: what the run said; None when it has none (yet).
        now: the present, in unix seconds.
        last_write: newest change to any of the run's files, in unix seconds.
        process_alive: whether the writing process runs; None when this machine cannot know.
        typical_gap: the run's usual time between records, in seconds.
        longest_gap: its longest.
        tells_its_end: whether such a log says that its run has ended, in whatever way. Else silence may be the end.
        ended: how the run ended, as the log of another tool tells.
    """
    silence = None if last_write is None or last_write <= 0 else max(now - last_write, 0.0)
    if manifest is not None and manifest.state is not RunState.RUNNING:
        return Liveness(
            state=State(manifest.state.value),
            silence=silence,
            reason=recognised(manifest.reason or "") or manifest.reason or "",
        )
    if ended is not None:
        return Liveness(state=State(ended.value), silence=silence)
    if process_alive is False:
        return Liveness(state=State.INTERRUPTED, silence=silence, reason=Message("its process is gone"))
    if silence is None:
        return Liveness(state=State.WAITING, silence=None, reason=Message("nothing written yet"))
    if not tells_its_end:
        if silence > max(patience(typical_gap, longest_gap), FOREIGN_SILENCE):
            return Liveness(
                state=State.QUIET, silence=silence, reason=Message("such a log does not say whether its run ended")
            )
        return Liveness(state=State.RUNNING, silence=silence)
    if silence > patience(typical_gap, longest_gap):
        return Liveness(
            state=State.STALLED, silence=silence, reason=Message("no write for longer than its cadence allows")
        )
    return Liveness(state=State.RUNNING, silence=silence)


def patience(typical_gap: float | None, longest_gap: float | None) -> float:
    """Seconds of silence that a run with such gaps is granted."""
    granted = max(_TYPICAL_FACTOR * (typical_gap or 0.0), _LONGEST_FACTOR * (longest_gap or 0.0))
    return min(max(granted, MIN_SILENCE), MAX_SILENCE)
