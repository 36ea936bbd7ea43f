"""The list of runs, and the keys that turn from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from textual.binding import Binding
from textual.geometry import Size

from seqsetvae.i18n.message import Message
from tui.chart.raster import CURVE_SIGNS
from tui.follow.liveness import State
from tui.panes.badges import LEVEL_COLOURS, LEVEL_SIGNS, STATE_SIGNS
from tui.panes.cell_pane import Line
from tui.panes.list_pane import ListPane
from tui.viewer import Viewer
from tui.views.format import clean, duration, padded, percent, whole
from tui.views.run_state import RunRow


class RunsPane(ListPane):
    """One row a run: state, name, the level of its newest verdict, how far."""

    BORDER_TITLE = "Runs"

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding(
            "left_square_bracket",
            "turn(-1)",
            "Run",
            key_display="[",
            show=False,
            tooltip="Previous run",
            id="run.previous",
        ),
        Binding(
            "right_square_bracket",
            "turn(1)",
            "Next run",
            key_display="]",
            show=False,
            tooltip="Next run",
            id="run.next",
        ),
        *(
            Binding(f"{place}", f"nth({place})", run, show=False, tooltip=run, id=f"run.{place}")
            for place in range(1, 10)
            for run in (Message("Run {place}", place=place),)
        ),
    )

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="runs")
        self._viewer = viewer
        self._rows: tuple[RunRow, ...] = ()
        self._kept: Mapping[str, int] = MappingProxyType({})

    def show(
        self, rows: tuple[RunRow, ...], chosen: str | None, kept: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """Show another list, with the cursor on the chosen run.

        Args:
            rows: the runs.
            chosen: the run on the screen.
            kept: the kinds of the runs whose curves stay on the chart.
        """
        if (rows, kept) == (self._rows, self._kept) and self._strips:
            return
        grown = len(rows) != len(self._rows)
        self._rows, self._kept = rows, kept
        names = [row.name for row in rows]
        self.cursor = names.index(chosen) if chosen in names else 0
        self.write_border(subtitle=f"{len(rows)}" if rows else "")
        self.redraw()
        if grown:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - textual's call
        """A row a run."""
        return max(len(self._rows), 1)

    @property
    def row_count(self) -> int:
        """Number of runs."""
        return len(self._rows)

    def draw_row(self, index: int, width: int, *, chosen: bool) -> Line:
        """One run."""
        row = self._rows[index]
        sign, colour = STATE_SIGNS[row.liveness.state]
        back = "selected-" if chosen else ""
        done = _progress(row)
        level = ("  ", back + "text")
        if row.level is not None:
            level = (f" {LEVEL_SIGNS[row.level]}", back + LEVEL_COLOURS[row.level])
        kind = self._kept.get(row.name)
        digit = f"{index + 1}" if index < 9 else " "
        name_width = max(width - len(done) - 9, 4)
        return [
            (CURVE_SIGNS[kind], f"{back}curve-{kind}") if kind is not None else (" ", back + "text"),
            (digit, "selected-soft" if chosen else "faint"),
            (f" {sign} ", back + colour),
            (padded(clean(row.name), name_width), "selected-strong" if chosen else "text"),
            level,
            (f" {done} ", back + "soft"),
        ]

    def cursor_moved(self) -> None:
        """Turn to the run under the cursor."""
        self._viewer.turn_to(self._rows[self.cursor].name)

    def action_turn(self, by: int) -> None:
        """Turn to a neighbouring run."""
        names, run = [info.name for info in self._viewer.store.runs()], self._viewer.selection.run
        if names:
            place = names.index(run) if run in names else 0
            self._viewer.turn_to(names[(place + by) % len(names)])

    def action_nth(self, place: int) -> None:
        """Turn to a run by its number in the list."""
        runs = self._viewer.store.runs()
        if place <= len(runs):
            self._viewer.turn_to(runs[place - 1].name)


def _progress(row: RunRow) -> str:
    if row.liveness.state in (State.STALLED, State.QUIET):
        return duration(row.liveness.silence)
    if row.step is None:
        return "–"
    return percent(min(row.step / row.total, 1.0)) if row.total else whole(row.step)
