"""The Chinese catalogue is whole: what is marked is in it, what is in it is said somewhere, and it fits the English."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterator
from string import Formatter

import pytest
import textual.app

from seqsetvae.i18n.catalogue import Catalogue, template_of
from seqsetvae.i18n.zh.entries import MARKED, SAID
from tests.i18n.sources import marked, raised, shape_of, shapes
from tests.test_docs import programs, subcommands

CHINESE = re.compile(r"[\u4e00-\u9fff]")

OWN_ERRORS = ("InputError",)
"""Errors whose sentence is for the user."""

COMPOSED = {
    "no posterior/kl and no posterior/recon in this log: the path needs both",
    "KL 0.02 < 0.64 nats with variance 0.99 > 0.95",
    "training was stopped: collapse, red in 5 checks running; healthy-step000100.ckpt is from before it",
    "training was stopped: collapse, red in 1 check; no checkpoint is from before it",
    "max β is lowered from 0.1 to 0.05, red: collapse",
    "max β is lowered from 0.1 to 0.05, as it was when the run was saved (lowered 1×)",
    "--lang is 'fr', choose en or zh",
    "lower beta",
    "not finite",
    "unrecognized arguments: --at; see seqsetvae-watch --help",
    "argument --theme: invalid choice: 'grey' (choose from 'auto', 'dark', 'light'); see seqsetvae-watch --help",
    "what.yaml: collapse must be a section of settings, not 3",
    "what.yaml: 'kl' is no setting of the detector; did you mean kl_threshold?",
    "what.yaml: 'kl' is no setting of the detector; there are detector, fast_detection",
    "collapse, red in 5 checks running",
    "collapse, red in 1 check",
    "table of scales; as in training by default, else that of DATA_DIR",
    "table of labels; as in training by default, else that of DATA_DIR",
    "--max_epochs must be at least 1, or -1 for no limit, got 0",
    "--update_frequency must be at least 1, or adaptive, got 0",
    "--label_smoothing must be in [0, 1), got 1",
    "--kl_threshold must be positive and finite, got 0.0",
    "--free_bits must not be negative, got -0.1",
    "--min_checks must be at least 1, got 0",
    "--detector must be posterior or original, got mine",
    "patients per device and step (required)",
}
"""Sentences that are put together of several texts; of each there is one here."""

LIBRARIES = "".join(inspect.getsource(module) for module in (argparse, textual.app))
"""Where texts stand that are not our own."""


def catalogue() -> Catalogue:
    return Catalogue(marked=MARKED, said=SAID)


def filled(shape: tuple[str, ...]) -> str:
    """A sentence of that shape."""
    return "17".join(shape)


def names_in(template: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(template) if name is not None})


def is_of_a_library(english: str) -> bool:
    """Whether the literal parts stand in argparse or Textual, which have other signs for placeholders."""
    return all(part.strip(" {}:") in LIBRARIES for part in shape_of(english))


def test_every_marked_text_is_in_the_catalogue() -> None:
    assert set(marked()) - MARKED.keys() - SAID.keys() == set()


def test_no_text_is_there_twice() -> None:
    assert MARKED.keys() & SAID.keys() == set()


def test_the_catalogue_holds_no_marked_text_that_is_gone() -> None:
    constants = {shape[0] for shape in shapes() if len(shape) == 1}
    names = {name for name in MARKED if not names_in(name)}  # of states, levels and axes
    assert MARKED.keys() - marked().keys() - (names & constants) == set()


def test_the_catalogue_holds_no_sentence_that_nobody_says() -> None:
    in_source = {filled(shape) for shape in shapes()} | COMPOSED

    def is_said(english: str) -> bool:
        template = template_of(english, english)
        if shape_of(english) in shapes() or is_of_a_library(english):
            return True
        return template is not None and any(template.values_in(sentence) is not None for sentence in in_source)

    assert [english for english in SAID.keys() - marked().keys() - COMPOSED if not is_said(english)] == []


@pytest.mark.parametrize("sentence", sorted(COMPOSED))
def test_a_sentence_that_is_put_together_is_known(sentence: str) -> None:
    said = catalogue().known(sentence)
    assert CHINESE.search(said)
    assert not re.search(r"\b(the|is|are|no|not|to|in|by|see)\b", said), said


def test_both_languages_have_the_same_placeholders() -> None:
    texts = {**MARKED, **SAID}
    assert {english for english, target in texts.items() if names_in(english) != names_in(target)} == set()


def test_chinese_has_the_punctuation_of_chinese() -> None:
    half_width = re.compile(r"[\u4e00-\u9fff][,;:!?()](?!\d)|[\u4e00-\u9fff]\.(?!\w|\*)")
    assert [text for text in {**MARKED, **SAID}.values() if half_width.search(text)] == []


def is_composed(shape: tuple[str, ...]) -> bool:
    """Whether one of the sentences above is of a shape, whose holes are sentences themselves."""
    template = template_of("{17}".join(shape), "")
    return template is not None and any(template.values_in(sentence) is not None for sentence in COMPOSED)


def test_every_sentence_of_an_error_is_known() -> None:
    known = catalogue().known
    here = {shape_of(english) for english in SAID}
    found = raised(("seqsetvae", "tui"), OWN_ERRORS)
    sentences = [(where, shape, filled(shape)) for where, shape in found if any(map(str.strip, shape))]
    lacking = [
        (where, sentence)
        for where, shape, sentence in sentences
        if known(sentence) == sentence and shape not in here and not is_composed(shape)
    ]
    assert lacking == []


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


@pytest.mark.parametrize(("program", "parser"), [pytest.param(*entry, id=entry[0]) for entry in parsers()])
def test_the_whole_help_is_known(program: str, parser: argparse.ArgumentParser) -> None:
    known = catalogue().known
    texts = [text for text in help_texts(parser) if text and text != "cpu or cuda"]
    assert texts, program
    assert [text for text in texts if not CHINESE.search(known(text))] == []
