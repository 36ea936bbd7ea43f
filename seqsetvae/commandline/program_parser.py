"""The parser that all programs have: its help speaks the user's language, and a mistake is one sentence."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

from seqsetvae.commandline.former_flags import refuse_unknown_flag
from seqsetvae.commandline.help_formatter import HelpFormatter
from seqsetvae.commandline.language_option import add_language_flag
from seqsetvae.commandline.user_path import user_path
from seqsetvae.errors import InputError
from seqsetvae.i18n.language import Language, speaking, translated

# argparse looks its own texts up with gettext, under these two names of its module.
vars(argparse).update(_=translated, ngettext=lambda one, many, count: translated(one if count == 1 else many))


class ProgramParser(argparse.ArgumentParser):
    """Raises `InputError` where argparse would print its usage and exit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"formatter_class": HelpFormatter, **kwargs})
        self.register("type", Path, _path)  # what argparse makes of a word for `type=Path`
        add_language_flag(self)

    def format_usage(self) -> str:
        """Return the usage in English: argparse cuts as many characters from it as `usage: ` has, and adds its own."""
        with speaking(Language.EN):
            return super().format_usage()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse words, once those are refused that are known to mean another flag."""
        if self._subparsers is None:  # a command's flags are its own parser's
            self._refuse_unknown_flags(args or ())
        return super().parse_known_args(args, namespace)

    def _refuse_unknown_flags(self, words: Iterable[str]) -> None:
        known = [flag for action in self._actions for flag in action.option_strings if flag.startswith("--")]
        for word in takewhile(lambda word: word != "--", words):
            if not (self.allow_abbrev and any(flag.startswith(word.partition("=")[0]) for flag in known)):
                refuse_unknown_flag(self.prog.split()[0], word, known)

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into one sentence."""
        raise InputError("{message}; see {program} --help", message=message, program=self.prog)


def underscored(word: str) -> str:
    """Return a flag with underscores for hyphens; values are left as they are."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value


def _path(text: str) -> Path:
    try:
        return user_path(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
