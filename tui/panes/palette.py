"""The text styles of all panes, by name of their colour, from a theme's variables.

Textual's component classes would do the same, but each is a node that the style sheet visits on every update, and
twenty styles for each of ten panes are then most of the work of the whole app.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.color import Color

from tui.views.overlay import KINDS

_COLOURS = {
    "text": "foreground",
    "strong": "foreground",
    "soft": "soft",
    "faint": "faint",
    "accent": "accent",
    "good": "level-green",
    "yellow": "level-yellow",
    "orange": "level-orange",
    "red": "level-red",
    "grid": "chart-grid",
    "axis": "chart-axis",
    "envelope": "chart-envelope",
    "line": "chart-line",
    "threshold": "chart-threshold",
    **{f"curve-{kind}": f"chart-curve-{kind}" for kind in range(KINDS)},
}
"""Colour to theme variable."""

_BOLD = frozenset({"strong", "accent"})
_LEVELS = ("green", "yellow", "orange", "red")

SELECTED = "selected-"
"""Put before a colour's name for the same colour on the cursor's row."""


def palette(variables: Mapping[str, str], ground: str) -> dict[str, Style]:
    """All styles of a theme.

    Args:
        variables: the theme's variables.
        ground: the variable that gives the background.
    """
    used = {*_COLOURS.values(), ground, "selection", "level-text", *(f"level-{level}" for level in _LEVELS)}
    return _palette(tuple(sorted((name, variables[name]) for name in used)), ground)


@lru_cache(maxsize=16)
def _palette(variables: tuple[tuple[str, str], ...], ground: str) -> dict[str, Style]:
    colours = {name: Color.parse(value).rich_color for name, value in variables}
    styles: dict[str, Style] = {}
    for prefix, back in (("", ground), (SELECTED, "selection")):
        for colour, name in _COLOURS.items():
            # Sixteen colours are few: what would vanish on the cursor's row is written like any text there.
            seen = name if colours[name] != colours[back] else "foreground"
            styles[prefix + colour] = Style(color=colours[seen], bgcolor=colours[back], bold=colour in _BOLD)
    for level in _LEVELS:
        styles[f"badge-{level}"] = Style(color=colours["level-text"], bgcolor=colours[f"level-{level}"], bold=True)
    return styles
