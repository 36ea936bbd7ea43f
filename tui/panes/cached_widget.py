"""Widgets that cache what they have drawn.

For every frame, however small, Textual asks each widget of the screen for all of its lines. It keeps the lines itself,
but looks up styles, colours and filters again each time, which many times a second is a third of the whole app's work.
"""

from __future__ import annotations

from typing import Self

from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


class CachedWidget(Widget):
    """A widget that changes its picture only with its size, its style, or when it is asked to refresh."""

    _cached: tuple[Region, list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a region, the very same as the last time unless something has changed."""
        if self._cached is None or self._cached[0] != crop:
            self._cached = crop, super().render_lines(crop)
        return self._cached[1]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Repaint regions, or everything."""
        self._cached = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Draw again in the new style."""
        self._cached = None
        super().notify_style_update()


class PaneRow(Horizontal, CachedWidget):
    """Panes side by side."""


class PaneColumn(Vertical, CachedWidget):
    """Panes below each other."""


class PaneScreen(Screen[None], CachedWidget):
    """What is behind the panes."""
