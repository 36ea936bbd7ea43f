"""One moment of one run, as the panes show it."""

from __future__ import annotations

from dataclasses import dataclass

from seqsetvae.stream.resume import Resume
from tui.store.run_data import RunData
from tui.store.run_info import RunInfo
from tui.views.what_if_view import WhatIfView


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """How much of a log a moment of the past holds: bytes of the metrics, and the resumptions there had been."""

    byte: int
    resumes: tuple[Resume, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """What is known of a run at a moment.

    Attributes:
        info: the run as the list of runs shows it; None when there is none.
        data: what its log holds up to the moment; None when no run is on the screen.
        now: the moment, in unix seconds.
        cut: where the log ended then; None for the present.
        what_if: what other thresholds would have changed; None where none are tried.
        notices: what is to be said in the data line; True marks what calls for the user.
    """

    info: RunInfo | None
    data: RunData | None
    now: float
    cut: Cut | None = None
    what_if: WhatIfView | None = None
    notices: tuple[tuple[str, bool], ...] = ()
