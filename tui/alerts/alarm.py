"""The app's bell: rings, notifies and runs the user's command when the run on the screen becomes worse."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from textual.app import App
from textual.binding import Binding

from seqsetvae.i18n.language import tr, translated
from tui.alerts.alert_command import AlertCommand
from tui.alerts.alerts import Alert, AlertBook
from tui.alerts.notification import announcement
from tui.key_owner import KeyOwner
from tui.viewer import Viewer
from tui.views.event_text import event_text
from tui.views.format import clean

_TOAST_SECONDS = 15.0
"""Long enough to be read after the bell."""

_TOAST_TEXT = 300
"""Characters of a verdict in a toast."""


class Alarm(KeyOwner):
    """Watches the events of the run on the screen.

    Args:
        app: Shows toasts.
        viewer: What is selected.
        words: The user's command, or None.
        emit: Writes characters to the terminal as they are.
        environ: Tells which terminal that is.
    """

    KEYS = (
        Binding("a", "acknowledge", "Acknowledge", show=False, tooltip="Quieten until it gets worse", id="alert.ok"),
        Binding("m", "mute", "Mute", show=False, tooltip="No bell, notification or toast; and again", id="alert.mute"),
    )

    def __init__(
        self,
        app: App[None],
        viewer: Viewer,
        words: tuple[str, ...] | None,
        *,
        emit: Callable[[str], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._app = app
        self._viewer = viewer
        self._emit = emit
        self._environ = environ
        self._book = AlertBook()
        self._command = AlertCommand(words, viewer.store.logdir, complain=self._complain) if words is not None else None

    def raise_new(self) -> None:
        """Ring for what is new of the run on the screen."""
        run = self._viewer.selection.run
        if run is None:
            return
        data = self._viewer.store.data(run)
        facts = data.facts
        loaded = facts.progress >= 1 and (facts.lines > 0 or facts.missing)
        for alert in self._book.new_alerts(run, data.events(), loaded=loaded):
            self._ring(alert)

    def action_acknowledge(self) -> None:
        """Quieten the run on the screen at its present level."""
        run = self._viewer.selection.run
        if run is None:
            return
        level = self._book.acknowledge(run)
        self._app.clear_notifications()
        said = tr("nothing to acknowledge")
        if level is not None:
            said = tr("{level} acknowledged: quiet until it gets worse", level=translated(level.value))
        self._app.notify(said, markup=False)
        self._viewer.sample()

    def action_mute(self) -> None:
        """Turn bell, notification and toast off, and on again. The user's command is run all the same."""
        self._book.muted = not self._book.muted
        self._app.notify(tr("alerts are muted") if self._book.muted else tr("alerts ring again"), markup=False)
        self._viewer.sample()

    @property
    def muted(self) -> bool:
        """Whether bell, notification and toast are off."""
        return self._book.muted

    @muted.setter
    def muted(self, muted: bool) -> None:
        self._book.muted = muted

    @property
    def notices(self) -> tuple[tuple[str, bool], ...]:
        """What the data line says of alerts; True marks what calls for the user."""
        run = self._viewer.selection.run
        pending = self._book.pending(run) if run is not None else None
        found: tuple[tuple[str, bool], ...] = ()
        if pending is not None:
            found = ((tr("new {level}: a acknowledges", level=translated(pending.value)), True),)
        return (*found, (tr("alerts muted"), False)) if self._book.muted else found

    def _ring(self, alert: Alert) -> None:
        if self._command is not None:
            self._command.start(alert)
        if self._book.muted:
            return
        self._emit(announcement(alert, self._environ))
        self._app.notify(
            event_text(alert.event, _TOAST_TEXT),
            title=tr("{run} is {level}", run=clean(alert.run, 60), level=translated(alert.level.value)),
            severity="error",
            timeout=_TOAST_SECONDS,
            markup=False,
        )

    def _complain(self, sentence: str) -> None:
        if self._app.is_running:
            self._app.call_from_thread(self._app.notify, translated(sentence), severity="warning", markup=False)
