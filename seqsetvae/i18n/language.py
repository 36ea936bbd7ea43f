"""Which language the programs speak, and the two ways to say something in it.

Texts of our own are marked where they are made, `tr("no runs in {logdir} yet", logdir=logdir)`. Texts that arrive whole
(a sentence of an error, an advice in a log) go through `told`, which knows them again by the same templates. English
needs neither catalogue nor look-up, and what a catalogue lacks is said in English.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seqsetvae.i18n.catalogue import Catalogue


class Language(StrEnum):
    """What can be spoken."""

    EN = "en"
    ZH = "zh"


@dataclass(slots=True)
class _Speech:
    """What is spoken now; English has no catalogue."""

    catalogue: Catalogue | None = None


_speech = _Speech()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language, in all threads, until the block ends."""
    before = _speech.catalogue
    _speech.catalogue = _catalogue_of(language)
    try:
        yield
    finally:
        _speech.catalogue = before


def is_translated() -> bool:
    """Whether something else than English is spoken."""
    return _speech.catalogue is not None


def tr(english: str, /, **values: object) -> str:
    """A text of our own, its `{placeholders}` filled in."""
    catalogue = _speech.catalogue
    template = english if catalogue is None else catalogue.exact(english)
    return template.format(**values) if values else template


def told(english: str) -> str:
    """A text that is made already, such as the sentence of an error; as it is where it is not known."""
    catalogue = _speech.catalogue
    return english if catalogue is None else catalogue.known(english)


def _catalogue_of(language: Language) -> Catalogue | None:
    if language is Language.EN:
        return None
    from seqsetvae.i18n.catalogue import Catalogue
    from seqsetvae.i18n.zh.entries import MARKED, SAID  # some hundred texts, which nobody else waits for

    return Catalogue(marked=MARKED, said=SAID)
