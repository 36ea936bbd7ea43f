"""Drawing to cells: a grid of characters, each with a role that a theme gives its colour.

Curves are drawn in braille, two dots wide and four high to a cell.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len

from tui.chart.downsample import Bools, Columns
from tui.chart.scale import AxisScale, Floats

DOTS_WIDE, DOTS_HIGH = 2, 4
_BRAILLE = 0x2800
_WEIGHTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


class Role(IntEnum):
    """What a cell shows."""

    BLANK = 0
    GRID = 1
    AXIS = 2
    LABEL = 3
    ENVELOPE = 4
    LINE = 5
    THRESHOLD = 6
    INFO = 7
    YELLOW = 8
    ORANGE = 9
    RED = 10
    NONFINITE = 11
    CURSOR = 12
    CURVE_0 = 13
    CURVE_1 = 14
    CURVE_2 = 15
    CURVE_3 = 16
    CURVE_4 = 17


CURVE_ROLES = (Role.CURVE_0, Role.CURVE_1, Role.CURVE_2, Role.CURVE_3, Role.CURVE_4)
"""Roles of curves of several runs, each with a colour of its own."""

CURVE_SIGNS = ("◇", "□", "△", "✦", "◎")
"""The sign on the curve of each role, for eyes and terminals that distinguish few colours."""


class Raster:
    """A grid of `height` × `width` cells; later writing covers earlier writing."""

    def __init__(self, width: int, height: int) -> None:
        self.width = max(width, 0)
        self.height = max(height, 0)
        self.chars: npt.NDArray[np.str_] = np.full((self.height, self.width), " ", dtype="<U1")
        self.roles: npt.NDArray[np.uint8] = np.zeros((self.height, self.width), dtype=np.uint8)

    def text(self, x: int, y: int, text: str, role: Role) -> None:
        """Write text from cell `x` of row `y`; what lies outside is cut off."""
        if not 0 <= y < self.height:
            return
        cells = cells_of(text)[max(-x, 0) :]
        x = max(x, 0)
        cells = cells[: self.width - x] if x < self.width else []
        self.chars[y, x : x + len(cells)] = cells
        self.roles[y, x : x + len(cells)] = role

    def fill(self, x: int, y: int, width: int, height: int, char: str, role: Role) -> None:
        """Write one character into a rectangle of cells; what lies outside is cut off."""
        rows, columns = slice(max(y, 0), max(y + height, 0)), slice(max(x, 0), max(x + width, 0))
        self.chars[rows, columns] = char
        self.roles[rows, columns] = role

    def dots(self, x: int, y: int, dots: Bools, role: Role) -> None:
        """Draw a matrix of dots, shape `[4·rows, 2·columns]`, with its upper left in cell (x, y)."""
        cells = pack_dots(dots)
        rows, columns = np.nonzero(cells)
        target_rows, target_columns = rows + y, columns + x
        codes = cells[rows, columns] + _BRAILLE
        self.chars[target_rows, target_columns] = codes.astype(np.uint32).view("<U1")
        self.roles[target_rows, target_columns] = role

    def rows(self) -> list[list[tuple[str, Role]]]:
        """Each row as runs of text of one role."""
        return [self.row(y) for y in range(self.height)]

    def row(self, y: int) -> list[tuple[str, Role]]:
        """One row as runs of text of one role."""
        cells, roles = self.chars[y].tolist(), self.roles[y]
        cuts = [0, *(np.nonzero(np.diff(roles))[0] + 1).tolist(), self.width]
        return [("".join(cells[start:end]), Role(int(roles[start]))) for start, end in pairwise(cuts) if end > start]

    def plain(self) -> str:
        """The grid as text, one line a row."""
        return "\n".join("".join(row.tolist()) for row in self.chars)


def cells_of(text: str) -> list[str]:
    """Text a cell each; behind a wide character comes a cell with nothing in it."""
    if cell_len(text) == len(text):
        return list(text)
    return [cell for char in text for cell in (char, "")[: cell_len(char)]]


def pack_dots(dots: Bools) -> npt.NDArray[np.int32]:
    """Braille patterns (0…255) of a matrix of dots, `[4·rows, 2·columns]` to `[rows, columns]`."""
    bits = dots.view(np.uint8)
    cells = np.zeros((dots.shape[0] // DOTS_HIGH, dots.shape[1] // DOTS_WIDE), dtype=np.uint8)
    for down, weights in enumerate(_WEIGHTS):
        for right, weight in enumerate(weights):
            cells += bits[down::DOTS_HIGH, right::DOTS_WIDE] * np.uint8(weight)
    return cells.astype(np.int32)


def band_dots(columns: Columns, scale: AxisScale, height: int) -> Bools:
    """The dots of the raw envelope, from each column's smallest to its largest value; shape `[height, columns]`."""
    return _filled(_row_of(columns.high, scale, height), _row_of(columns.low, scale, height), height)


def line_dots(columns: Columns, scale: AxisScale, height: int) -> Bools:
    """The dots of the connected line through the columns' means; shape `[height, columns]`."""
    row = _row_of(columns.line, scale, height)
    top, bottom = row.copy(), row.copy()
    # Neighbours meet half-way, so that a steep part stays one stroke.
    with np.errstate(invalid="ignore"):
        half = np.floor((row[:-1] + row[1:]) / 2)
        falls, rises = row[1:] > row[:-1], row[1:] < row[:-1]
        bottom[:-1][falls] = half[falls]
        top[1:][falls] = np.minimum(half[falls] + 1, row[1:][falls])
        top[:-1][rises] = np.minimum(half[rises] + 1, row[:-1][rises])
        bottom[1:][rises] = half[rises]
    return _filled(top, bottom, height)


def _row_of(values: Floats, scale: AxisScale, height: int) -> Floats:
    """Dot rows from the top of values; NaN where there is none or where it lies outside."""
    position = scale.project(values)
    with np.errstate(invalid="ignore"):
        position[(position < -1e-9) | (position > 1 + 1e-9)] = np.nan
        return np.asarray(np.round((1 - np.clip(position, 0, 1)) * (height - 1)))


def _filled(top: Floats, bottom: Floats, height: int) -> Bools:
    rows = np.arange(height)[:, None]
    with np.errstate(invalid="ignore"):
        return np.asarray((rows >= top) & (rows <= bottom))
