"""Which panes are to be seen: the filter, the enlarged chart, the verdict, the help; dark or light."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.widgets import Input

from tui import theme
from tui.actions.viewer import Viewer
from tui.bindings import key_groups
from tui.screens.help import HelpScreen
from tui.widgets.metrics import MetricsPane
from tui.widgets.verdict import VerdictPane


class PaneActions(Viewer):
    """Opening and closing."""

    @on(Input.Changed)
    def follow_filter(self, message: Input.Changed) -> None:
        """Filter as the user types."""
        self.look = replace(self.look, pattern=message.value)
        self.sample()

    @on(Input.Submitted)
    def keep_filter(self) -> None:
        """Keep the filter, and go back to the list."""
        self._close_filter()

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(key_groups()), lambda _: self.sample())

    def action_filter(self) -> None:
        """Open the filter."""
        self.screen.remove_class("-enlarged", "-verdict")
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def action_close(self) -> None:
        """Close what is open: the filter and what it hides, the enlarged chart, or the verdict over it."""
        if self.query_one("#filter", Input).has_class("-open"):
            self.query_one("#filter", Input).value = ""
            self._close_filter()
        elif self.screen.has_class("-enlarged") or self.screen.has_class("-verdict"):
            self.screen.remove_class("-enlarged", "-verdict")
            self.query_one(MetricsPane).focus()
        elif self.look.pattern:
            self.query_one("#filter", Input).value = ""

    def action_verdict(self) -> None:
        """Show or hide the verdict: beside the chart where there is room, in its place where there is not."""
        screen = self.screen
        if screen.has_class("-wide") and not screen.has_class("-enlarged"):
            screen.toggle_class("-without-verdict")
            return
        screen.remove_class("-enlarged")
        if screen.has_class("-wide"):
            screen.remove_class("-without-verdict")
        elif screen.has_class("-verdict"):
            self.action_close()
        else:
            screen.add_class("-verdict")
            self.query_one(VerdictPane).focus()

    def action_theme(self) -> None:
        """Dark to light, and back."""
        self.theme = theme.LIGHT.name if self.current_theme.dark else theme.DARK.name

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).remove_class("-open")
        self.query_one(MetricsPane).focus()
        self.sample()
