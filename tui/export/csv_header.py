"""The first line of a CSV file, whose names come from a log."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import TextIO

_FORMULA = re.compile(r"'*\s*[=+\-@＝＋－＠]")
"""The beginning of a name that a spreadsheet would calculate, or that already has the mark against it."""


def write_header(file: TextIO, names: Iterable[str]) -> None:
    """Write the names of columns; one that a spreadsheet would execute as a formula is marked as text by a `'`."""
    csv.writer(file, lineterminator="\n").writerow([f"'{name}" if _FORMULA.match(name) else name for name in names])
