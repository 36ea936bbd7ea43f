"""The bar of a replay: how it plays, where in the run it is, when that was, and the way back.

The live store and its reader go on untouched meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding
from textual.widgets import Input

from seqsetvae.i18n.language import tr, translated
from tui.panes.badges import LEVEL_COLOURS, LEVEL_SIGNS
from tui.panes.cell_pane import CellPane, Line, line_width
from tui.panes.step_prompt import StepPrompt
from tui.replay.moves import Move, by_records, to_end, to_judgement, to_share, to_start, to_step
from tui.replay.playback import Opening, Playback, Position
from tui.store.run_data import RunData
from tui.viewer import Viewer
from tui.views.format import clean, duration, padded, whole
from tui.views.snapshot import Snapshot

_MIN_BAR = 12
"""Cells that the bar itself keeps; words beside it give way first."""

_WHEN_WIDTH = 21
"""Cells of a date and time, or of a gap and how long it was."""


def _key(key: str, action: str, label: str, tooltip: str, name: str, shown: str | None = None) -> Binding:
    """A key that holds while a moment of the past is on the screen, whatever it means to the focused pane."""
    return Binding(
        key, action, label, key_display=shown, show=False, priority=True, tooltip=tooltip, id=f"replay.{name}"
    )


class ReplayBar(CellPane):
    """One line above the data line, while a moment of the past is on the screen."""

    GROUND = "panel"

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding("r", "enter", "Replay", show=False, tooltip="Replay: back in the run on the screen", id="replay.enter"),
        _key("r", "leave", "Live", "Back to the present", "leave"),
        _key("space", "play", "Play", "Play or pause", "play", "Space"),
        _key("comma", "record(-1)", "Back", "One record back", "back", ","),
        _key("full_stop", "record(1)", "On", "One record on", "on", "."),
        _key("left_curly_bracket", "event(-1)", "Verdict before", "The verdict before", "before", "{"),
        _key("right_curly_bracket", "event(1)", "Next verdict", "The next verdict", "next", "}"),
        _key("less_than_sign", "speed(-1)", "Slower", "Play slower", "slower", "<"),
        _key("greater_than_sign", "speed(1)", "Faster", "Play faster", "faster", ">"),
        _key("g", "step", "Step", "Go to a step", "step"),
        _key("home", "start", "Start", "The first record", "start", "Home"),
        _key("end", "end", "End", "The end, and from there the present", "end", "End"),
    )
    """All but the first hold only in a replay."""

    def __init__(
        self,
        viewer: Viewer,
        *,
        opening: Opening | None = None,
        make_playback: Callable[..., Playback] = Playback,
        zone: tzinfo | None = None,
    ) -> None:
        """A bar.

        Args:
            viewer: what is selected.
            opening: how the app begins in the past; None begins in the present.
            make_playback: makes what plays a run.
            zone: time zone of clock times; the machine's own when None.
        """
        super().__init__(id="replay")
        self._viewer = viewer
        self._make_playback = make_playback
        self._zone = zone
        self._position: Position | None = None
        self._place = (0, 0)  # first cell of the bar itself, and its width
        self.opening = opening
        """How the app began, when it began with a replay; forgotten when the user turns to the present."""
        self.playback: Playback | None = None
        """The replay on the screen, or None while the present is."""

    def follow(self) -> None:
        """Play on, and show where the replay stands; one of a run that is no longer on the screen ends."""
        if self.opening is not None and self.playback is None:
            self._open(self.opening)
        playback = self.playback
        if playback is None:
            return
        if playback.run != self._viewer.selection.run:
            self._leave()
            return
        playback.tick()
        if playback.position != self._position or not self._strips:
            self._position = playback.position
            self.redraw()

    def at_moment(self, live: Snapshot) -> Snapshot:
        """The run at the moment that is shown, in place of the present."""
        if self.playback is None or live.info is None:
            return live
        past = self.playback.snapshot(live.info)
        if past is not None:
            return past
        # Until a moment is built the present stays; who wants to begin in the past is not shown how it ends.
        return live if self.opening is None else Snapshot(info=live.info, data=RunData(), now=live.now)

    def on_unmount(self) -> None:
        """Leave no thread behind."""
        if self.playback is not None:
            self.playback.stop()

    def lines(self) -> list[Line]:
        """The line; where it is narrow, words go from the right."""
        position = self._position
        if position is None:
            return []
        width = self.content_size.width
        left = _left(position)
        if position.moment is None or position.problem is not None:
            self._place = (0, 0)
            said = translated(position.problem) if position.problem else tr("reading the log …")
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
        """End the dragging."""
        self.release_mouse()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the replay hold while there is one, and never where the user types."""
        if action == "enter":
            return self.playback is None
        if any(binding.action.partition("(")[0] == action for binding in self.KEYS):
            return self.playback is not None and not isinstance(self.app.focused, Input)
        return super().check_action(action, parameters)

    def action_enter(self) -> None:
        """Go back in the run on the screen: paused, at its present end."""
        if self._viewer.selection.run is None:
            self.notify(tr("there is no run to replay yet"), severity="warning", markup=False)
            return
        self._open(Opening())
        self._viewer.sample()

    def action_leave(self) -> None:
        """Back to the present."""
        self._leave()
        self._viewer.sample()

    def action_play(self) -> None:
        """Play, or pause."""
        if self.playback is not None:
            self.playback.play(not self.playback.position.playing)
            self._viewer.sample()

    def action_speed(self, by: int) -> None:
        """Faster or slower."""
        if self.playback is not None:
            self.playback.change_speed(by)
            self._viewer.sample()

    def action_record(self, by: int) -> None:
        """One record back or on."""
        if self.playback is not None:
            self.playback.play(False)
        self._go(by_records(by))

    def action_event(self, by: int) -> None:
        """To the verdict before or after this moment."""
        self._go(to_judgement(by))

    def action_start(self) -> None:
        """To the first record."""
        self._go(to_start)

    def action_end(self) -> None:
        """To the end; from there, to the present."""
        moment = self.playback.position.moment if self.playback is not None else None
        if moment is not None and moment.at_end:
            self.action_leave()
        else:
            self._go(to_end)

    def action_step(self) -> None:
        """Ask for a step, and go there."""
        self.screen.query_one(StepPrompt).ask(lambda step: self._go(to_step(step)))

    def _open(self, opening: Opening) -> None:
        run = self._viewer.selection.run
        info = self._viewer.store.run(run) if run is not None else None
        if info is None:
            return
        self.playback = self._make_playback(info.name, info.log, opening=opening)
        self.playback.start()
        self.screen.add_class("-replay")
        self.app.refresh_bindings()

    def _leave(self) -> None:
        if self.playback is not None:
            self.playback.stop()
        self.playback, self.opening = None, None
        self.screen.remove_class("-replay")
        self.screen.query_one(StepPrompt).close()
        self.app.refresh_bindings()

    def _go(self, move: Move) -> None:
        if self.playback is not None:
            self.playback.go(move)
            self._viewer.sample()

    def _seek(self, x: int) -> None:
        first, width = self._place
        if width > 1:
            self._go(to_share(min(max((x - first) / (width - 1), 0.0), 1.0)))


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
            cells[place] = (LEVEL_SIGNS[judged.level], LEVEL_COLOURS[judged.level])
    cells[here] = ("┃", "strong")
    line: Line = []
    for text, colour in cells:
        if line and line[-1][1] == colour:
            line[-1] = (line[-1][0] + text, colour)
        else:
            line.append((text, colour))
    return line


def _when(t: float, zone: tzinfo | None) -> str:
    """Day and time of a moment; `–` where no calendar has it."""
    try:
        return datetime.fromtimestamp(t, tz=zone).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return "–"
