"""Which panes are to be seen: hidden, zoomed, the filter, the verdict, the help; dark or light."""

from __future__ import annotations

from dataclasses import replace

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from seqsetvae.i18n.language import told, tr
from tui.actions.viewer import Viewer
from tui.bindings import key_groups
from tui.dialogs.help_dialog import HelpScreen
from tui.dialogs.menu_dialog import Entry, MenuScreen
from tui.messages import EventOpened, MetricChosen
from tui.panes.verdict_pane import VerdictPane
from tui.views.pane_names import LAYOUT_IDS, PANES, VERDICT_COLUMN, put_away

_ZOOMABLE = ("runs", "metrics", "verdict", "events")
"""Panes that can fill the screen like the chart: those that take the focus."""


class PaneActions(Viewer):
    """Opening, closing, hiding and zooming."""

    @on(Input.Changed, "#filter")
    def follow_filter(self, message: Input.Changed) -> None:
        """Filter as the user types."""
        self.look = replace(self.look, pattern=message.value)
        self.sample()

    @on(Input.Submitted, "#filter")
    def keep_filter(self) -> None:
        """Keep the filter, and go back to the list."""
        self._close_filter()

    @on(EventOpened)
    @on(MetricChosen)
    def make_room_for_the_chart(self, message: EventOpened | MetricChosen) -> None:
        """What was opened is in the chart, so nothing else fills the screen."""
        if isinstance(message, EventOpened) or message.opened:
            self._unzoom(enlarged=False)

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen(key_groups()), lambda _: self.sample())

    def action_filter(self) -> None:
        """Open the filter, and the list that it filters."""
        self._unzoom()
        self.screen.remove_class("-verdict")
        self.hide_panes(self.hidden - {"metrics"})
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def action_close(self) -> None:
        """Close what is open: the filter and what it hides, the zoomed pane, or the verdict over the chart."""
        if self.query_one("#filter", Input).has_class("-open"):
            self.query_one("#filter", Input).value = ""
            self._close_filter()
        elif self._is_zoomed or self.screen.has_class("-verdict"):
            self._unzoom()
            self.screen.remove_class("-verdict")
            self._focus_list()
        elif self.look.pattern:
            self.query_one("#filter", Input).value = ""

    def action_verdict(self) -> None:
        """Show or hide the verdict: beside the chart where there is room, in its place where there is not."""
        screen = self.screen
        if screen.has_class("-verdict") and not screen.has_class("-wide"):
            self.action_close()
            return
        covered, wide = self._is_zoomed, screen.has_class("-wide")
        self._unzoom()
        seen = wide and not covered and not self.hidden >= VERDICT_COLUMN
        self.hide_panes(self.hidden | VERDICT_COLUMN if seen else self.hidden - VERDICT_COLUMN)
        if not wide:
            screen.add_class("-verdict")
            self.query_one(VerdictPane).focus()

    def action_panes(self) -> None:
        """Open the menu of panes."""
        menu = MenuScreen(tr("Panes"), self._pane_entries, self._toggle_pane, stays=True)
        self.push_screen(menu, lambda _: self.sample())

    def action_zoom_pane(self) -> None:
        """Let the focused pane fill the screen, and take its place again."""
        if self._is_zoomed:
            self._unzoom()
            self.sample()
            return
        pane = next((node.id for node in self._focus_path() if node.id in (*_ZOOMABLE, "chart")), None)
        if pane == "chart":
            self.screen.add_class("-enlarged")
        elif pane is not None:
            self.screen.remove_class("-verdict")
            self.screen.add_class("-zoomed")
            self.query_one(f"#{pane}").add_class("-zoomed")
            self._arrange(pane)
        self.sample()

    def action_theme(self) -> None:
        """Dark to light, and back."""
        self.use_theme("light" if self.current_theme.dark else "dark")

    def hide_panes(self, hidden: frozenset[str]) -> None:
        """Hide these panes and show all others."""
        if hidden != self.hidden:
            self.hidden = hidden
            if "path" in hidden:
                self.screen_stack[0].remove_class("-path")
            self._arrange()
            focused = self.screen_stack[0].focused
            if focused is None or focused.id in hidden:
                self._focus_list()

    @property
    def _is_zoomed(self) -> bool:
        return any(map(self.screen_stack[0].has_class, ("-enlarged", "-zoomed")))

    def _unzoom(self, *, enlarged: bool = True) -> None:
        """All panes at their places; with `enlarged` the chart too."""
        screen = self.screen_stack[0]
        if enlarged:
            screen.remove_class("-enlarged")
        if screen.has_class("-zoomed"):
            screen.remove_class("-zoomed")
            screen.query(".-zoomed").remove_class("-zoomed")
            self._arrange()

    def _arrange(self, zoomed: str | None = None) -> None:
        away = put_away(self.hidden, zoomed)
        for name in LAYOUT_IDS:
            self.screen_stack[0].query_one(f"#{name}").set_class(name in away, "-away")

    def _pane_entries(self) -> list[Entry]:
        return [Entry(key=pane.key, label=told(pane.title), on=pane.id not in self.hidden) for pane in PANES]

    def _toggle_pane(self, key: str) -> None:
        self.hide_panes(self.hidden ^ {pane.id for pane in PANES if pane.key == key})

    def _focus_path(self) -> list[Widget]:
        focused = self.focused
        return [node for node in focused.ancestors_with_self if isinstance(node, Widget)] if focused is not None else []

    def _focus_list(self) -> None:
        """Put the focus on the list of metrics, or on the chart where there is no list."""
        screen = self.screen_stack[0]
        screen.set_focus(screen.query_one("#chart" if "metrics" in self.hidden else "#metrics"))

    def _close_filter(self) -> None:
        self.query_one("#filter", Input).remove_class("-open")
        self._focus_list()
        self.sample()
