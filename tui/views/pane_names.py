"""Which panes there are, and which of them are to be seen: the user's choice, apart from what draws them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Pane:
    """A pane that can be hidden; `key` chooses it in the menu, `id` names it in the style sheet."""

    key: str
    id: str
    title: str


PANES = (
    Pane(key="t", id="tiles", title="Tiles"),
    Pane(key="r", id="runs", title="Runs"),
    Pane(key="m", id="metrics", title="Metrics"),
    Pane(key="h", id="heat", title="KL per dimension"),
    Pane(key="d", id="path", title="Rate–distortion"),
    Pane(key="v", id="verdict", title="Verdict"),
    Pane(key="s", id="system", title="System"),
    Pane(key="e", id="events", title="Events"),
)
"""From top to bottom, from left to right. The chart is always there."""

PANE_IDS = frozenset(pane.id for pane in PANES)

VERDICT_COLUMN = frozenset({"verdict", "system"})
"""What stands beside the chart on a wide screen."""

_COLUMNS = {"side": frozenset({"runs", "metrics"}), "right": VERDICT_COLUMN}
_CENTRE = "centre"
_MAIN = "main"

LAYOUT_IDS = PANE_IDS | _COLUMNS.keys() | {_CENTRE, _MAIN}
"""Everything that can be put away: panes, and what holds nothing but panes."""


def put_away(hidden: Collection[str], zoomed: str | None = None) -> frozenset[str]:
    """The ids of `LAYOUT_IDS` that are not to be seen.

    Args:
        hidden: the panes that the user has hidden.
        zoomed: the one pane that fills the screen, hidden or not.
    """
    gone = set(PANE_IDS & frozenset(hidden)) if zoomed is None else set(PANE_IDS - {zoomed})
    gone |= {column for column, panes in _COLUMNS.items() if panes <= gone}
    if zoomed is not None:
        gone.add(_CENTRE)
        if gone >= _COLUMNS.keys():
            gone.add(_MAIN)
    return frozenset(gone)
