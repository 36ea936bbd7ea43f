"""Going back in a run, and playing it: the live store and its reader go on untouched meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from seqsetvae.i18n.language import told, tr
from tui.actions.viewer import Viewer
from tui.panes.replay_bar import ReplayBar, Sought, StepPrompt
from tui.replay.moves import Move, by_records, to_end, to_judgement, to_share, to_start, to_step
from tui.replay.past_store import without_replay
from tui.replay.playback import Opening, Playback
from tui.store import RunData
from tui.views.format import clean
from tui.views.scene import Scene


class ReplayActions(Viewer):
    """Entering the past, moving in it, and coming back."""

    playback: Playback | None = None
    """The replay on the screen, or None while the present is."""

    opening: Opening | None = None
    """How the app began, when it began with a replay; forgotten when the user turns to the present."""

    make_playback: Callable[..., Playback] = Playback

    _focused_before: Widget | None = None
    """What had the focus before a step was asked for."""

    def scene(self, now: float) -> Scene:
        """What is known of the run on the screen, at the moment that is shown."""
        live = super().scene(now)
        playback = self.playback
        if playback is None or live.info is None:
            return live
        past = playback.scene(live.info)
        if past is not None:
            return past
        # Until a moment is built the present stays; who wants to begin in the past is not shown how it ends.
        return live if self.opening is None else Scene(info=live.info, data=RunData(), now=now)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the replay hold while there is one, and never where the user types."""
        if action == "replay":
            return self.playback is None
        if action.startswith("replay_"):
            return self.playback is not None and not isinstance(self.focused, Input)
        return super().check_action(action, parameters)

    @property
    def hears_alerts(self) -> bool:
        """Whether alerts are told: not to somebody who began with a replay and watches that."""
        return self.opening is None

    def follow_replay(self) -> None:
        """Play on, and show where the replay stands; one of a run that is no longer on the screen ends."""
        if self.opening is not None and self.playback is None:
            self._open(self.opening)
        playback = self.playback
        if playback is None:
            return
        if playback.run != self.look.run:
            self._leave()
            return
        playback.tick()
        self.query_one(ReplayBar).show(playback.position)

    def end_replay(self) -> None:
        """Leave no thread behind."""
        if self.playback is not None:
            self.playback.stop()

    @on(Sought)
    def seek(self, message: Sought) -> None:
        """Go where the mouse points."""
        self._go(to_share(message.share))

    @on(Input.Submitted, "#step")
    def go_to_step(self, message: Input.Submitted) -> None:
        """Go to the step that was typed."""
        text = message.value.strip().replace(",", "")
        self._close_prompt()
        if text.isdecimal():
            self._go(to_step(int(text)))

    @on(StepPrompt.Left)
    def go_nowhere(self) -> None:
        """Stay at the moment."""
        self._close_prompt()

    def action_replay(self) -> None:
        """Go back in the run on the screen: paused, at its present end."""
        if self.look.run is None:
            self.notify(tr("there is no run to replay yet"), severity="warning", markup=False)
            return
        self._open(Opening())
        self.sample()

    def action_replay_leave(self) -> None:
        """Back to the present."""
        self._leave()
        self.sample()

    def action_replay_play(self) -> None:
        """Play, or pause."""
        if self.playback is not None:
            self.playback.play(not self.playback.position.playing)
            self.sample()

    def action_replay_speed(self, by: int) -> None:
        """Faster or slower."""
        if self.playback is not None:
            self.playback.change_speed(by)
            self.sample()

    def action_replay_record(self, by: int) -> None:
        """One record back or on."""
        self._go(by_records(by), pause=True)

    def action_replay_event(self, by: int) -> None:
        """To the verdict before or after this moment."""
        self._go(to_judgement(by))

    def action_replay_start(self) -> None:
        """To the first record."""
        self._go(to_start)

    def action_replay_end(self) -> None:
        """To the end; from there, to the present."""
        moment = self.playback.position.moment if self.playback is not None else None
        if moment is not None and moment.at_end:
            self.action_replay_leave()
        else:
            self._go(to_end)

    def action_replay_step(self) -> None:
        """Ask for a step to go to."""
        prompt = self.query_one(StepPrompt)
        self._focused_before = self.focused
        prompt.value = ""
        prompt.add_class("-open")
        prompt.focus()

    def _open(self, opening: Opening) -> None:
        info = self.store.run(self.look.run) if self.look.run is not None else None
        if info is None:
            return
        if info.foreign is not None:
            self.opening = None
            self.notify(clean(told(without_replay(info.name, info.foreign))), severity="warning", markup=False)
            return
        self.playback = self.make_playback(info.name, info.path, opening=opening)
        self.playback.start()
        self.screen_stack[0].add_class("-replay")
        self.refresh_bindings()

    def _leave(self) -> None:
        self.end_replay()
        self.playback, self.opening = None, None
        self.screen_stack[0].remove_class("-replay")
        self._close_prompt()
        self.refresh_bindings()

    def _go(self, move: Move, *, pause: bool = False) -> None:
        if self.playback is not None:
            if pause:
                self.playback.play(False)
            self.playback.go(move)
            self.sample()

    def _close_prompt(self) -> None:
        prompt = self.screen_stack[0].query_one(StepPrompt)
        had_focus = prompt.has_focus
        prompt.remove_class("-open")
        if had_focus:
            self.screen_stack[0].set_focus(self._focused_before)
