"""Which events of a subject are used for a label: those up to its prediction time, within a window."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqsetvae.data.prepare.meds_tables import STATIC, Label, SubjectEvents
from seqsetvae.errors import InputError

BIRTH = "MEDS_BIRTH"
DEFAULT_MIN_COUNT = 10

MINUTE = 60_000_000
HOUR = 60 * MINUTE
YEAR = 365.25 * 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class MedsPlan:
    """What of the data set is used.

    Attributes:
        min_count: Events of the train split that a code needs to be a variable of its own.
        window_hours: How far before the prediction time events are used; None for all.

    Raises:
        InputError: one of them is not positive.
    """

    min_count: int = DEFAULT_MIN_COUNT
    window_hours: float | None = None

    def __post_init__(self) -> None:
        if self.min_count < 1:
            raise InputError("--min_count is {min_count}, but must be at least 1.", min_count=self.min_count)
        if self.window_hours is not None and not self.window_hours > 0:
            raise InputError(
                "--window_hours is {window_hours:g}, but must be positive.", window_hours=self.window_hours
            )

    def since(self, prediction_time: int) -> int:
        """Return the earliest time that is used, in microseconds since 1970."""
        return int(STATIC) + 1 if self.window_hours is None else prediction_time - int(self.window_hours * HOUR)


def known_events(events: SubjectEvents, label: Label) -> NDArray[np.bool_]:
    """Return which events, `[events]`, are known when the label is predicted."""
    return np.asarray(events.time <= label.time)


def used_events(events: SubjectEvents, label: Label, plan: MedsPlan) -> NDArray[np.bool_]:
    """Return which events, `[events]`, become a patient's events."""
    recent = (events.time == STATIC) | (events.time >= plan.since(label.time))
    return np.asarray(known_events(events, label) & recent & is_event(events))


def is_event(events: SubjectEvents) -> NDArray[np.bool_]:
    """Return what is an event, `[events]`: all that has a code, but the birth, which becomes an age."""
    return np.asarray((events.code != BIRTH) & (events.code != ""))
