"""The option of every program that chooses its language."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from seqsetvae.errors import InputError
from seqsetvae.i18n.language import Language
from seqsetvae.i18n.message import either
from seqsetvae.i18n.user_locale import knows_ascii_alone, language_of, started_with

FLAG = "--lang"


def add_language_flag(parser: argparse.ArgumentParser) -> None:
    """Declare the option for the help; `parse_language` removes it from the words before they are parsed."""
    parser.add_argument(
        FLAG,
        choices=[language.value for language in Language],
        default=argparse.SUPPRESS,
        help="language of screen and messages; that of the locale by default",
    )


def parse_language(
    words: Sequence[str], environ: Mapping[str, str], *, utf8: bool | None = None
) -> tuple[Language, list[str]]:
    """Return the language to speak, and the words without the option, which may stand anywhere.

    It is the locale's where none is asked for. Chinese needs UTF-8, and is English without.

    Args:
        words: Those behind the program's name.
        environ: The environment.
        utf8: Whether the terminal shows more than ASCII; None where the environment decides.

    Raises:
        InputError: the option names no language.
    """
    asked: str | None = None
    left: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "--":
            left += [word, *rest]
        elif name == FLAG:
            asked = value if equals else next(rest, "")
        else:
            left.append(word)
    if asked is not None and asked not in list(Language):
        raise InputError("{flag} is {value!r:.40}, choose {names}", flag=FLAG, value=asked, names=either(*Language))
    started = started_with(environ)
    speaks = not knows_ascii_alone(started) if utf8 is None else utf8
    language = Language(asked) if asked is not None else language_of(started)
    return (language if speaks else Language.EN), left
