"""Colours: one dark and one light theme; hues are told apart by the colour-blind too (blue, amber, vermilion)."""

from __future__ import annotations

import os

from textual.theme import Theme

DARK = Theme(
    name="seqsetvae-dark",
    primary="#56b4e9",
    secondary="#8fa3b8",
    accent="#7cc7f2",
    success="#4fbf9a",
    warning="#e8c547",
    error="#ff6b57",
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
        "level-green": "#4fbf9a",
        "level-yellow": "#e8c547",
        "level-orange": "#f59a3c",
        "level-red": "#ff6b57",
        "level-ink": "#0f1419",
        "soft": "#8494a5",
        "faint": "#55636f",
        "edge": "#2a3541",
        "selection": "#1d3345",
        "heat-low": "#141b22",
        "heat-middle": "#1f6f8b",
        "heat-high": "#f2e58a",
        "footer-key-foreground": "#7cc7f2",
        "footer-description-foreground": "#8494a5",
        "footer-background": "#0f1419",
        "footer-item-background": "#0f1419",
        "footer-description-background": "#0f1419",
        "footer-key-background": "#0f1419",
    },
)

LIGHT = Theme(
    name="seqsetvae-light",
    primary="#0b6fa8",
    secondary="#5c6b79",
    accent="#0b6fa8",
    success="#0a7d5a",
    warning="#8a6d00",
    error="#c2301c",
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
        "level-green": "#0a7d5a",
        "level-yellow": "#a5810a",
        "level-orange": "#c25e00",
        "level-red": "#c2301c",
        "level-ink": "#ffffff",
        "soft": "#5f6d79",
        "faint": "#9aa5ae",
        "edge": "#d3d8da",
        "selection": "#dcebf4",
        "heat-low": "#eef0ef",
        "heat-middle": "#7fb4c9",
        "heat-high": "#12395c",
        "footer-key-foreground": "#0b6fa8",
        "footer-description-foreground": "#5f6d79",
        "footer-background": "#fbfbf9",
        "footer-item-background": "#fbfbf9",
        "footer-description-background": "#fbfbf9",
        "footer-key-background": "#fbfbf9",
    },
)


def theme_name(choice: str, colorfgbg: str | None = None) -> str:
    """The theme for a choice of ``THEMES``; ``auto`` goes by the terminal's ``COLORFGBG`` and is dark without one."""
    if choice == "auto":
        value = os.environ.get("COLORFGBG", "") if colorfgbg is None else colorfgbg
        background = value.rpartition(";")[2]
        choice = "light" if background in ("7", "15") else "dark"
    return (LIGHT if choice == "light" else DARK).name
