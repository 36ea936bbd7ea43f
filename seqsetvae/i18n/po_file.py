"""Reading a gettext catalogue as a translator edits it: a `.po` file, without a compiled one beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

_ENTRY = re.compile(
    r'^(?:#,(?P<flags>.*)\n)?(?:#\|.*\n)*msgid (?P<id>".*"(?:\n".*")*)\nmsgstr (?P<text>".*"(?:\n".*")*)$', re.M
)


def read_po(path: Path) -> dict[str, str]:
    """Return the translations by their English, without those that are empty or marked as fuzzy."""
    found: dict[str, str] = {}
    for entry in _ENTRY.finditer(path.read_text(encoding="utf-8")):
        english, text = _unquoted(entry["id"]), _unquoted(entry["text"])
        if english and text and "fuzzy" not in (entry["flags"] or ""):
            found[english] = text
    return found


def _unquoted(lines: str) -> str:
    plain = lines.replace('"\n"', "")[1:-1]
    return plain if "\\" not in plain else str(ast.literal_eval(f'"{plain}"'))
