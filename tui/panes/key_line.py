"""The bottom line: the few keys that matter where the focus is.

It is one line of text, not a widget for each key as Textual's footer is: those would be styled again, fifteen of them,
each time that the focus moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.screen import Screen

from seqsetvae.i18n.language import translated
from tui.panes.cell_pane import CellPane, Line
from tui.panes.palette import SELECTED


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A binding by its id, and how the line says it: keys that belong together share a hint."""

    id: str
    keys: str
    label: str

    @property
    def width(self) -> int:
        """Cells that it takes: blanks around the keys and after the label."""
        return cell_len(self.keys) + cell_len(translated(self.label)) + 3


PALETTE = Hint(id="app.palette", keys="^p", label="Palette")
"""At the right end, always."""

_QUIT = Hint(id="app.quit", keys="q", label="Quit")
_HELP = Hint(id="app.help", keys="?", label="Help")
_FILTER = Hint(id="app.filter", keys="/", label="Filter")
_RUN = Hint(id="run.next", keys="[ ]", label="Run")
_METRIC = Hint(id="metric.next", keys="n p", label="Metric")
_ZOOM = Hint(id="chart.zoom_in", keys="+ -", label="Zoom")
_PAN = Hint(id="chart.left", keys="← →", label="Pan")
_LOG = Hint(id="chart.log", keys="l", label="Log")
_AXIS = Hint(id="chart.axis", keys="x", label="X axis")
_SMOOTH = Hint(id="chart.smooth", keys="s", label="Smooth")
_VERDICT = Hint(id="app.verdict", keys="v", label="Verdict")
_PANES = Hint(id="app.panes", keys="w", label="Panes")
_FULL = Hint(id="app.zoom_pane", keys="z", label="Full")
_OPEN = Hint(id="metrics.open", keys="Enter", label="Open")
_PATH = Hint(id="app.path", keys="d", label="Path")
_JUMP = Hint(id="events.open", keys="Enter", label="Show in chart")
_ALL = Hint(id="chart.reset", keys="0", label="All")

_REPLAY = Hint(id="replay.enter", keys="r", label="Replay")
_LIVE = Hint(id="replay.leave", keys="r", label="Live")
_PLAY = Hint(id="replay.play", keys="Space", label="Play")
_RECORD = Hint(id="replay.on", keys=", .", label="Record")
_EVENT = Hint(id="replay.next", keys="{ }", label="Verdict")
_SPEED = Hint(id="replay.faster", keys="< >", label="Speed")
_STEP = Hint(id="replay.step", keys="g", label="Step")
_ENDS = Hint(id="replay.start", keys="Home End", label="Ends")

_REST = (_LOG, _AXIS, _SMOOTH, _VERDICT, _METRIC, _PANES, _FULL, _REPLAY)

_HINTS: dict[str | None, tuple[Hint, ...]] = {
    "replay": (_PLAY, _QUIT, _HELP, _LIVE, _EVENT, _RECORD, _SPEED, _STEP, _ENDS, _RUN, _ZOOM, *_REST),
    "metrics": (_QUIT, _HELP, _FILTER, _OPEN, _RUN, _ZOOM, *_REST),
    "runs": (_QUIT, _HELP, _RUN, _FILTER, _METRIC, _ZOOM, *_REST),
    "chart": (_QUIT, _HELP, _ZOOM, _PAN, _ALL, _LOG, _AXIS, _SMOOTH, _RUN, _FILTER, *_REST),
    "events": (_QUIT, _HELP, _JUMP, _FULL, _RUN, _ZOOM, *_REST),
    "verdict": (_QUIT, _HELP, _VERDICT, _FULL, _RUN, _ZOOM, *_REST),
    "path": (_QUIT, _HELP, _PATH, _RUN, _ZOOM, *_REST),
}
_ELSEWHERE = (_QUIT, _HELP, _FILTER, _RUN, _ZOOM, *_REST)


def hints_at(focus: str | None, width: int) -> tuple[Hint, ...]:
    """What fits beside the palette into `width` cells while the pane of that id has the focus.

    The most important ones come first; one that is too long leaves its place to shorter ones.
    """
    room = width - PALETTE.width - 2
    out: list[Hint] = []
    for hint in dict.fromkeys(_HINTS.get(focus, _ELSEWHERE)):
        if hint.width <= room:
            out.append(hint)
            room -= hint.width
    return tuple(out)


class KeyLine(CellPane):
    """Keys that can be clicked; which ones, follows the focus and the width."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._place: str | None = None
        self._active: Mapping[str | None, str] = {}  # the key that works now, by the binding's id
        self._pointed: Hint | None = None
        self._asked = False

    def on_mount(self) -> None:
        """Follow the keys that work."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        """Update once for all changes before the next frame; nothing changes while the terminal lacks the focus."""
        if not self._asked and screen.app.app_focus:
            self._asked = True
            self.call_after_refresh(self._update_keys)

    def _update_keys(self) -> None:
        self._asked = False
        screen = self.screen
        bindings = [active.binding for active in screen.active_bindings.values() if active.enabled]
        self._active = {binding.id: binding.key for binding in bindings}
        focused = screen.focused.id if screen.focused is not None else None
        self._place = "replay" if _PLAY.id in self._active else focused
        self.redraw()

    def lines(self) -> list[Line]:
        """The keys from the left, and the palette's at the right end."""
        if not self._active:
            return []
        hints = [hint for _, hint in self._placed()]
        line: Line = [run for hint in hints for run in self._written(hint)]
        gap = self.content_size.width - PALETTE.width - 2 - sum(hint.width for hint in hints)
        return [[*line, (" " * max(gap, 0), "text"), ("▏", "axis"), *self._written(PALETTE), (" ", "text")]]

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show which key a click would press."""
        self._point_at(self._hint_at(event))

    def on_leave(self) -> None:
        """No key is pointed at."""
        self._point_at(None)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key under the mouse."""
        hint = self._hint_at(event)
        if hint is not None:
            self.app.simulate_key("ctrl+p" if hint is PALETTE else self._active[hint.id])

    def _point_at(self, hint: Hint | None) -> None:
        if hint != self._pointed:
            self._pointed = hint
            self.redraw()

    def _hint_at(self, event: events.MouseEvent) -> Hint | None:
        x = event.get_content_offset_capture(self).x
        if x >= self.content_size.width - PALETTE.width - 1:
            return PALETTE
        return next((hint for start, hint in self._placed() if start <= x < start + hint.width), None)

    def _placed(self) -> Iterator[tuple[int, Hint]]:
        """The keys that work, and where each begins."""
        start = 0
        for hint in hints_at(self._place, self.content_size.width):
            if hint.id in self._active:
                yield start, hint
                start += hint.width

    def _written(self, hint: Hint) -> Line:
        back = SELECTED if hint == self._pointed else ""
        return [(f" {hint.keys} ", back + "accent"), (f"{translated(hint.label)} ", back + "soft")]
