"""The dialog of what-if: the detector's settings, to be changed and tried on the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from seqsetvae.collapse.thresholds import ROWS
from seqsetvae.i18n.language import tr, translated
from tui.key_owner import KeyOwner
from tui.viewer import Viewer
from tui.views.snapshot import Snapshot
from tui.what_if.comparison import setting_text
from tui.what_if.detector_settings import own_settings, typed


class ThresholdsScreen(ModalScreen[dict[str, Any] | None]):
    """Settings in a form; gives those that differ from the run's own, or None when it is left without applying.

    Args:
        own: the settings that the run was judged by, all of them.
        overrides: those that are tried now.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Apply", priority=True, tooltip="Judge the log by these", id="what_if.apply"),
        Binding("escape", "cancel", "Cancel", tooltip="Change nothing", id="what_if.cancel"),
        Binding("up", "app.focus_previous", "Up", show=False, tooltip="Setting above", id="what_if.up"),
        Binding("down", "app.focus_next", "Down", show=False, tooltip="Setting below", id="what_if.down"),
        Binding("ctrl+r", "own", "Run's own", tooltip="Back to the run's own settings", id="what_if.own"),
    ]

    def __init__(self, own: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
        super().__init__()
        self._own = own
        self._shown = {**own, **overrides}
        self._form = VerticalScroll(id="thresholds-card")
        self._hint = Static(id="thresholds-hint", markup=False)

    def compose(self) -> ComposeResult:
        """A line for each setting, and one that says what is meant or what is wrong."""
        self._form.border_title = tr("What if the detector had been set otherwise?")
        self._form.border_subtitle = tr("Enter applies · Esc cancels · Ctrl-R the run's own")
        with self._form:
            with Horizontal(classes="setting -head"):
                yield Static(tr("setting"), classes="name")
                yield Static(tr("try"), classes="try")
                yield Static(tr("run's own"), classes="own")
                yield Static("", classes="meaning")
            for name, row in ROWS.items():
                own = setting_text(self._own[name])
                with Horizontal(classes="setting"):
                    yield Static(name, classes="name", markup=False)
                    yield Input(setting_text(self._shown[name]), placeholder=own, id=name, classes="try", compact=True)
                    yield Static(own, classes="own", markup=False)
                    yield Static(translated(row.brief), classes="meaning", markup=False)
            yield self._hint

    def on_mount(self) -> None:
        """Begin at the threshold that is tried most often."""
        self.query_one("#kl_threshold", Input).focus()

    @on(Input.Changed)
    def check(self, message: Input.Changed) -> None:
        """Say at once what is wrong."""
        self._mark(message.input)
        self._hint_at(message.input)

    def on_descendant_focus(self) -> None:
        """Say what the setting means."""
        if isinstance(self.focused, Input):
            self._hint_at(self.focused)

    def action_apply(self) -> None:
        """Give the settings that differ from the run's own; a wrong one keeps the dialog open."""
        fields = list(self.query(Input))
        wrong = [field for field in fields if self._problem(field) is not None]
        if wrong:
            wrong[0].focus()
            self._hint_at(wrong[0])
            return
        values = {str(field.id): typed(str(field.id), field.value, self._own[str(field.id)]) for field in fields}
        self.dismiss({name: value for name, value in values.items() if value != self._own[name]})

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def action_own(self) -> None:
        """Fill in the run's own settings."""
        for field in self.query(Input):
            field.value = setting_text(self._own[str(field.id)])

    def _problem(self, field: Input) -> str | None:
        name = str(field.id)
        try:
            typed(name, field.value, self._own[name])
        except ValueError as error:
            return str(error)
        return None

    def _mark(self, field: Input) -> None:
        name = str(field.id)
        problem = self._problem(field)
        field.set_class(problem is not None, "-wrong")
        changed = problem is None and typed(name, field.value, self._own[name]) != self._own[name]
        field.set_class(changed, "-changed")

    def _hint_at(self, field: Input) -> None:
        problem = self._problem(field)
        self._hint.set_class(problem is not None, "-wrong")
        self._hint.update(translated(problem) if problem else f"{field.id}: {translated(ROWS[str(field.id)].brief)}")


class WhatIfDialog(KeyOwner):
    """Tries other thresholds on the run on the screen.

    Args:
        app: shows the dialog.
        viewer: draws what they change.
        snapshot: gives the moment on the screen.
    """

    KEYS = (Binding("t", "open", "What if", show=False, tooltip="Try other thresholds on this run", id="app.what_if"),)

    def __init__(self, app: App[Any], viewer: Viewer, snapshot: Callable[[], Snapshot]) -> None:
        self._app = app
        self._viewer = viewer
        self._snapshot = snapshot

    def action_open(self) -> None:
        """Open the dialog."""
        info = self._snapshot().info
        if info is None:
            self._app.notify(tr("there is no run to judge yet"), severity="warning", markup=False)
            return
        own = own_settings(info.manifest.config if info.manifest is not None else {})
        self._app.push_screen(ThresholdsScreen(own, self._viewer.selection.overrides), self._apply)

    def _apply(self, overrides: dict[str, Any] | None) -> None:
        if overrides is not None:
            self._viewer.override(overrides)
        self._viewer.sample()
