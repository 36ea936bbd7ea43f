"""Which language the programs speak, and how a text is said in it.

Texts are English in the code and are translated where they are shown. `tr("no runs in {logdir} yet", logdir=logdir)`
makes and translates one at once; a `Message`, such as an error carries, is translated by `translated`, and so is a
text that stands in the code as it is, such as the title of a pane. Texts from logs are the matter of `log_texts`.
What a translation lacks is said in English.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from seqsetvae.i18n.message import Message

DOMAIN = "seqsetvae"


class Language(StrEnum):
    """What can be spoken."""

    EN = "en"
    ZH = "zh"


@dataclass(slots=True)
class _Speech:
    """What is spoken now: the translations by their English, None for English itself."""

    texts: Mapping[str, str] | None = None


_speech = _Speech()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak a language, in all threads, until the block ends."""
    before = _speech.texts
    _speech.texts = None if language is Language.EN else texts_of(language)
    try:
        yield
    finally:
        _speech.texts = before


def is_translated() -> bool:
    """Whether something else than English is spoken."""
    return _speech.texts is not None


def tr(template: str, /, **values: object) -> str:
    """Return a text in the user's language, its `{placeholders}` filled in."""
    texts = _speech.texts
    spoken = template if texts is None else texts.get(template, template)
    return spoken.format(**values) if values else spoken


def translated(text: str) -> str:
    """Return a message, or a text that stands in the code as it is, in the user's language."""
    if _speech.texts is None:
        return text
    if not isinstance(text, Message):
        return tr(text)
    values = {name: translated(value) if isinstance(value, Message) else value for name, value in text.values.items()}
    return tr(text.template, **values)


@cache
def texts_of(language: Language) -> Mapping[str, str]:
    """Return the translations into a language by their English."""
    from seqsetvae.i18n.po_file import read_po  # English needs none

    return read_po(Path(__file__).parent / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po")
