"""Breaking text into lines of a width in cells, English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

_TOGETHER = re.compile(r"(?<=[<>≤≥]) (?=\d)|(?<=\d) (?=%|nats\b)")
"""Blanks at which a line does not end: between a number, its unit and the sign before it."""

_NO_BREAK = "\N{NO-BREAK SPACE}"

_NEVER_FIRST = frozenset("，。；：、！？）」》”…·%,.;:!?)")
_NEVER_LAST = frozenset("（「《“(")
"""Signs that stay with the character before or after them."""


def wrapped(text: str, width: int) -> list[str]:
    """Break text into lines of at most `width` cells.

    Lines end at blanks, beside wide characters, and within words that are longer than a line. Numbers stay with
    their units; a no-break space is a blank at which no line ends. Wide characters count as two cells; a width
    below 2 is taken as 2, so that each of them fits. At least one line.
    """
    width = max(width, 2)
    lines: list[str] = []
    line = ""
    for blank, piece in _pieces(_TOGETHER.sub(_NO_BREAK, text)):
        longer = f"{line}{blank}{piece}" if line else piece
        if cell_len(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(piece, width) if cell_len(piece) > width else [piece]
        lines += full
    return [line.replace(_NO_BREAK, " ") for line in (*lines, line)]


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """What stays on one line, each with the blank before it, if there is one."""
    for word in text.split(" "):
        start = 0
        if not word.isascii():
            for place in range(1, len(word)):
                if _may_end(word[place - 1], word[place]):
                    yield ("" if start else " "), word[start:place]
                    start = place
        yield ("" if start else " "), word[start:]


def _may_end(before: str, after: str) -> bool:
    """Whether a line may end between two characters: beside a wide one."""
    if after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    return cell_len(before) == 2 or cell_len(after) == 2
