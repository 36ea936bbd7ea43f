"""The documents as text: their prose, code blocks and tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README, README_CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
VERDICT, VERDICT_CHINESE = DOCS / "en" / "verdict.md", DOCS / "zh" / "verdict.md"
GUIDES = pytest.mark.parametrize("guide", [VERDICT, VERDICT_CHINESE], ids=["english", "chinese"])
LOG_FORMAT, LOG_FORMAT_CHINESE = DOCS / "en" / "log-format.md", DOCS / "zh" / "log-format.md"
LOG_FORMATS = pytest.mark.parametrize("page", [LOG_FORMAT, LOG_FORMAT_CHINESE], ids=["english", "chinese"])
OTHER_LOGS = DOCS / "en" / "other-logs.md"
OTHER_LOGS_PAGES = pytest.mark.parametrize(
    "page", [OTHER_LOGS, DOCS / "zh" / "other-logs.md"], ids=["english", "chinese"]
)

WRITTEN = [README, *sorted((DOCS / "en").glob("*.md"))]
"""The pages that people write, in English; those below `reference` are generated."""


def in_chinese(english: Path) -> Path:
    """The same page in the other language."""
    return README_CHINESE if english == README else DOCS / "zh" / english.relative_to(DOCS / "en")


PAIRS = pytest.mark.parametrize(
    ("english", "chinese"), [(page, in_chinese(page)) for page in WRITTEN], ids=[page.stem for page in WRITTEN]
)
ALL_PAGES = [*WRITTEN, *map(in_chinese, WRITTEN)]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]+")


def name_of(page: Path) -> str:
    """A page's name in the output of tests."""
    return str(page.relative_to(ROOT))


def text_of(path: Path) -> str:
    """All of a page."""
    return path.read_text(encoding="utf-8")


def blocks_of(path: Path) -> list[tuple[str, str]]:
    """Language and content of every code block."""
    return FENCE.findall(text_of(path))


def commands_of(path: Path) -> list[str]:
    """What the shell blocks say to type: line by line, but a loop as a whole."""
    found = []
    for language, content in blocks_of(path):
        if language != "sh":
            continue
        block = content.replace("\\\n", " ").strip()
        found += [block] if "\ndone" in block else block.splitlines()
    return found


def prose_of(path: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", text_of(path))


def headings_of(path: Path) -> list[tuple[int, str]]:
    """Level and title of every heading outside code."""
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", prose_of(path), flags=re.MULTILINE)]


def anchors_of(path: Path) -> set[str]:
    """The anchors of a page's headings, as the site and code hosts make them."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for _, title in headings_of(path)}


def cells_of(path: Path, columns: int) -> list[list[str]]:
    """The cells of all table rows with so many columns, headings and rules included."""
    rows = [line.strip("| \n").split(" | ") for line in prose_of(path).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if len(row) == columns]
