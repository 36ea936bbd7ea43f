"""The rate–distortion path in the place of the chart."""

from __future__ import annotations

from textual import on

from tui.actions.panes import PaneActions
from tui.messages import EventOpened, MetricChosen
from tui.panes.path_pane import PathPane


class PathActions(PaneActions):
    """Showing and enlarging the path."""

    def action_path(self) -> None:
        """Show the path in the place of the chart, or the chart again."""
        if self.screen.has_class("-path"):
            self.action_close_path()
        else:
            self._unzoom(enlarged=False)
            self.screen.remove_class("-verdict")
            self.hide_panes(self.hidden - {"path"})
            self.screen.add_class("-path")
            self.query_one(PathPane).focus()
        self.sample()

    def action_close_path(self) -> None:
        """Show the chart again; where it is in sight, close what else is open."""
        if not self.screen.has_class("-path"):
            self.action_close()
            return
        self.screen.remove_class("-path", "-enlarged")
        self._focus_list()
        self.sample()

    def action_enlarge_path(self) -> None:
        """Let the path fill the screen, and take its place again."""
        if self.screen.has_class("-path"):
            self.screen.toggle_class("-enlarged")
        else:
            self.action_path()
            self.screen.add_class("-enlarged")

    @on(EventOpened)
    @on(MetricChosen)
    def show_the_chart_again(self, message: EventOpened | MetricChosen) -> None:
        """What was opened is in the chart."""
        if isinstance(message, EventOpened) or message.opened:
            self.screen.remove_class("-path")
