"""Signs and colours for states and levels, the same on every pane."""

from __future__ import annotations

from seqsetvae.stream.records import Level
from tui.follow.liveness import State

STATE_SIGNS = {
    State.WAITING: ("○", "faint"),
    State.RUNNING: ("●", "good"),
    State.STALLED: ("◌", "orange"),
    State.FINISHED: ("✓", "soft"),
    State.INTERRUPTED: ("◼", "yellow"),
    State.FAILED: ("✗", "red"),
    State.QUIET: ("◌", "soft"),
}

LEVEL_COLOURS = {
    Level.INFO: "soft",
    Level.GREEN: "good",
    Level.YELLOW: "yellow",
    Level.ORANGE: "orange",
    Level.RED: "red",
}

LEVEL_SIGNS = {
    Level.INFO: "·",
    Level.GREEN: "●",
    Level.YELLOW: "◆",
    Level.ORANGE: "▲",
    Level.RED: "■",
}
"""A shape for each level, which needs no colour."""

TRENDS = {-1: "▾", 0: " ", 1: "▴"}
