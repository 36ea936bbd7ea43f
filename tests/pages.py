"""The documents as text: their prose, code blocks and tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
READMES = pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=["english", "chinese"])
VERDICT, VERDICT_CHINESE = ROOT / "docs" / "verdict.md", ROOT / "docs" / "verdict.zh-CN.md"
GUIDES = pytest.mark.parametrize("guide", [VERDICT, VERDICT_CHINESE], ids=["english", "chinese"])
FORMAT_PAGE, FORMAT_PAGE_CHINESE = ROOT / "docs" / "stream-format.md", ROOT / "docs" / "stream-format.zh-CN.md"
FORMAT_PAGES = pytest.mark.parametrize("page", [FORMAT_PAGE, FORMAT_PAGE_CHINESE], ids=["english", "chinese"])
IMPORT_PAGE, IMPORT_PAGE_CHINESE = ROOT / "docs" / "import.md", ROOT / "docs" / "import.zh-CN.md"
IMPORT_PAGES = pytest.mark.parametrize("page", [IMPORT_PAGE, IMPORT_PAGE_CHINESE], ids=["english", "chinese"])
PAIRS = pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (ENGLISH, CHINESE),
        (VERDICT, VERDICT_CHINESE),
        (FORMAT_PAGE, FORMAT_PAGE_CHINESE),
        (IMPORT_PAGE, IMPORT_PAGE_CHINESE),
    ],
    ids=["readme", "verdict", "format", "import"],
)
ALL = pytest.mark.parametrize("page", [ENGLISH, CHINESE, VERDICT, VERDICT_CHINESE], ids=lambda page: page.name)

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]+")


def text_of(path: Path) -> str:
    """All of a page."""
    return path.read_text(encoding="utf-8")


def blocks_of(path: Path) -> list[tuple[str, str]]:
    """Language and content of every code block."""
    return FENCE.findall(text_of(path))


def prose_of(path: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", text_of(path))


def cells_of(path: Path, columns: int) -> list[list[str]]:
    """The cells of all table rows with so many columns, headings and rules included."""
    rows = [line.strip("| \n").split(" | ") for line in prose_of(path).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if len(row) == columns]
