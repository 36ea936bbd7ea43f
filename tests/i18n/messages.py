"""The texts in the source that need a translation, and the catalogue that holds them.

`python -m tests.i18n.messages` brings the catalogue up to date: texts that are new get an empty translation, those that
nothing says any more are dropped, and all stand in the order of the source.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

import textual.app

from seqsetvae.collapse.thresholds import ROWS
from seqsetvae.collapse.verdict import Condition
from seqsetvae.i18n.language import DOMAIN, Language
from seqsetvae.i18n.log_texts import LOG_TEXTS
from seqsetvae.i18n.message import Message
from seqsetvae.i18n.po_file import read_po
from seqsetvae.stream.records import Level, RunState
from tests.test_docs import programs, subcommands
from tui.bindings import key_groups
from tui.follow.liveness import State
from tui.views.pane_names import PANES

ROOT = Path(__file__).parents[2]
PACKAGES = ("seqsetvae", "tui")
CATALOGUE = ROOT / "seqsetvae" / "i18n" / "locale" / Language.ZH / "LC_MESSAGES" / f"{DOMAIN}.po"

MARKERS = ("tr", "Message", "InputError")
"""What is called with a text that is translated."""

HEADER = r"""# The texts of SeqSetVAE's programs in Chinese, for gettext's tools.
msgid ""
msgstr ""
"Project-Id-Version: seqsetvae\n"
"Language: zh_CN\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"""

WIDTH = 116
"""Characters of a line of the catalogue."""


@cache
def trees() -> dict[str, ast.Module]:
    """Every module, by its path in the checkout."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


@cache
def marked() -> Mapping[str, str]:
    """The texts that the markers are called with, and where they are first."""
    found: dict[str, str] = {}
    for where, tree in trees().items():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKERS and call.args:
                text = call.args[0]
                assert not isinstance(text, ast.JoinedStr), f"{where}:{call.lineno}: values go in by name"
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    found.setdefault(text.value, where)
    return found


@cache
def constants() -> Mapping[str, str]:
    """All texts that stand in the source, and where they are first; docstrings included."""
    found: dict[str, str] = {}
    for where, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.setdefault(node.value, where)
    return found


@cache
def texts_of_libraries() -> frozenset[str]:
    """The texts of argparse, and of the commands that Textual has by itself."""
    trees = [ast.parse(inspect.getsource(module)) for module in (argparse, textual.app)]
    return frozenset(
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every parser of every command."""
    for program, parser in programs().items():
        yield program, parser
        for name, command in subcommands(parser).items():
            yield f"{program} {name}", command


def help_texts(parser: argparse.ArgumentParser) -> Iterator[str]:
    """All that a parser's `--help` says in words."""
    yield from filter(None, (parser.description, parser.epilog))
    for group in parser._action_groups:
        yield group.title or ""
        for action in group._group_actions:
            if action.help:
                yield action.help
            if isinstance(action, argparse._SubParsersAction):
                yield from (choice.help or "" for choice in action._choices_actions)


def templates_of(text: str) -> Iterator[str]:
    """A text as the catalogue has it, and the texts within it."""
    if isinstance(text, Message):
        yield text.template
        for value in text.values.values():
            if isinstance(value, Message):
                yield from templates_of(value)
    elif text:
        yield text


@cache
def needed() -> frozenset[str]:
    """The texts that the catalogue must have."""
    texts = {text for _, parser in parsers() for text in help_texts(parser)}
    texts |= {pane.title for pane in PANES} | {row.brief for row in ROWS.values()}
    for title, bindings in key_groups():
        texts |= {title, *(binding.tooltip or binding.description for binding in bindings)}
    names = {str(name) for name in (*Condition, *Level, *RunState, *State)}
    templates = {template for text in texts for template in templates_of(text)}
    return frozenset({*marked(), *LOG_TEXTS, *names, *templates} - {"", "cpu or cuda"})


def is_used(text: str) -> bool:
    """Whether a text of the catalogue is said somewhere."""
    return text in needed() or text in constants() or text in texts_of_libraries()


def placeholders(template: str) -> list[str]:
    """What stands between a template's braces."""
    return sorted(f"{name}!{how}:{spec}" for _, name, spec, how in Formatter().parse(template) if name is not None)


def update(path: Path = CATALOGUE) -> None:
    """Bring a catalogue up to date with the source."""
    texts = read_po(path) if path.exists() else {}
    wanted = {text for text in texts if is_used(text)} | needed()
    path.write_text(catalogue_of({text: texts.get(text, "") for text in wanted}), encoding="utf-8")


def catalogue_of(texts: Mapping[str, str]) -> str:
    """A catalogue in the order of the source, each text below the module that says it."""
    places = {**constants(), **marked()}
    order = {text: place for place, text in enumerate(dict.fromkeys([*marked(), *constants()]))}
    ordered = sorted(texts, key=lambda text: (places.get(text, ""), order.get(text, 0), text))
    return "\n".join([HEADER, *(_entry(text, texts[text], places.get(text, "a library")) for text in ordered)])


def _entry(text: str, target: str, where: str) -> str:
    flag = "#, python-brace-format\n" if placeholders_or_none(text) else ""
    return f"#: {where}\n{flag}msgid {_quoted(text)}\nmsgstr {_quoted(target)}\n"


def placeholders_or_none(text: str) -> list[str]:
    """The placeholders; none of a text that has braces of its own and no values."""
    try:
        return placeholders(text)
    except ValueError:
        return []


def _quoted(text: str) -> str:
    """A text in quotes, broken at blanks where it is long."""
    if len(text) <= WIDTH - len('msgstr ""'):
        return json.dumps(text, ensure_ascii=False)
    lines = [""]
    for word in re.findall(r" *[^ ]+ *", text):
        if len(lines[-1] + word) > WIDTH - 2:
            lines.append("")
        lines[-1] += word
    return "\n".join(['""', *(json.dumps(line, ensure_ascii=False) for line in lines)])


if __name__ == "__main__":
    update()
