"""Breaking text into lines of a pane's width."""

from __future__ import annotations

import re

from rich.cells import cell_len, chop_cells

_TOGETHER = re.compile(r"(?<=[<>≤≥]) (?=\d)|(?<=\d) (?=%|nats\b)")
"""Blanks at which a line does not end: between a number, its unit and the sign before it."""

_NO_BREAK = "\N{NO-BREAK SPACE}"


def wrapped(text: str, width: int) -> list[str]:
    """Text in lines of at most ``width`` cells, broken at blanks, and within words that are longer than a line.

    Numbers stay with their units; a no-break space is a blank at which no line ends. Wide characters count as
    two cells; a width below 2 is taken as 2, so that each of them fits. At least one line.
    """
    width = max(width, 2)
    lines: list[str] = []
    line = ""
    for word in _TOGETHER.sub(_NO_BREAK, text).split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) if cell_len(word) > width else [word]
        lines += full
    return [line.replace(_NO_BREAK, " ") for line in (*lines, line)]
