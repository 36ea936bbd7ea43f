"""The Chinese catalogue is whole: what the programs say is in it, what is in it is said, and it fits the English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seqsetvae.i18n.language import Language, texts_of
from seqsetvae.i18n.po_file import read_po
from tests.i18n.messages import CATALOGUE, is_used, needed, placeholders, update

CHINESE = re.compile(r"[\u4e00-\u9fff]")
TEXTS = texts_of(Language.ZH)


def test_every_text_is_translated() -> None:
    """Where one is lacking, `make messages` adds it to the catalogue, for a translator to fill in."""
    assert sorted(needed() - TEXTS.keys()) == []


def test_the_catalogue_holds_no_text_that_nothing_says() -> None:
    """`make messages` drops those that are left over."""
    assert [text for text in TEXTS if not is_used(text)] == []


def test_the_tool_keeps_every_translation(tmp_path: Path) -> None:
    path = tmp_path / CATALOGUE.name
    path.write_bytes(CATALOGUE.read_bytes())
    update(path)
    assert read_po(path) == TEXTS


def test_both_languages_have_the_same_placeholders() -> None:
    texts = {english: text for english, text in TEXTS.items() if "%(" not in english and "%s" not in english}
    assert [english for english, text in texts.items() if placeholders(english) != placeholders(text)] == []


def test_chinese_has_the_punctuation_of_chinese() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;:!?()](?!\d)|[\u4e00-\u9fff]\.(?!\w|\*)")
    assert [text for text in TEXTS.values() if half_width.search(text)] == []


@pytest.mark.parametrize(("english", "chinese"), [("collapse", "塌缩"), ("posterior", "后验")])
def test_a_word_of_the_field_has_one_translation(english: str, chinese: str) -> None:
    others = {"塌缩": "坍塌|塌陷|崩塌|坍缩", "后验": "后驗"}[chinese]
    assert [text for text in TEXTS.values() if re.search(others, text)] == []
    assert any(chinese in text for key, text in TEXTS.items() if english in key)
