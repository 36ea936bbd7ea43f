"""Which language is spoken: what the user asks for, else what the locale says, and only where it can be shown."""

import threading
from collections.abc import Iterator

import pytest

from seqsetvae.commandline.language_option import parse_language
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import Language, is_translated, speaking, tr, translated

CHINA = {"LANG": "zh_CN.UTF-8"}


@pytest.fixture
def chinese() -> Iterator[None]:
    with speaking(Language.ZH):
        yield


@pytest.mark.parametrize(
    ("words", "environ", "language", "left"),
    [
        (["logs"], {}, Language.EN, ["logs"]),
        (["logs"], CHINA, Language.ZH, ["logs"]),
        (["logs", "--lang", "zh"], {}, Language.ZH, ["logs"]),
        (["--lang=zh", "logs"], {}, Language.ZH, ["logs"]),
        (["train", "--lang", "en", "--rounds", "3"], CHINA, Language.EN, ["train", "--rounds", "3"]),
        (["--lang", "en", "--lang", "zh"], {}, Language.ZH, []),
        (["--", "--lang", "zh"], {}, Language.EN, ["--", "--lang", "zh"]),
    ],
)
def test_the_option_goes_before_the_locale_and_may_stand_anywhere(
    words: list[str], environ: dict[str, str], language: Language, left: list[str]
) -> None:
    assert parse_language(words, environ) == (language, left)


@pytest.mark.parametrize(
    "environ",
    [{"LANG": "C"}, {"LANG": "zh_CN.GB18030"}, {"LANG": "zh_CN"}, {"LANG": "zh_CN.UTF-8", "TERM": "linux"}],
)
def test_without_utf8_the_language_is_english(environ: dict[str, str]) -> None:
    assert parse_language(["--lang", "zh"], environ) == (Language.EN, [])
    assert parse_language([], environ) == (Language.EN, [])


def test_the_user_knows_better_than_the_locale_what_the_terminal_shows() -> None:
    assert parse_language(["--lang", "zh"], {"LANG": "C"}, utf8=True)[0] is Language.ZH
    assert parse_language(["--lang", "zh"], CHINA, utf8=False)[0] is Language.EN


@pytest.mark.parametrize("words", [["--lang", "fr"], ["--lang"], ["--lang="], ["--lang", "ZH"]])
def test_another_language_is_refused_with_those_that_are_spoken(words: list[str]) -> None:
    with pytest.raises(InputError, match=r"^--lang is '.*', choose en or zh$"):
        parse_language(words, {})


def test_english_is_spoken_unless_asked_otherwise_and_again_afterwards() -> None:
    assert (tr("done"), is_translated()) == ("done", False)
    with speaking(Language.ZH):
        assert (tr("done"), is_translated()) == ("已采取", True)
        with speaking(Language.EN):
            assert tr("done") == "done"
        assert tr("done") == "已采取"
    assert tr("done") == "done"


def test_english_is_spoken_again_after_an_error() -> None:
    with pytest.raises(ValueError, match="boom"), speaking(Language.ZH):
        raise ValueError("boom")
    assert not is_translated()


@pytest.mark.usefixtures("chinese")
def test_all_threads_speak_the_language() -> None:
    heard: list[str] = []
    thread = threading.Thread(target=lambda: heard.append(tr("{count:,} checks", count=1_200)))
    thread.start()
    thread.join()
    assert heard == ["1,200 次检查"]


def test_values_are_put_into_the_text() -> None:
    assert tr("{count:,} checks", count=1_200) == "1,200 checks"
    assert tr("{run} is gone", run="{count}") == "{count} is gone"


@pytest.mark.usefixtures("chinese")
def test_what_is_not_known_is_said_in_english() -> None:
    assert translated("a sentence of tomorrow") == "a sentence of tomorrow"


@pytest.mark.usefixtures("chinese")
def test_a_message_is_translated_with_the_messages_in_it() -> None:
    inner = InputError("{path} is a file; name a directory to write to.", path="a.csv")
    outer = InputError("--run_name: {reason}", reason=inner)
    assert translated(str(outer)) == "--run_name：a.csv 是文件；请指定要写入的目录。"
    assert str(outer) == "--run_name: a.csv is a file; name a directory to write to."
    assert translated("Quit") == "退出"
