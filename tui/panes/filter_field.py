"""The filter on metrics, below their list."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding
from textual.widgets import Input

from seqsetvae.i18n.language import tr
from tui.panes.pane_layout import PaneLayout
from tui.viewer import Viewer


class FilterField(Input):
    """Filters as the user types."""

    KEYS: ClassVar[tuple[Binding, ...]] = (
        Binding(
            "slash", "open", "Filter", key_display="/", tooltip="Filter metrics by words or a glob", id="app.filter"
        ),
    )

    def __init__(self, viewer: Viewer, layout: PaneLayout) -> None:
        pattern = viewer.selection.pattern
        super().__init__(pattern, placeholder=tr("words or glob"), id="filter", compact=True)
        self._viewer = viewer
        self._panes = layout

    @on(Input.Changed)
    def filter_metrics(self, message: Input.Changed) -> None:
        """Filter the list."""
        message.stop()
        self._viewer.set_pattern(message.value)

    @on(Input.Submitted)
    def keep(self, message: Input.Submitted) -> None:
        """Keep the filter, and go back to the list."""
        message.stop()
        self._panes.close_filter()

    def action_open(self) -> None:
        """Open the filter, and the list that it filters."""
        self._panes.open_filter()
