"""The bar of a replay: how it plays, where in the run it is, when that was, and the way back."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from seqsetvae.i18n.language import told, tr
from tui.panes.badges import LEVEL_INKS, LEVEL_SIGNS
from tui.panes.cell_pane import CellPane, Line, line_width
from tui.replay.playback import Position
from tui.views.format import clean, duration, padded, whole

_MIN_BAR = 12
"""Cells that the bar itself keeps; words beside it give way first."""


_WHEN_WIDTH = 21
"""Cells of a date and time, or of a gap and how long it was."""


class Sought(Message):
    """The user has pointed at a place on the bar: a share of the whole, 0 to 1."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share


class ReplayBar(CellPane):
    """One line above the data line, while a moment of the past is on the screen."""

    GROUND = "panel"

    def __init__(self, zone: tzinfo | None = None) -> None:
        super().__init__(id="replay")
        self._zone = zone
        self._position: Position | None = None
        self._place = (0, 0)  # first cell of the bar itself, and its width

    def show(self, position: Position) -> None:
        """Show another moment."""
        if position != self._position or not self._strips:
            self._position = position
            self.redraw()

    def lines(self) -> list[Line]:
        """The line; where it is narrow, words go from the right."""
        position = self._position
        if position is None:
            return []
        width = self.content_size.width
        left = _left(position)
        if position.moment is None or position.problem is not None:
            self._place = (0, 0)
            said = told(position.problem) if position.problem else tr("reading the log …")
            return [[*left, (clean(said), "orange" if position.problem else "soft"), (f"  {tr('r live')}", "accent")]]
        room = width - line_width(left) - _MIN_BAR
        right: Line = []
        for part in _right(position, self._zone):
            if line_width(right) + line_width(part) <= room:
                right += part
        self._place = (line_width(left), width - line_width(left) - line_width(right))
        return [[*left, *_bar(position, self._place[1]), *right]]

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go to the place under the mouse, and follow it until it is let go."""
        self.capture_mouse()
        self._seek(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse while its button is held."""
        if self.app.mouse_captured is self:
            self._seek(event.x)

    def on_mouse_up(self) -> None:
        """Stay there."""
        self.release_mouse()

    def _seek(self, x: int) -> None:
        first, width = self._place
        if width > 1:
            self.post_message(Sought(min(max((x - first) / (width - 1), 0.0), 1.0)))


class StepPrompt(Input):
    """Asks for a step to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Back", show=False, tooltip="Go nowhere")]

    class Left(Message):
        """The user wants to go nowhere."""

    def __init__(self) -> None:
        super().__init__(placeholder=tr("step to go to, Enter"), id="step", type="integer", compact=True)

    def action_cancel(self) -> None:
        """Go nowhere."""
        self.post_message(self.Left())


def _left(position: Position) -> Line:
    sign = "▶" if position.playing else "║"
    return [(f" {tr('PAST')} ", "badge-yellow"), (f" {sign} ", "accent"), (f"×{position.speed:<6,g} ", "text")]


def _right(position: Position, zone: tzinfo | None) -> list[Line]:
    """What stands beside the bar, from left to right; what has no room is left out.

    Its width does not change from moment to moment, so that the bar stays where the mouse has taken hold of it.
    """
    moment = position.moment
    if moment is None:
        return []
    total = whole(position.last_step)
    when = tr("gap {gap} shortened", gap=duration(moment.gap)) if moment.gap else _when(moment.t, zone)
    return [
        [(f"  {tr('step')} ", "soft"), (f"{whole(moment.step):>{len(total)}}", "strong"), (f"/{total}", "soft")],
        [(f"  {tr('r live')} ", "accent")],
        [(f" {padded(when, _WHEN_WIDTH)} ", "yellow" if moment.gap else "text")],
    ]


def _bar(position: Position, width: int) -> Line:
    """The course from the first record to the last: what is behind and ahead, and each verdict by sign and colour."""
    here = round(position.share * (width - 1))
    cells = [("━", "line" if place < here else "axis") for place in range(width)]
    for judged in position.judgements:
        if position.seconds > 0:
            place = round(min(max(judged.played / position.seconds, 0.0), 1.0) * (width - 1))
            cells[place] = (LEVEL_SIGNS[judged.level], LEVEL_INKS[judged.level])
    cells[here] = ("┃", "strong")
    line: Line = []
    for text, ink in cells:
        if line and line[-1][1] == ink:
            line[-1] = (line[-1][0] + text, ink)
        else:
            line.append((text, ink))
    return line


def _when(t: float, zone: tzinfo | None) -> str:
    """Day and time of a moment; `–` when no calendar holds it."""
    try:
        return datetime.fromtimestamp(t, tz=zone).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "–"
