"""How a finished sentence is known again: by its template, in linear time, with what it holds."""

import time

import pytest

from seqsetvae.i18n.catalogue import LONGEST, Catalogue

SAID = {
    "red": "红",
    "{path} cannot be read ({reason})": "无法读取 {path}（{reason}）",
    "{path} cannot be read ({reason}): give a file": "无法读取 {path}（{reason}）：请给出文件",
    "{path}: {said}": "{path}：{said}",
    "{said} ({default})": "{said}（{default}）",
    "share of an epoch (up to 1.0)": "一轮的比例（不大于 1.0）",
    "{count:,} steps": "{count:,} 步",
    "{listed} not finite": "{listed}不是有限数",
    "a/{{b,c}}": "甲/{{b,c}}",
}


def known(sentence: str) -> str:
    return Catalogue(marked={}, said=SAID).known(sentence)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("red", "红"),
        ("a.yaml cannot be read (gone)", "无法读取 a.yaml（gone）"),
        ("a.yaml cannot be read (gone): give a file", "无法读取 a.yaml（gone）：请给出文件"),
        ("1,200 steps", "1,200 步"),
        ("a/{b,c}", "甲/{b,c}"),
    ],
    ids=["a word", "a template", "the template with more words", "numbers stay as they are", "braces"],
)
def test_a_sentence_is_known_by_its_literal_parts(english: str, chinese: str) -> None:
    assert known(english) == chinese


@pytest.mark.parametrize("sentence", ["", "reddish", "cannot be read ()", " cannot be read (gone)", "[bold]x[/bold]"])
def test_what_is_not_known_stays_as_it_is(sentence: str) -> None:
    assert known(sentence) == sentence


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    assert known("a.yaml: red") == "a.yaml：红"
    assert known("a.yaml: red (1,200 steps)") == "a.yaml：红（1,200 steps）"


def test_names_with_commas_between_them_are_translated_one_by_one() -> None:
    assert known("red, blue not finite") == "红、blue不是有限数"


def test_a_colon_alone_makes_no_sentence_known() -> None:
    assert known("a.yaml: whatever it says") == "a.yaml: whatever it says"


def test_a_part_that_stands_twice_is_tried_from_both_ends() -> None:
    assert known("share of an epoch (up to 1.0) (0.1)") == "一轮的比例（不大于 1.0）（0.1）"


def test_values_are_never_taken_for_templates() -> None:
    assert known("{reason} cannot be read ({0})") == "无法读取 {reason}（{0}）"


@pytest.mark.parametrize("hostile", ["(" * LONGEST, ": " * (LONGEST // 2), "a (" * (LONGEST // 3), "x" * 1_000_000])
def test_a_hostile_text_costs_no_time(hostile: str) -> None:
    start = time.process_time()
    assert known(hostile) == hostile
    assert time.process_time() - start < 0.5


def test_marked_texts_are_no_templates_for_what_others_say() -> None:
    catalogue = Catalogue(marked={"{a}: {b}": "{a}：{b}"}, said={})
    assert catalogue.exact("{a}: {b}") == "{a}：{b}"
    assert catalogue.known("x: y") == "x: y"
