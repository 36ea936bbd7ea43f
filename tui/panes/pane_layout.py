"""Which panes are in sight: hidden ones, the one that fills the screen, the verdict or the path in the chart's place.

The style sheet arranges them; the classes of the screen and of the panes, which are set here, say how.
"""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from tui.key_owner import KeyOwner
from tui.viewer import Viewer
from tui.views.pane_names import LAYOUT_IDS, VERDICT_COLUMN, put_away

_ZOOMABLE = ("runs", "metrics", "verdict", "events")
"""Panes that can fill the screen like the chart: those that take the focus."""


class PaneLayout(KeyOwner):
    """Opens, closes, hides and zooms panes.

    Args:
        app: whose panes they are.
        viewer: what is selected.
    """

    KEYS = (
        Binding(
            "escape",
            "close",
            "Back",
            show=False,
            tooltip="Close the filter, the enlarged chart, the verdict",
            id="app.back",
        ),
        Binding("z", "zoom_pane", "Full", show=False, tooltip="Focused pane over the whole screen", id="app.zoom_pane"),
    )

    def __init__(self, app: App[Any], viewer: Viewer) -> None:
        self._app = app
        self._viewer = viewer
        self.hidden: frozenset[str] = frozenset()
        """Ids of the panes that the user has put away."""

    @property
    def screen(self) -> Screen[Any]:
        """The screen that holds the panes, whatever dialog is on top of it."""
        return self._app.screen_stack[0]

    @property
    def has_room_beside_chart(self) -> bool:
        """Whether the verdict stands beside the chart and not in its place."""
        return self.screen.has_class("-wide")

    def action_close(self) -> None:
        """Close what is open: the filter and what it hides, the zoomed pane, or the verdict over the chart."""
        field = self.screen.query_one("#filter", Input)
        if field.has_class("-open"):
            field.value = ""
            self.close_filter()
        elif self._is_zoomed or self.screen.has_class("-verdict"):
            self.unzoom()
            self.screen.remove_class("-verdict")
            self.focus_list()
        elif self._viewer.selection.pattern:
            field.value = ""

    def action_zoom_pane(self) -> None:
        """Let the focused pane fill the screen, and put it back in its place."""
        if self._is_zoomed:
            self.unzoom()
            self._viewer.sample()
            return
        focused = self._app.focused
        path = [node.id for node in focused.ancestors_with_self] if focused is not None else []
        pane = next((name for name in path if name in (*_ZOOMABLE, "chart")), None)
        if pane == "chart":
            self.screen.add_class("-enlarged")
        elif pane is not None:
            self.screen.remove_class("-verdict")
            self.screen.add_class("-zoomed")
            self.screen.query_one(f"#{pane}").add_class("-zoomed")
            self._arrange(pane)
        self._viewer.sample()

    def hide(self, hidden: frozenset[str]) -> None:
        """Hide these panes and show all others."""
        if hidden == self.hidden:
            return
        self.hidden = hidden
        if "path" in hidden:
            self.screen.remove_class("-path")
        self._arrange()
        focused = self.screen.focused
        if focused is None or focused.id in hidden:
            self.focus_list()

    def unzoom(self, *, enlarged: bool = True) -> None:
        """All panes at their places; with `enlarged` the chart too."""
        if enlarged:
            self.screen.remove_class("-enlarged")
        if self.screen.has_class("-zoomed"):
            self.screen.remove_class("-zoomed")
            self.screen.query(".-zoomed").remove_class("-zoomed")
            self._arrange()

    def show_chart(self) -> None:
        """Nothing else fills the screen or stands in the chart's place."""
        self.unzoom(enlarged=False)
        self.screen.remove_class("-path")

    def enlarge_chart(self) -> None:
        """The chart over the whole screen, with the focus on it."""
        self.show_chart()
        self.screen.remove_class("-verdict")
        self.screen.add_class("-enlarged")
        self.screen.query_one("#chart").focus()

    def open_filter(self) -> None:
        """The filter, and the list that it filters."""
        self.unzoom()
        self.screen.remove_class("-verdict")
        self.hide(self.hidden - {"metrics"})
        field = self.screen.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def close_filter(self) -> None:
        """Back to the list, with what the filter lets through."""
        self.screen.query_one("#filter", Input).remove_class("-open")
        self.focus_list()
        self._viewer.sample()

    def toggle_verdict(self) -> None:
        """Show or hide the verdict: beside the chart where there is room, in its place where there is not."""
        wide = self.has_room_beside_chart
        if self.screen.has_class("-verdict") and not wide:
            self.action_close()
            return
        covered = self._is_zoomed
        self.unzoom()
        seen = wide and not covered and not self.hidden >= VERDICT_COLUMN
        self.hide(self.hidden | VERDICT_COLUMN if seen else self.hidden - VERDICT_COLUMN)
        if not wide:
            self.screen.add_class("-verdict")
            self.screen.query_one("#verdict").focus()

    def focus_list(self) -> None:
        """Put the focus on the list of metrics, or on the chart where there is no list."""
        self.screen.set_focus(self.screen.query_one("#chart" if "metrics" in self.hidden else "#metrics", Widget))

    @property
    def _is_zoomed(self) -> bool:
        return any(map(self.screen.has_class, ("-enlarged", "-zoomed")))

    def _arrange(self, zoomed: str | None = None) -> None:
        away = put_away(self.hidden, zoomed)
        for name in LAYOUT_IDS:
            self.screen.query_one(f"#{name}").set_class(name in away, "-away")
