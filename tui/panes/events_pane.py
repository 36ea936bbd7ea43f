"""The feed of warnings and facts, the newest on top."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from seqsetvae.i18n.language import tr, translated
from seqsetvae.stream.records import EventRecord, Level
from tui.panes.badges import LEVEL_COLOURS, LEVEL_SIGNS
from tui.panes.cell_pane import Line
from tui.panes.chart_pane import ChartPane
from tui.panes.list_pane import ListPane
from tui.panes.pane_layout import PaneLayout
from tui.views.event_text import event_text
from tui.views.format import clock_time, padded, whole


class EventsPane(ListPane):
    """One row an event; Enter shows the chart at that moment."""

    BORDER_TITLE = "Events"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Show in chart", tooltip="Show the chart where the event happened", id="events.open"),
    ]

    def __init__(self, layout: PaneLayout, zone: tzinfo | None = None) -> None:
        super().__init__(id="events")
        self._panes = layout
        self._zone = zone
        self._events: tuple[EventRecord, ...] = ()

    def show(self, events: tuple[EventRecord, ...]) -> None:
        """Show another moment; the cursor stays on its event."""
        newest_first = events[::-1]
        if newest_first == self._events and self._strips:
            return
        added = len(newest_first) - len(self._events)
        if self.cursor and added > 0:
            self.cursor += added
        self._events = newest_first
        self.cursor = min(self.cursor, max(len(newest_first) - 1, 0))
        warnings = sum(event.level.severity > 0 for event in newest_first)
        count = f"{len(newest_first)}"
        subtitle = tr("{warnings} of {count} are warnings", warnings=warnings, count=count) if warnings else count
        self.write_border(subtitle=subtitle)
        self.redraw()

    @property
    def row_count(self) -> int:
        """Number of events."""
        return len(self._events)

    def lines(self) -> list[Line]:
        """The rows in sight, or that there are none."""
        return super().lines() if self._events else [[(f" {tr('none yet')}", "soft")]]

    def draw_row(self, index: int, width: int, *, chosen: bool) -> Line:
        """One event."""
        event = self._events[index]
        chosen = chosen and self.has_focus
        colour = LEVEL_COLOURS[event.level]
        back = "selected-" if chosen else ""
        label = "" if event.level is Level.INFO else translated(event.level.value)
        message = event_text(event)
        return [
            (f" {clock_time(event.t, self._zone)} ", back + "faint"),
            (f"{whole(event.step):>9}  ", back + "soft"),
            (f"{LEVEL_SIGNS[event.level]} {padded(label, 7)}", back + colour),
            (padded(message, max(width - 30, 4)), "selected-strong" if chosen else "soft" if not label else "text"),
        ]

    def on_focus(self) -> None:
        """The cursor shows only here."""
        self.redraw()

    def on_blur(self) -> None:
        """The cursor hides."""
        self.redraw()

    def action_open(self) -> None:
        """Show the chart at the chosen event."""
        if self._events:
            self._panes.show_chart()
            self.screen.query_one(ChartPane).go_to(self._events[self.cursor].step)
