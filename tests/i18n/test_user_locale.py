"""What the environment tells of characters and language."""

from pathlib import Path

import pytest

from seqsetvae.i18n.language import Language
from seqsetvae.i18n.user_locale import knows_ascii_alone, language_of, started_with


@pytest.mark.parametrize(
    ("environ", "alone"),
    [
        ({"LANG": "C"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "en_US.utf8"}, False),
        ({"LANG": "C", "LC_CTYPE": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, True),
        ({"LC_ALL": "", "LANG": "C"}, True),
        ({}, False),
        ({"LANG": "C.UTF-8", "TERM": "linux"}, True),
    ],
)
def test_the_locale_names_the_characters(environ: dict[str, str], alone: bool) -> None:
    assert knows_ascii_alone(environ) == alone


def test_what_python_itself_has_put_into_the_environment_does_not_count(tmp_path: Path) -> None:
    initial = tmp_path / "environ"
    initial.write_bytes(b"LANG=C\0TERM=xterm\0")
    coerced = {"LANG": "C", "LC_CTYPE": "C.UTF-8"}
    assert started_with(coerced, initial) == {"LANG": "C"}
    initial.write_bytes(b"LANG=C\0LC_CTYPE=C.UTF-8\0")
    assert started_with(coerced, initial) == coerced
    assert started_with(coerced, tmp_path / "absent") == coerced


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh_SG.utf8"}, Language.ZH),
        ({"LANG": "zh-Hans-CN"}, Language.ZH),
        ({"LANG": "zh_TW.UTF-8"}, Language.EN),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, Language.EN),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_CTYPE": "en_US.UTF-8"}, Language.ZH),
        ({}, Language.EN),
    ],
)
def test_the_locale_names_the_language(environ: dict[str, str], language: Language) -> None:
    assert language_of(environ) is language
