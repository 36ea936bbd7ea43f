"""Which event a run's level is: the one place for header, list of runs, reports, exit codes and waiting.

A verdict of the detector stands until the next one. Trouble of some other kinds ends by an event of its own, and the
level then falls back to what was said beside it: a loss that is finite again is as well as the posterior is. What a
second watch of the same training says is no verdict on the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from seqsetvae.stream.records import SECOND_OPINION, EventRecord, Level

ENDS = {"finite_again": ("not_finite",), "resumed": ("not_finite", "failed")}
"""What kinds of events end: a run that goes on from a checkpoint has left behind what was wrong when it ended."""

_ENDED = frozenset(kind for kinds in ENDS.values() for kind in kinds)


def standing(newest_first: Iterable[EventRecord]) -> EventRecord | None:
    """The event that judges a run's health now, or None when none does.

    It is the newest verdict, unless graver trouble of a kind that ends by itself has not ended.
    """
    gravest: EventRecord | None = None
    over = {SECOND_OPINION}
    judged = False
    for event in newest_first:
        over.update(ENDS.get(event.kind, ()))
        ends_by_itself = event.kind in _ENDED
        if (
            event.level is Level.INFO
            or event.kind == SECOND_OPINION
            or event.kind in over
            or (judged and not ends_by_itself)
        ):
            continue
        judged = judged or not ends_by_itself
        if gravest is None or event.level.severity > gravest.level.severity:
            gravest = event
        if gravest.level is Level.RED:
            break
    return gravest


def verdict_of(oldest_first: Sequence[EventRecord]) -> EventRecord | None:
    """The event that judges a run's health now, or None when none does."""
    return standing(reversed(oldest_first))


def may_have_fallen(events: Iterable[EventRecord]) -> bool:
    """Whether an event ends what other events, not among these, may have said."""
    return any(event.kind in ENDS for event in events)
