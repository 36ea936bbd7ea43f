"""Facts that panes tell the app."""

from __future__ import annotations

from textual.message import Message

from tui.views.window import ChartState


class RunChosen(Message):
    """The user has turned to another run."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class MetricChosen(Message):
    """The user has turned to another metric; `opened` when they want to see it large."""

    def __init__(self, name: str, *, opened: bool = False) -> None:
        super().__init__()
        self.name = name
        self.opened = opened


class EventOpened(Message):
    """The user wants to see the chart where an event happened."""

    def __init__(self, step: int, t: float) -> None:
        super().__init__()
        self.step = step
        self.t = t


class ChartChanged(Message):
    """The user wants the chart otherwise."""

    def __init__(self, state: ChartState) -> None:
        super().__init__()
        self.state = state


class DetailsReady(Message):
    """Finer points of the chart's window have been read."""
