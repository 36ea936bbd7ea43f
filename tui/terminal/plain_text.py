"""Text for terminals that know ASCII alone: every character becomes one, or two where it is two cells wide.

This is the one place that maps. Panes, borders and charts are drawn as for everybody else, and what is written to the
terminal passes through here, so that nothing can be forgotten and every cell stays where it is. Braille cells become
the character whose ink is nearest to their dots.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TextIO

from rich.cells import cell_len

_GROUPS = {
    "-": "─━═╌╍┄┅┈┉╴╶╸╺–—−‐‑·•",
    "|": "│┃║╎╏▏▎▍▌▐▕▊▉",
    "+": "┌┐└┘├┤┬┴┼╭╮╰╯┍┑┕┙┏┓┗┛┝┥┠┨┣┫┯┷┰┸┳┻┿╂╋╔╗╚╝╠╣╦╩╬✓",
    ":": "┊┋┆┇▒",
    ".": "░○∙",
    "=": "◼≈▄▀",
    "_": "▁▂▃",
    "#": "█▇▆▅▓■□",
    '"': "▔“”",
    "'": "‘’",
    "^": "▲▴↑△",
    "v": "▼▾↓▽",
    ">": "→▶▸►›≥⟩",
    "<": "←◀◂◄‹≤⟨",
    "o": "●◉◦◇",
    "@": "◎",
    "*": "◆★✦✱",
    "%": "◐◑",
    "x": "×✕✖✗╳",
    "~": "…◌",
    "?": "\N{REPLACEMENT CHARACTER}",
    "!": "⚠",
    "I": "∞",
    "b": "β",
    "d": "δ",
    "e": "ε",
    "m": "μµ",
    "s": "σ",
    "S": "Σ",
    "D": "Δ",
    "/": "∕╱",
    "\\": "╲",
}
_SIGNS = {ord(character): plain for plain, group in _GROUPS.items() for character in group}

_BRAILLE = 0x2800
_ROWS = (0x09, 0x12, 0x24, 0xC0)
"""Bits of the four rows of dots, from the top."""

_POWER = re.compile("(·?)10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_SUPERSCRIPT = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


class _CharacterTable(dict[int, str]):
    """Grows with the characters that are met; there are fewer than a hundred on any screen."""

    def __missing__(self, code: int) -> str:
        plain = self[code] = _plain(code)
        return plain


_TABLE = _CharacterTable({code: chr(code) for code in range(0x80)})


def to_ascii(text: str) -> str:
    """Text of the same width in ASCII; escape sequences pass as they are."""
    if text.isascii():
        return text
    return _POWER.sub(_power, text).translate(_TABLE)


def _power(match: re.Match[str]) -> str:
    """`3·10⁴` as `3*1e4`: just as wide, and the exponent is still one."""
    return f"{'*' if match[1] else ''}1e{match[2].translate(_SUPERSCRIPT)}"


def _plain(code: int) -> str:
    if _BRAILLE <= code < _BRAILLE + 0x100:
        return _dots(code - _BRAILLE)
    if code in _SIGNS:
        return _SIGNS[code]
    character = chr(code)
    width = cell_len(character)
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if part.isascii() and part.isprintable())
    return plain if len(plain) == width else "?" * width


def _dots(bits: int) -> str:
    """The character for a braille cell, by the rows that have dots."""
    rows = [bool(bits & row) for row in _ROWS]
    count = sum(rows)
    if count >= 3:
        return "#" if bits.bit_count() > 4 else "|"
    if count == 2 and not (rows[0] and rows[1]) and not (rows[2] and rows[3]):
        return "-" if rows[1] and rows[2] else ":"
    first = rows.index(True) if count else -1
    return (("'", "'"), ("-", "'"), ("-", "."), ("_", "."))[first][count - 1] if count else " "


class PlainFile:
    """A text file that is written to in ASCII, for a printed report."""

    encoding = "ascii"

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write; returns the number of characters."""
        return self._file.write(to_ascii(text))

    def flush(self) -> None:
        """Flush the file below."""
        self._file.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()

    def fileno(self) -> int:
        """The file's descriptor."""
        return self._file.fileno()
