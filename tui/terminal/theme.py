"""Colours: a dark and a light theme, each once more in the sixteen named colours.

The four levels differ for the colour-blind too: green leans to blue, yellow is light, red is dark. The themes of
sixteen colours hold exactly what a terminal's colours are quantised to, so that nothing falls onto its ground.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="seqsetvae-dark",
    primary="#56b4e9",
    secondary="#8fa3b8",
    accent="#7cc7f2",
    success="#3ad1b0",
    warning="#f5e58f",
    error="#e2505e",
    foreground="#d7dde4",
    background="#0f1419",
    surface="#0f1419",
    panel="#1b232c",
    dark=True,
    variables={
        "chart-line": "#6cc4f5",
        "chart-envelope": "#2f5d7c",
        "chart-grid": "#1f2933",
        "chart-axis": "#3a4855",
        "chart-threshold": "#a88a2a",
        "chart-curve-0": "#f0a24a",
        "chart-curve-1": "#3fcf9f",
        "chart-curve-2": "#dd94cf",
        "chart-curve-3": "#efe36a",
        "chart-curve-4": "#b4bec9",
        "level-green": "#3ad1b0",
        "level-yellow": "#f5e58f",
        "level-orange": "#e58a26",
        "level-red": "#e2505e",
        "level-text": "#0f1419",
        "soft": "#8494a5",
        "faint": "#55636f",
        "edge": "#2a3541",
        "alarm-edge": "#8e3842",
        "backdrop": "#0f141999",
        "selection": "#1d3345",
        "heat-low": "#141b22",
        "heat-middle": "#1f6f8b",
        "heat-high": "#f2e58a",
    },
)

LIGHT = Theme(
    name="seqsetvae-light",
    primary="#0b6fa8",
    secondary="#5c6b79",
    accent="#0b6fa8",
    success="#0a8a68",
    warning="#8a6d00",
    error="#8c0f24",
    foreground="#1d262e",
    background="#fbfbf9",
    surface="#fbfbf9",
    panel="#eceeed",
    dark=False,
    variables={
        "chart-line": "#0b6fa8",
        "chart-envelope": "#a9cbe0",
        "chart-grid": "#e6e8e8",
        "chart-axis": "#b4bcc3",
        "chart-threshold": "#a5810a",
        "chart-curve-0": "#b35a00",
        "chart-curve-1": "#00785c",
        "chart-curve-2": "#a23f8c",
        "chart-curve-3": "#7d6b00",
        "chart-curve-4": "#545f69",
        "level-green": "#0a8a68",
        "level-yellow": "#a98a06",
        "level-orange": "#9c4a00",
        "level-red": "#8c0f24",
        "level-text": "#ffffff",
        "soft": "#5f6d79",
        "faint": "#9aa5ae",
        "edge": "#d3d8da",
        "alarm-edge": "#b86d79",
        "backdrop": "#fbfbf999",
        "selection": "#dcebf4",
        "heat-low": "#eef0ef",
        "heat-middle": "#7fb4c9",
        "heat-high": "#12395c",
    },
)


_BLACK, _GREY, _SILVER, _WHITE = "#000000", "#555555", "#aaaaaa", "#ffffff"
_RED, _BROWN, _BLUE, _MAGENTA, _CYAN, _GREEN = "#aa0000", "#aa5500", "#0000aa", "#aa00aa", "#00aaaa", "#00aa00"
_LIGHT_RED, _YELLOW, _PINK, _AQUA, _LIME = "#ff5555", "#ffff55", "#ff55ff", "#55ffff", "#55ff55"


DARK_16 = Theme(
    name="seqsetvae-dark-16",
    primary=_AQUA,
    secondary=_SILVER,
    accent=_AQUA,
    success=_LIME,
    warning=_YELLOW,
    error=_LIGHT_RED,
    foreground=_WHITE,
    background=_BLACK,
    surface=_BLACK,
    panel=_BLACK,
    dark=True,
    variables={
        "chart-line": _AQUA,
        "chart-envelope": _CYAN,
        "chart-grid": _GREY,
        "chart-axis": _GREY,
        "chart-threshold": _BROWN,
        "chart-curve-0": _PINK,
        "chart-curve-1": _LIME,
        "chart-curve-2": _YELLOW,
        "chart-curve-3": _SILVER,
        "chart-curve-4": _LIGHT_RED,
        "level-green": _GREEN,
        "level-yellow": _YELLOW,
        "level-orange": _PINK,
        "level-red": _LIGHT_RED,
        "level-text": _BLACK,
        "soft": _SILVER,
        "faint": _GREY,
        "edge": _GREY,
        "alarm-edge": _LIGHT_RED,
        "backdrop": _BLACK,
        "selection": _GREY,
        "heat-low": _GREY,
        "heat-middle": _CYAN,
        "heat-high": _WHITE,
    },
)

LIGHT_16 = Theme(
    name="seqsetvae-light-16",
    primary=_BLUE,
    secondary=_GREY,
    accent=_BLUE,
    success=_GREEN,
    warning=_BROWN,
    error=_RED,
    foreground=_BLACK,
    background=_WHITE,
    surface=_WHITE,
    panel=_WHITE,
    dark=False,
    variables={
        "chart-line": _BLUE,
        "chart-envelope": _CYAN,
        "chart-grid": _SILVER,
        "chart-axis": _GREY,
        "chart-threshold": _BROWN,
        "chart-curve-0": _MAGENTA,
        "chart-curve-1": _GREEN,
        "chart-curve-2": _BROWN,
        "chart-curve-3": _GREY,
        "chart-curve-4": _RED,
        "level-green": _CYAN,
        "level-yellow": _BROWN,
        "level-orange": _MAGENTA,
        "level-red": _RED,
        "level-text": _WHITE,
        "soft": _GREY,
        "faint": _SILVER,
        "edge": _SILVER,
        "alarm-edge": _RED,
        "backdrop": _WHITE,
        "selection": _SILVER,
        "heat-low": _SILVER,
        "heat-middle": _CYAN,
        "heat-high": _BLACK,
    },
)

ALL = (DARK, LIGHT, DARK_16, LIGHT_16)


def theme_name(choice: str, *, sixteen: bool = False, background: str | None = None) -> str:
    """The theme for a choice of `THEMES`.

    Args:
        choice: `auto` goes by the background, and is dark where that is not known.
        sixteen: the terminal has the sixteen named colours and no others.
        background: `dark` or `light`, None where the terminal does not say.
    """
    light = (background if choice == "auto" else choice) == "light"
    if sixteen:
        return (LIGHT_16 if light else DARK_16).name
    return (LIGHT if light else DARK).name
